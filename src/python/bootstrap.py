"""Prepares the interpreter to look like an ordinary Python process, and imports applications into it."""

import atexit
import importlib
import os
import sys

from . import event_loop, wsgi_handler
from .application_loader import LOADER_FILES, find_application, format_traceback, module_at

SCHEME = "python:"  # before the name of a module that is no path

# Files whose frames tracebacks leave out.
HIDDEN_FILES = (__file__, *LOADER_FILES)


def prepare(environment, folder):
    """Sets up environment, folder and streams as of a Python that was started in `folder`."""
    os.environ.update(environment)
    os.chdir(folder)
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr = wsgi_handler.ERRORS
    wsgi_handler.ERRORS.keep_levels()
    event_loop.install()


def load(path, name, python_path):
    """Imports the module at `path`, or `python:` and its name, and finds its application `name`.

    Returns the number of the application, or Python's traceback if that fails.
    """
    module_name = path[len(SCHEME):] if path.startswith(SCHEME) else None
    folder = os.path.dirname(path) if module_name is None else os.getcwd()
    sys.path[:] = dict.fromkeys([folder, *filter(None, sys.path), *python_path])
    sys.argv = [path]
    try:
        module = module_at(path) if module_name is None else importlib.import_module(module_name)
        application = find_application(module, name)
    except BaseException as error:  # also SystemExit: an imported module must not end the process
        return format_traceback(error, HIDDEN_FILES)
    wsgi_handler.applications.append(application)
    return len(wsgi_handler.applications) - 1


def stop():
    """Runs what an interpreter runs at its end: functions registered by `atexit`, and the flush."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
