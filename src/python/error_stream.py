"""The stream to the server's error log, which is `sys.stderr` and `wsgi.errors` of an application.

The embedded interpreter (wsgi_handler.py) and the process of a real one (worker.py) both use it, so it needs
CPython 3.9 or newer.
"""

import io
import logging
import threading


class ErrorStream(io.TextIOBase):
    """Collects text; each line end completes an event, which the subclass logs with `log_text`."""

    name = "<stderr>"
    mode = "w"
    encoding = "utf-8"
    errors = "backslashreplace"
    line_buffering = True
    write_through = False
    has_text = False  # whether a thread may have written text without a line end
    is_threaded = False  # whether several threads serve requests
    longest_event = 0  # characters

    def __init__(self):
        self.state = threading.local()  # of each thread: its text without a line end, and its level
        self.buffer = io.BufferedWriter(ErrorOctets(self), 1)

    def log_text(self, text, level):
        raise NotImplementedError

    def writable(self):
        return True

    def fileno(self):
        return 2  # for `faulthandler.enable()`

    def reconfigure(self, **settings):
        """Accepts the settings of `io.TextIOWrapper`. The log has its own encoding and line ends."""

    def write(self, text):
        self.has_text = True
        state = self.state
        state.text = getattr(state, "text", "") + text
        if text.endswith("\n") or len(state.text) > self.longest_event:
            self.flush()
        return len(text)

    def flush(self):
        self.has_text = self.is_threaded
        text = getattr(self.state, "text", "")
        if not text:
            return
        self.state.text = ""
        text = text.removesuffix("\n")
        for start in range(0, len(text), self.longest_event):
            part = text[start : start + self.longest_event]
            self.log_text(part, getattr(self.state, "level", logging.ERROR))

    def keep_levels(self):
        """Gives the events of `logging` the levels of their records."""
        emit = logging.StreamHandler.emit

        def emit_with_level(handler, record):
            if handler.stream is not self:
                return emit(handler, record)
            self.flush()
            self.state.level = record.levelno
            try:
                emit(handler, record)
                self.flush()  # a handler may have another terminator than a line end
            finally:
                self.state.level = logging.ERROR

        logging.StreamHandler.emit = emit_with_level


class ErrorOctets(io.RawIOBase):
    """Takes octets for the error log, as `sys.stderr.buffer`."""

    def __init__(self, stream):
        self.stream = stream

    def writable(self):
        return True

    def fileno(self):
        return 2

    def write(self, octets):
        self.stream.write(str(octets, "utf-8", "backslashreplace"))
        return len(octets)
