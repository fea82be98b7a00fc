"""Prepares the interpreter to look like an ordinary Python process, and imports applications into it."""

import atexit
import importlib.util
import os
import sys

from . import event_loop, wsgi_handler

# Files that import an application's module; tracebacks leave their frames out.
LOADER_FILES = (__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")


def prepare(environment, folder):
    """Sets up environment, folder and streams as of a Python that was started in `folder`."""
    os.environ.update(environment)
    os.chdir(folder)
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr = wsgi_handler.ERRORS
    wsgi_handler.ERRORS.keep_levels()
    event_loop.install()


def load(path, name, python_path):
    """Imports the module at `path` and finds its application `name`.

    Returns the number of the application, or Python's traceback if that fails.
    """
    folder = os.path.dirname(path)
    sys.path[:] = dict.fromkeys([folder, *filter(None, sys.path), *python_path])
    sys.argv = [path]
    try:
        application = getattr(module_at(path), name)
        if not callable(application):
            message = f"expected {name} to be callable, got {type(application).__name__}"
            raise TypeError(message)
    except BaseException as error:  # also SystemExit: an imported module must not end the process
        return wsgi_handler.format_traceback(error, LOADER_FILES)
    wsgi_handler.applications.append(application)
    return len(wsgi_handler.applications) - 1


def module_at(path):
    """Imports the module once; several applications in one interpreter may share it."""
    module_name = os.path.basename(path).removesuffix(".py")
    loaded = sys.modules.get(module_name)
    if loaded is not None and getattr(loaded, "__file__", None) == path:
        return loaded
    spec = importlib.util.spec_from_file_location(module_name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


def stop():
    """Runs what an interpreter runs at its end: functions registered by `atexit`, and the flush."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
