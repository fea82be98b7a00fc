"""The Python side of the gateway: the objects that PEP 3333 promises to applications. The rules of PEP 3333
are checked in JavaScript (gateway/wsgi/).

Octets are passed in `BUFFER`, memory that both sides share, and calls pass only sizes, which makes them
cheap. It serves one request at a time.
"""

import io
import json
from wsgiref.util import FileWrapper

from .application_loader import format_traceback
from .error_stream import ErrorStream

BUFFER_SIZE = 0
BUFFER = VIEW = None  # made by `resize`

# Results of `respond` when the content of the response is not in the buffer.
SENT = -1
FAILED = -2  # minus the size of the traceback in the buffer

applications = []  # filled by bootstrap.py


def connect(callbacks):
    """Takes the functions of the JavaScript side, which are those of `PythonCallbacks`."""
    global callback_environ, callback_read, callback_start, callback_declare
    global callback_send, callback_close_failed, callback_log
    callback_environ, callback_read, callback_start = callbacks.environ, callbacks.read, callbacks.start
    callback_declare, callback_send = callbacks.declare, callbacks.send
    callback_close_failed, callback_log = callbacks.closeFailed, callbacks.log


def resize(size):
    """Makes a buffer of another size and returns its memory."""
    global BUFFER, VIEW, BUFFER_SIZE
    BUFFER_SIZE = size
    BUFFER = bytearray(size)
    VIEW = memoryview(BUFFER)
    return BUFFER


def respond(index, text_size, count, content_size):
    """Calls an application for one request.

    The buffer has the environ as `count` lines, names and values alternately, and the content behind them.
    If `content_size` is negative, the content is read piece by piece.

    Returns the size of the content of the response in the buffer, or SENT when the content is already sent,
    or FAILED minus the size of a traceback.
    """
    response = Response()
    try:
        lines = str(VIEW[:text_size], "latin-1").split("\n")
        if len(lines) != count:  # a value has several lines, such as a path with %0A
            lines = json.loads(callback_environ())
        environ = dict(zip(lines[::2], lines[1::2]))
        environ.update(CONSTANTS)
        if content_size < 0:
            environ["wsgi.input"] = io.BufferedReader(RequestContent(response), BUFFER_SIZE)
        else:
            content = VIEW[text_size : text_size + content_size]
            environ["wsgi.input"] = io.BytesIO(content)
        return response.send_result(applications[index](environ, response.start_response))
    except BaseException as error:  # SystemExit and KeyboardInterrupt end only the request
        return FAILED - put_text(format_traceback(error, [__file__]))
    finally:
        response.ended = True
        ERRORS.flush()


class Response:
    """One response, from `start_response` to its last piece."""

    __slots__ = ("started", "sent", "ended")

    def __init__(self):
        self.started = False  # start_response was called
        self.sent = False  # a piece was sent
        self.ended = False  # no more pieces may be sent

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # avoids a reference cycle of this stack frame and the traceback
        elif self.started:
            raise AssertionError("Cannot start response again: expected exc_info")
        check_outcome(callback_start(put_head(status, headers)))
        self.started = True
        return self.write

    def write(self, piece):
        self.send(piece)

    def send_result(self, pieces):
        """Sends what the application returned, and returns the result of `respond`."""
        try:
            whole = self.send_all(pieces)
        finally:
            self.close(pieces)
        if whole is None:
            return SENT
        VIEW[: len(whole)] = whole
        return len(whole)

    def send_all(self, pieces):
        """Sends all pieces. A single piece that fits into the buffer is returned instead."""
        only = not self.sent and hasattr(pieces, "__len__") and len(pieces) == 1
        for piece in pieces:
            if only and isinstance(piece, bytes):
                if len(piece) <= BUFFER_SIZE:
                    return piece
                check_outcome(callback_declare(len(piece)))
            if not self.send(piece):
                break  # no more is wanted, such as for HEAD
        return None

    def close(self, pieces):
        """Calls `close` in every case; the client does not learn of its failure."""
        try:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            callback_close_failed(put_text(format_traceback(error, [__file__])))

    def send(self, piece):
        """Sends a piece and waits until the next one may follow. Returns whether more is wanted."""
        if self.ended:
            raise RuntimeError("Cannot write: the response is complete")
        if not isinstance(piece, bytes):
            raise TypeError(f"Cannot send content: expected bytes, got {type(piece).__name__}")
        wanted = True
        for start in range(0, len(piece), BUFFER_SIZE):
            part = piece[start : start + BUFFER_SIZE]
            VIEW[: len(part)] = part
            wanted = check_outcome(callback_send(len(part)))
            self.sent = True
        return wanted


class RequestContent(io.RawIOBase):
    """Content that is read piece by piece."""

    def __init__(self, response):
        self.response = response

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.response.ended:
            raise ValueError("Cannot read content: the response is complete")
        size = check_outcome(callback_read(min(len(buffer), BUFFER_SIZE)))
        buffer[:size] = VIEW[:size]
        return size


class ErrorLog(ErrorStream):
    """Writes text to the server's error log."""

    @property
    def longest_event(self):
        return BUFFER_SIZE

    def log_text(self, text, level):
        callback_log(put_text(text), level)


def put_text(text):
    """Puts text into the buffer, as much as fits."""
    octets = text.encode("utf-8", "backslashreplace")[:BUFFER_SIZE]
    VIEW[: len(octets)] = octets
    return len(octets)


def put_head(status, headers):
    """Puts a status and headers into the buffer, one a line. The gateway checks their values."""
    if not isinstance(status, str):
        raise TypeError(f"Cannot use status: expected str, got {type(status).__name__}")
    if not isinstance(headers, list):
        raise TypeError(f"Cannot use headers: expected a list, got {type(headers).__name__}")
    lines = [status]
    for header in headers:
        name, value = header
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"Cannot use header: expected a pair of str, got {header!r:.64}")
        lines.append(name)
        lines.append(value)
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1:
        raise ValueError(f"Cannot use status or headers: a line end is in {lines!r:.256}")
    octets = text.encode("latin-1")
    if len(octets) > BUFFER_SIZE:
        raise ValueError(f"Cannot use headers: expected at most {BUFFER_SIZE} octets")
    VIEW[: len(octets)] = octets
    return len(octets)


def check_outcome(outcome):
    """Returns the result of a callback. Raises if it is negative, with the error text in the buffer."""
    if outcome >= 0:
        return outcome
    kind, _, reason = str(VIEW[: -1 - outcome], "utf-8").partition(": ")
    raise (ValueError if kind == "ValueError" else OSError)(reason)


ERRORS = ErrorLog()
# Values that are the same in every request; the gateway gives the others.
CONSTANTS = {
    "wsgi.version": (1, 0),
    "wsgi.errors": ERRORS,
    "wsgi.file_wrapper": FileWrapper,
    "wsgi.input_terminated": True,
    "wsgi.multithread": False,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
