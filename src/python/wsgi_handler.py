"""How does an application answer one request? The inside of a Python gateway: the objects that PEP 3333
promises to applications are here, its rules are the gateway's (gateway/wsgi/).

Octets lie in `FRAME`, memory that both sides see, and calls carry nothing but sizes: that is what
makes a call across cheap. One request is answered at a time.
"""

import io
import json
import traceback
from wsgiref.util import FileWrapper

FRAME_SIZE = 0
FRAME = VIEW = None  # made by `resize`

# What `respond` gives when the content of the answer is not in the frame.
SENT = -1
FAILED = -2  # and less: so many octets of traceback are in the frame

applications = []  # filled by loading.py


def connect(host):
    """Takes the functions of the gateway's side; they are those of `Host` in host.ts."""
    global host_environ, host_read, host_start, host_declare, host_send, host_close_failed, host_log
    host_environ, host_read, host_start = host.environ, host.read, host.start
    host_declare, host_send = host.declare, host.send
    host_close_failed, host_log = host.closeFailed, host.log


def resize(size):
    """Makes a frame of another size; gives its memory."""
    global FRAME, VIEW, FRAME_SIZE
    FRAME_SIZE = size
    FRAME = bytearray(size)
    VIEW = memoryview(FRAME)
    return FRAME


def respond(index, text_size, count, content_size):
    """Has one of the applications answer a request.

    The frame holds the environ as `count` lines, names and values in turn, and behind them the content;
    where `content_size` is below zero the content comes as it is read.

    Returns how much content is in the frame, all of the answer's, or SENT when it has gone already, or
    FAILED minus the size of a traceback.
    """
    answer = Answer()
    try:
        lines = str(VIEW[:text_size], "latin-1").split("\n")
        if len(lines) != count:  # a value has several, such as a path with %0A
            lines = json.loads(host_environ())
        environ = dict(zip(lines[::2], lines[1::2]))
        environ.update(CONSTANTS)
        if content_size < 0:
            environ["wsgi.input"] = io.BufferedReader(Incoming(answer), FRAME_SIZE)
        else:
            content = VIEW[text_size : text_size + content_size]
            environ["wsgi.input"] = io.BytesIO(content)
        return answer.give(applications[index](environ, answer.start_response))
    except BaseException as error:  # SystemExit and KeyboardInterrupt end a request and nothing else
        return FAILED - put(description_of(error, [__file__]))
    finally:
        answer.over = True
        ERRORS.flush()


class Answer:
    """One answer, from `start_response` to its last piece."""

    __slots__ = ("started", "sent", "over")

    def __init__(self):
        self.started = False  # start_response was called
        self.sent = False  # something has gone
        self.over = False  # nothing may be sent any more

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # or this frame and the traceback would hold each other
        elif self.started:
            raise AssertionError("Cannot start response again: expected exc_info")
        checked(host_start(put_head(status, headers)))
        self.started = True
        return self.write

    def write(self, piece):
        self.send(piece)

    def give(self, pieces):
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
                if len(piece) <= FRAME_SIZE:
                    return piece
                checked(host_declare(len(piece)))
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
            host_close_failed(put(description_of(error, [__file__])))

    def send(self, piece):
        """Sends a piece and waits until the next one may follow; says whether more is wanted."""
        if self.over:
            raise RuntimeError("Cannot write: the request has been answered")
        if not isinstance(piece, bytes):
            raise TypeError(f"Cannot send content: expected bytes, got {type(piece).__name__}")
        wanted = True
        for start in range(0, len(piece), FRAME_SIZE):
            part = piece[start : start + FRAME_SIZE]
            VIEW[: len(part)] = part
            wanted = checked(host_send(len(part)))
            self.sent = True
        return wanted


class Incoming(io.RawIOBase):
    """Content that comes as it is read."""

    def __init__(self, answer):
        self.answer = answer

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.answer.over:
            raise ValueError("Cannot read content: the request has been answered")
        size = checked(host_read(min(len(buffer), FRAME_SIZE)))
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
        if text.endswith("\n") or len(self.text) > FRAME_SIZE:
            self.flush()
        return len(text)

    def flush(self):
        text = self.text.removesuffix("\n")
        self.text = ""
        if text:
            host_log(put(text))


def put(text):
    """Puts text into the frame, as much as has room."""
    octets = text.encode("utf-8", "backslashreplace")[:FRAME_SIZE]
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
    if len(octets) > FRAME_SIZE:
        raise ValueError(f"Cannot use headers: expected at most {FRAME_SIZE} octets")
    VIEW[: len(octets)] = octets
    return len(octets)


def checked(outcome):
    """What a function of the gateway gives; below zero it has failed, and the frame says why."""
    if outcome >= 0:
        return outcome
    kind, _, reason = str(VIEW[: -1 - outcome], "utf-8").partition(": ")
    raise (ValueError if kind == "ValueError" else OSError)(reason)


def description_of(error, own):
    """A traceback as Python prints it, from where the files of `own` are left."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in own:
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
