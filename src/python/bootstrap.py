"""Prepares the interpreter to look like an ordinary Python process, and imports applications into it."""

import atexit
import importlib
import importlib.util
import inspect
import os
import sys

from . import event_loop, wsgi_handler

SCHEME = "python:"  # before the name of a module that is no path

# Files that import an application's module; tracebacks leave their frames out.
LOADER_FILES = (__file__, importlib.__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")


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
        return wsgi_handler.format_traceback(error, LOADER_FILES)
    wsgi_handler.applications.append(application)
    return len(wsgi_handler.applications) - 1


def find_application(module, name):
    """Returns the application `name` of a module; with `name()` the module has a function that makes it."""
    factory = name.removesuffix("()")
    application = getattr(module, factory)
    if factory != name:
        application = application()
    check_application(application, name)
    return application


def check_application(application, name):
    """Raises TypeError, with a hint, for what cannot be a WSGI application."""
    if not callable(application):
        raise TypeError(f"expected {name} to be callable, got {type(application).__name__}")
    if any(map(inspect.iscoroutinefunction, (application, application.__call__))):
        raise TypeError(f"expected {name} to be a WSGI application, got a coroutine function, as for ASGI")
    if isinstance(application, type):
        return  # its instances may be the responses
    try:
        signature = inspect.signature(application, follow_wrapped=False)
    except (TypeError, ValueError):
        return  # such as a function in C
    takes_pair = can_call(signature, "environ", "start_response")
    makes_application = can_call(signature) and not takes_any(signature)
    if takes_pair and not makes_application:
        return
    message = f"expected {name} to take environ and start_response, got {name}{signature}"
    if makes_application:
        message += f"; if it makes the application, use {name}()"
    raise TypeError(message)


def can_call(signature, *arguments):
    try:
        signature.bind(*arguments)
    except TypeError:
        return False
    return True


def takes_any(signature):
    """Whether a callable takes any number of arguments, as many decorators do."""
    return any(each.kind is each.VAR_POSITIONAL for each in signature.parameters.values())


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
