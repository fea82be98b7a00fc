"""How does an application get into the interpreter, and how does it find the process's surroundings?"""

import atexit
import importlib.util
import os
import sys

from . import wsgi_handler

# The ways to an application's module; a traceback begins behind them.
LOADER_FILES = (__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")


def prepare(environment, folder):
    """Makes the interpreter look like one that was started in `folder` of the process."""
    os.environ.update(environment)
    os.chdir(folder)
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stderr = wsgi_handler.ERRORS


def load(path, name, python_path):
    """Imports the module at `path` and finds what it calls `name`.

    Returns the number of the application, or Python's own traceback of what went wrong.
    """
    folder = os.path.dirname(path)
    sys.path[:] = dict.fromkeys([folder, *filter(None, sys.path), *python_path])
    sys.argv = [path]
    try:
        application = getattr(module_at(path), name)
        if not callable(application):
            message = f"expected {name} to be callable, got {type(application).__name__}"
            raise TypeError(message)
    except BaseException as error:  # SystemExit too: a module that is imported has nothing to exit
        return wsgi_handler.format_traceback(error, LOADER_FILES)
    wsgi_handler.applications.append(application)
    return len(wsgi_handler.applications) - 1


def module_at(path):
    """The module, imported once; applications in one interpreter may share it."""
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
    """Does what an interpreter does at its end, as far as the application can tell."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
