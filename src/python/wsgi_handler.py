"""How does an application answer one request? The inside of a Python gateway: the objects that PEP 3333
promises to applications are here, its rules are the gateway's (gateway/wsgi/).

Octets lie in `BUFFER`, memory that both sides see, and calls carry nothing but sizes: that is what
makes a call across cheap. One request is answered at a time.
"""

import io
import json
import traceback
from wsgiref.util import FileWrapper

BUFFER_SIZE = 0
BUFFER = VIEW = None  # made by `resize`

# What `respond` gives when the content of the answer is not in the frame.
SENT = -1
FAILED = -2  # and less: so many octets of traceback are in the frame

applications = []  # filled by loading.py


def connect(callbacks):
    """Takes the functions of the gateway's side; they are those of `PythonCallbacks`."""
    global callback_environ, callback_read, callback_start, callback_declare
    global callback_send, callback_close_failed, callback_log
    callback_environ, callback_read, callback_start = callbacks.environ, callbacks.read, callbacks.start
    callback_declare, callback_send = callbacks.declare, callbacks.send
    callback_close_failed, callback_log = callbacks.closeFailed, callbacks.log


def resize(size):
    """Makes a frame of another size; gives its memory."""
    global BUFFER, VIEW, BUFFER_SIZE
    BUFFER_SIZE = size
    BUFFER = bytearray(size)
    VIEW = memoryview(BUFFER)
    return BUFFER


def respond(index, text_size, count, content_size):
    """Has one of the applications answer a request.

    The frame holds the environ as `count` lines, names and values in turn, and behind them the content;
    where `content_size` is below zero the content comes as it is read.

    Returns how much content is in the frame, all of the answer's, or SENT when it has gone already, or
    FAILED minus the size of a traceback.
    """
    response = Response()
    try:
        lines = str(VIEW[:text_size], "latin-1").split("\n")
        if len(lines) != count:  # a value has several, such as a path with %0A
            lines = json.loads(callback_environ())
        environ = dict(zip(lines[::2], lines[1::2]))
        environ.update(CONSTANTS)
        if content_size < 0:
            environ["wsgi.input"] = io.BufferedReader(RequestContent(response), BUFFER_SIZE)
        else:
            content = VIEW[text_size : text_size + content_size]
            environ["wsgi.input"] = io.BytesIO(content)
        return response.send_result(applications[index](environ, response.start_response))
    except BaseException as error:  # SystemExit and KeyboardInterrupt end a request and nothing else
        return FAILED - put_text(format_traceback(error, [__file__]))
    finally:
        response.ended = True
        ERRORS.flush()


class Response:
    """One answer, from `start_response` to its last piece."""

    __slots__ = ("started", "sent", "ended")

    def __init__(self):
        self.started = False  # start_response was called
        self.sent = False  # something has gone
        self.ended = False  # nothing may be sent any more

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # or this frame and the traceback would hold each other
        elif self.started:
            raise AssertionError("Cannot start response again: expected exc_info")
        check_outcome(callback_start(put_head(status, headers)))
        self.started = True
        return self.write

    def write(self, piece):
        self.send(piece)

    def send_result(self, pieces):
        """Sends what the application returned; gives what `respond` does."""
        try:
            whole = self.send_all(pieces)
        finally:
            self.close(pieces)
        if whole is None:
            return SENT
        VIEW[: len(whole)] = whole
        return len(whole)

    def send_all(self, pieces):
        """Sends all pieces, but for one that is the whole answer and fits into the frame: gives that."""
        only = not self.sent and hasattr(pieces, "__len__") and len(pieces) == 1
        for piece in pieces:
            if only and isinstance(piece, bytes):
                if len(piece) <= BUFFER_SIZE:
                    return piece
                check_outcome(callback_declare(len(piece)))
            if not self.send(piece):
                break  # such as for a client that asks by HEAD
        return None

    def close(self, pieces):
        """Calls `close`, whatever has happened; what fails here is nothing to the client."""
        try:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            callback_close_failed(put_text(format_traceback(error, [__file__])))

    def send(self, piece):
        """Sends a piece and waits until the next one may follow; says whether more is wanted."""
        if self.ended:
            raise RuntimeError("Cannot write: the request has been answered")
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
    """Content that comes as it is read."""

    def __init__(self, response):
        self.response = response

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.response.ended:
            raise ValueError("Cannot read content: the request has been answered")
        size = check_outcome(callback_read(min(len(buffer), BUFFER_SIZE)))
        buffer[:size] = VIEW[:size]
        return size


class ErrorLog(io.TextIOBase):
    """Text for the error log; a line end is the end of an event."""

    encoding = "utf-8"
    errors = "backslashreplace"
    text = ""

    def writable(self):
        return True

    def write(self, text):
        self.text += text
        if text.endswith("\n") or len(self.text) > BUFFER_SIZE:
            self.flush()
        return len(text)

    def flush(self):
        text = self.text.removesuffix("\n")
        self.text = ""
        if text:
            callback_log(put_text(text))


def put_text(text):
    """Puts text into the frame, as much as has room."""
    octets = text.encode("utf-8", "backslashreplace")[:BUFFER_SIZE]
    VIEW[: len(octets)] = octets
    return len(octets)


def put_head(status, headers):
    """Puts a status and headers into the frame, a line each; what they may be is for the gateway."""
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
    """What a function of the gateway gives; below zero it has failed, and the frame says why."""
    if outcome >= 0:
        return outcome
    kind, _, reason = str(VIEW[: -1 - outcome], "utf-8").partition(": ")
    raise (ValueError if kind == "ValueError" else OSError)(reason)


def format_traceback(error, hidden_files):
    """A traceback as Python prints it, from where the files of `own` are left."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in hidden_files:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace or error.__traceback__)
    return "".join(lines)


ERRORS = ErrorLog()
# What is the same in every request; the rest of the environ comes from the gateway.
CONSTANTS = {
    "wsgi.version": (1, 0),
    "wsgi.errors": ERRORS,
    "wsgi.file_wrapper": FileWrapper,
    "wsgi.input_terminated": True,
    "wsgi.multithread": False,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
