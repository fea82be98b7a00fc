"""How does an application answer one request? The inside of a Python gateway: PEP 3333 on this side, the
gateway's few functions on the other.

Octets lie in `FRAME`, memory that both sides see, and calls carry nothing but sizes: that is what
makes a call into the interpreter cheap. One request is answered at a time.
"""

import io
import json
import re
import traceback
from wsgiref.util import FileWrapper

FRAME_SIZE = 0
FRAME = VIEW = None  # made by `resize`

# What `respond` gives when there is no whole answer in the frame.
COMPLETE = -1
FAILED = -2  # and less: so many octets of traceback are in the frame

application = None  # set by loading.py


def connect(host):
    """Takes the functions of the gateway's side; they are those of `Host` in host.ts."""
    global host_read, host_begin, host_write, host_log, host_environ
    host_read, host_begin, host_write = host.read, host.begin, host.write
    host_log, host_environ = host.log, host.environText


def resize(size):
    """Makes a frame of another size; gives its memory."""
    global FRAME, VIEW, FRAME_SIZE
    FRAME_SIZE = size
    FRAME = bytearray(size)
    VIEW = memoryview(FRAME)
    return FRAME


def respond(text_size, entries, content_size):
    """Has the application answer one request.

    The frame holds the text of the environ (`name LF value LF ...`, without a last LF) and behind it the
    content, or `content_size` is negative: content comes as it is read.

    Returns the size of a whole answer in the frame, `head | content << 24`, or COMPLETE when all of it
    has been sent already, or FAILED - size of the traceback.
    """
    answer = Answer()
    try:
        parts = str(VIEW[:text_size], "latin-1").split("\n")
        if len(parts) != entries:  # a value holds a LF
            parts = json.loads(host_environ())
        environ = dict(zip(parts[::2], parts[1::2]))
        environ.update(CONSTANTS)
        if content_size < 0:
            environ["wsgi.input"] = io.BufferedReader(Incoming(answer), FRAME_SIZE)
        else:
            content = VIEW[text_size : text_size + content_size]
            environ["wsgi.input"] = io.BytesIO(content)
        return answer.run(environ)
    except BaseException as error:  # SystemExit and KeyboardInterrupt end a request and nothing else
        return FAILED - describe(error)
    finally:
        answer.over = True
        ERRORS.flush()


class Answer:
    """One answer, from `start_response` to its last piece."""

    __slots__ = ("head", "begun", "over")

    def __init__(self):
        self.head = None
        self.begun = False
        self.over = False

    def run(self, environ):
        pieces = application(environ, self.start_response)
        try:
            if type(pieces) is list and len(pieces) == 1 and not self.begun:
                whole = self.whole(pieces[0])
                if whole is not None:
                    return whole
            return self.send_all(pieces)
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # or the frames would hold each other
        elif self.head is not None:
            raise AssertionError("Cannot call start_response again without exc_info")
        self.head = head_of(status, headers)
        return self.write

    def write(self, piece):
        self.send(piece, -1)

    def whole(self, piece):
        """Puts an answer that fits into the frame there."""
        head = self.head
        if head is None or type(piece) is not bytes:
            return None
        start = len(head)
        end = start + len(piece)
        if end > FRAME_SIZE:
            return None
        VIEW[:start] = head
        VIEW[start:end] = piece
        return start | (end - start) << 24

    def send_all(self, pieces):
        length = -1
        try:
            if len(pieces) == 1:
                length = None  # that of the one piece that comes
        except TypeError:
            pass  # a generator has none
        for piece in pieces:
            if not isinstance(piece, bytes):
                raise TypeError(f"Cannot send a piece: expected bytes, got {type(piece).__name__}")
            if piece and not self.send(piece, len(piece) if length is None else length):
                return COMPLETE
        if self.begun:
            return COMPLETE
        if self.head is None:
            raise AssertionError("Cannot answer: the application has not called start_response")
        return self.whole(b"")

    def send(self, piece, length):
        """Sends a piece; waits until the next one may follow. Says whether more is wanted."""
        if self.over:
            raise RuntimeError("Cannot write: the request has been answered")
        if self.head is None:
            raise AssertionError("Cannot write: the application has not called start_response")
        if not isinstance(piece, bytes):
            raise TypeError(f"Cannot write: expected bytes, got {type(piece).__name__}")
        if not self.begun:
            head = self.head
            VIEW[: len(head)] = head
            self.begun = True
            if not done(host_begin(len(head), length)):
                return False
        for start in range(0, len(piece), FRAME_SIZE):
            part = piece[start : start + FRAME_SIZE]
            VIEW[: len(part)] = part
            if not done(host_write(len(part))):
                return False
        return True


