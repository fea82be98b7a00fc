"""Finds the application in a module, and says what is wrong with one. The embedded interpreter and the processes
of a real one (worker.py) both use it, so it needs CPython 3.9 or newer.
"""

import importlib
import importlib.util
import inspect
import os
import sys
import traceback

# Files that import an application's module; tracebacks leave their frames out.
LOADER_FILES = (
    __file__,
    importlib.__file__,
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
)


def find_application(module, name):
    """Returns the application `name` of a module; with `name()` the module has a function that makes it."""
    factory = name.removesuffix("()")
    application = module
    for part in factory.split("."):
        application = getattr(application, part)
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


def format_traceback(error, hidden_files):
    """Formats a traceback as Python prints it, without the first frames in `hidden_files`.

    Of an error that has no other frames only its own line is left.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in hidden_files:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))