class Incoming(io.RawIOBase):
    """Content that comes as it is read."""

    def __init__(self, answer):
        self.answer = answer

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.answer.over:
            raise ValueError("Cannot read content: the request has been answered")
        size = done(host_read(min(len(buffer), FRAME_SIZE)))
        buffer[:size] = VIEW[:size]
        return size


class ErrorLog(io.TextIOBase):
    """Text for the error log, line by line."""

    encoding = "utf-8"
    errors = "backslashreplace"
    rest = ""

    def writable(self):
        return True

    def write(self, text):
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            log(line)
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        if self.rest:
            log(self.rest)
            self.rest = ""


def log(line):
    if line:
        host_log(put(line))


def done(outcome):
    """What a function of the gateway has to say; less than 0 is a failure that the frame describes."""
    if outcome < 0:
        raise OSError(str(VIEW[: -outcome - 1], "utf-8"))
    return outcome


def put(text):
    """Puts text into the frame, as much as has room."""
    octets = text.encode("utf-8", "backslashreplace")[:FRAME_SIZE]
    VIEW[: len(octets)] = octets
    return len(octets)


def describe(error):
    """Puts a traceback into the frame, from where the application begins."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace or error.__traceback__)
    return put("".join(lines))


STATUS = re.compile(r"[2-9][0-9]{2}( [\t -~\x80-\xff]*)?")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t -~\x80-\xff]*")
# RFC 9110 section 7.6.1; PEP 3333 forbids applications to set them.
HOP_BY_HOP = frozenset((
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "proxy-connection",
))  # fmt: skip


def head_of(status, headers):
    """Checks status and headers while the application can still be told; gives the text of both."""
    if not isinstance(status, str):
        raise TypeError(f"Cannot use status: expected str, got {type(status).__name__}")
    if not STATUS.fullmatch(status):
        raise ValueError(f'Cannot use status: expected such as "200 OK", got {status[:64]!r}')
    if not isinstance(headers, list):
        raise TypeError(f"Cannot use headers: expected a list, got {type(headers).__name__}")
    lines = [status]
    for name, value in headers:
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"Cannot use header: expected two str, got {name!r} and {value!r}"[:256])
        if not NAME.fullmatch(name):
            raise ValueError(f"Cannot use header: expected a name, got {name[:64]!r}")
        if name.lower() in HOP_BY_HOP:
            raise AssertionError(f"Cannot use header {name}: it is the server's")
        if not VALUE.fullmatch(value):
            raise ValueError(f"Cannot use header {name}: a character is not allowed in {value[:64]!r}")
        lines.append(name)
        lines.append(value)
    head = "\n".join(lines).encode("latin-1")
    if len(head) > FRAME_SIZE:
        raise ValueError(f"Cannot use headers: expected at most {FRAME_SIZE} octets")
    return head


ERRORS = ErrorLog()
CONSTANTS = {
    "wsgi.version": (1, 0),
    "wsgi.errors": ERRORS,
    "wsgi.multithread": False,  # an interpreter answers one request at a time
    "wsgi.multiprocess": True,  # and there may be another one with the same application
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,
    "wsgi.file_wrapper": FileWrapper,
}
