"""Runs WSGI applications in this process for a server that is its parent (process_worker.ts).

It is given to the interpreter at its start, so nothing is installed into it. It needs CPython 3.9 or newer.
Messages are frames over a UNIX socket (frames.ts); rules of PEP 3333 that the server can check are checked
there. Standard input is the lifeline: when the server is gone, the kernel ends this process.
"""

import collections
import fcntl
import importlib
import io
import json
import mmap
import os
import re
import signal
import socket
import struct
import sys
import threading
import time

from _robusto_application_loader import LOADER_FILES, find_application, format_traceback, module_at
from _robusto_error_stream import ErrorStream

try:
    import resource
except ImportError:
    resource = None

# Frames: octets behind the first word, kind, octets of the text, number of the exchange; then the text, then
# the payload. frames.ts has the same.
HEADER = struct.Struct("<IBIQ")
BEHIND_SIZE = HEADER.size - 4

# Kinds of frames to this process.
(
    TO_EXCHANGE,
    TO_CONTENT,
    TO_CONTENT_FAILED,
    TO_CREDIT,
    TO_ABORT,
    TO_STOP,
    TO_MARK,
    TO_COMMON,
    TO_VERDICT,
    TO_EXCHANGE_PIECES,
    TO_CONTENT_END,
) = range(1, 12)

# Kinds of frames to the server.
(
    FROM_JOIN,
    FROM_READY,
    FROM_FAILED,
    FROM_ACKNOWLEDGE,
    FROM_RESPONSE,
    FROM_EMPTY_RESPONSE,
    FROM_BEGIN,
    FROM_PIECE,
    FROM_END,
    FROM_CUT,
    FROM_APPLICATION_FAILED,
    FROM_LOG,
    FROM_AWAIT_CONTENT,
    FROM_AWAIT_CREDIT,
) = range(1, 15)

FINISHED_AT = 192  # where finished responses begin in the record that is shared with the server

RECEIVE_SIZE = 256 * 1024
LARGEST_PIECE = 256 * 1024
LARGEST_HEAD = 64 * 1024
CREDIT = 1024 * 1024  # what of a response may be sent before the server has granted more
PIECE_COST = 512  # what a piece takes of that beside its octets (flow_control.ts)
LONGEST_EVENT = 64 * 1024
LONGEST_HEADLINE = 1000  # characters of a traceback that name it
# Responses wait for others while handlers are quick (seconds), and up to so many octets.
QUICK = 0.0005
MOST_UNSENT = 32 * 1024
CPU_TIME_INTERVAL = 0.5  # seconds
MOST_HEADS = 256

HEAD_FORM = re.compile(
    r"[2-9][0-9]{2} (?:[\x21-\x7e\xa0-\xff][\t\x20-\x7e\xa0-\xff]*)?"
    r"(?:\n[!#$%&'*+.^_`|~0-9A-Za-z-]+\n[\t\x20-\x7e\x80-\xff]*)*"
)
LENGTH_FORM = re.compile(r"[0-9]{1,16}")


class Gone(OSError):
    """The client has left, or the server has given the exchange up."""


# --- The wire ------------------------------------------------------------------------------------------------


def frame(kind, number=0, text=b"", payload=b""):
    size = len(text)
    return HEADER.pack(BEHIND_SIZE + size + len(payload), kind, size, number) + text + payload


class Receiver:
    """Cuts what comes from the server into frames."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = memoryview(bytearray(RECEIVE_SIZE))  # `recv` would allocate and return as much each time
        self.octets = b""
        self.at = 0

    def receive(self, flags=0):
        """Waits for octets, unless `flags` forbid it. Returns whether any came; exits if the server has left."""
        count = self.connection.recv_into(self.buffer, 0, flags)
        if not count:
            end_with_server()
        received = bytes(self.buffer[:count])
        self.octets = received if self.at == len(self.octets) else self.octets[self.at :] + received
        self.at = 0

    def frames(self):
        """Yields the whole frames that have come: kind, number, text, payload."""
        while True:
            octets, at = self.octets, self.at
            if len(octets) - at < HEADER.size:
                return
            behind, kind, text_size, number = HEADER.unpack_from(octets, at)
            end = at + 4 + behind
            if end > len(octets):
                if end - len(octets) > RECEIVE_SIZE:
                    self.receive_large(end - at)
                return
            text_end = at + HEADER.size + text_size
            self.at = end
            yield kind, number, octets[at + HEADER.size : text_end], octets[text_end:end]

    def receive_large(self, size):
        whole = bytearray(size)
        count = len(self.octets) - self.at
        whole[:count] = self.octets[self.at :]
        with memoryview(whole) as view:
            while count < size - 1:  # `receive` waits for the last octet
                received = self.connection.recv_into(view[count : size - 1])
                if not received:
                    end_with_server()
                count += received
        self.octets = bytes(whole[:count])
        self.at = 0


class SharedRecord:
    """Memory that the server reads although this process computes or has ended (shared_record.ts).

    It decides who has an exchange that was sent in advance: this process once it has noted its order as started,
    or the server that recalls it. Each side writes its own word before it reads the other's, so at least one sees
    the other. Where the server has recalled, its verdict counts."""

    def __init__(self, path):
        self.words = None
        self.recall = 0
        self.kept = 0
        self.fence = threading.Lock()
        if path is None:
            return
        with open(path, "r+b", buffering=0) as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        view = memoryview(self.memory)
        self.words = view[:FINISHED_AT].cast("Q")
        self.finished = view[FINISHED_AT:]

    def note(self, order):
        """Notes a start. Returns whether the verdict of the server has to be awaited first."""
        words = self.words
        if words is None:
            return False
        words[0] = order
        self.fence.acquire()  # a full memory barrier
        self.fence.release()
        return words[8] != self.recall

    def is_settled(self):
        return self.words[8] == self.recall

    def keep(self, response):
        """Keeps a finished response that has not been sent: the server reads it if this process takes long for
        the next one, or ends with it. Returns False when there is no room."""
        if self.words is None:
            return False
        end = self.kept + len(response)
        if end > len(self.finished):
            return False
        self.finished[self.kept : end] = response
        self.words[16] = self.kept = end
        return True

    def drop_kept(self):
        """Drops what was kept: it has been sent. The next generation overwrites it."""
        self.words[16] = self.kept = 0
        self.words[17] += 1


# --- The lifeline ----------------------------------------------------------------------------------------------


def tie_to_server():
    """Lets this process and its children end with the server, even while it computes."""
    lifeline = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    try:
        os.setpgid(0, 0)
    except OSError:
        pass
    if hasattr(fcntl, "F_SETSIG"):
        group = os.getpgrp()
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, -group if group == os.getpid() else os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    else:
        threading.Thread(target=watch_lifeline, args=(lifeline,), daemon=True).start()
    return lifeline


def watch_lifeline(lifeline):
    os.read(lifeline, 1)
    end_with_server()


def end_with_server():
    """Ends this process and what it has started: their server is gone."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def ignore_signals():
    """Signals that the service manager or the terminal sends to all processes are the server's to handle. A
    handler that does nothing is not inherited by other programs, as `SIG_IGN` would be."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, do_nothing)


def do_nothing(number, stack):
    pass


def limit_memory(most):
    """Limits the memory of this process to what it has now and so many octets more."""
    if most is None or resource is None:
        return
    used = 0
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            used = int(re.search(r"^VmData:\s+([0-9]+) kB$", status.read(), re.M).group(1)) * 1024
    except (OSError, AttributeError):
        pass
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = used + most
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


# --- Loading ---------------------------------------------------------------------------------------------------

def load(module, path, name):
    """Imports a module, by its name or else by its path, and finds its application `name`."""
    if path is None:
        sys.argv = [module]
        return find_application(importlib.import_module(module), name)
    sys.argv = [path]
    return find_application(module_at(path), name)


# --- Objects that PEP 3333 promises ----------------------------------------------------------------------------


class Response:
    """One exchange, from `start_response` to its last piece."""

    head = None  # as it is sent: status and headers, one a line
    declared = None  # Content-Length, if the application has given one
    sent = 0  # octets of content
    spent = 0  # what they cost
    limit = CREDIT
    begun = False
    whole = False  # all that was declared has been sent in one frame
    over = False  # no more content is taken
    ended = False  # nothing more may be given

    def __init__(self, worker, number, bodiless):
        self.worker = worker
        self.number = number
        self.bodiless = bodiless  # a response to HEAD

    def start_response(self, status, headers, exc_info=None):
        if exc_info:
            try:
                if self.begun:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # avoids a reference cycle of this stack frame and the traceback
        elif self.head is not None:
            raise AssertionError("Cannot start response again: expected exc_info")
        try:
            head, declared = known_heads[status, tuple(headers)]
        except (KeyError, TypeError):
            head = None  # the error of check_head would name the other as its context
        if head is None:
            head, declared = check_head(status, headers)
        failures = self.worker.content_failures
        if failures and self.number in failures and status.startswith("5"):
            raise OSError(failures[self.number])  # the fault is the client's, and the server responds to it
        self.head, self.declared = head, declared
        return self.write

    def write(self, piece):
        self.send(piece)

    def send(self, piece):
        """Sends a piece and waits until the next one may follow."""
        if self.ended:
            raise RuntimeError("Cannot write: the response is complete")
        if not isinstance(piece, bytes):
            raise TypeError(f"Cannot send content: expected bytes, got {type(piece).__name__}")
        if not piece or self.over:
            return
        if self.head is None:
            raise AssertionError("Cannot respond: the application has not called start_response")
        if not self.begun:
            if len(piece) == self.declared and not self.has_no_content() and len(piece) <= LARGEST_PIECE:
                self.begun = self.whole = True
                self.sent = self.declared
                return self.worker.send(frame(FROM_RESPONSE, self.number, self.head, piece))
            self.begin()
            if self.over:
                return
        allowed = len(piece)
        if self.declared is not None and self.sent + allowed > self.declared:
            allowed = self.declared - self.sent
        self.worker.send_piece(self, piece if allowed == len(piece) else piece[:allowed])
        if allowed < len(piece):
            self.over = True
            raise excess(self.declared)

    def has_no_content(self):
        return self.bodiless or self.head[:3] in (b"204", b"304")

    def begin(self):
        self.begun = True
        self.over = self.has_no_content()
        self.worker.post(frame(FROM_BEGIN, self.number, self.head))

    def finish(self, pieces):
        """Sends what the application returned, then calls its `close` in every case."""
        try:
            self.complete(self.send_all(pieces))
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                self.worker.flush()  # it may take long, and the client does not wait for it
                self.close(close)

    def complete(self, whole):
        if self.whole:
            return
        if self.begun:
            self.worker.send(frame(FROM_END, self.number))
        elif self.head is None:
            raise AssertionError("Cannot respond: the application has not called start_response")
        elif whole is None:
            self.begun = True
            self.worker.post_response(frame(FROM_EMPTY_RESPONSE, self.number, self.head))
        else:
            self.send_whole(whole)

    def can_be_whole(self, piece):
        """Whether a response with only this piece needs nothing else."""
        return type(piece) is bytes and len(piece) <= LARGEST_PIECE and self.head is not None and not self.begun

    def send_whole(self, whole):
        """Sends the response with all of its content."""
        self.begun = True
        if self.declared is not None and len(whole) > self.declared and not self.bodiless:
            self.worker.log_failure(self.number, excess(self.declared))
            whole = whole[: self.declared]
        head = self.head
        size = len(head)
        self.worker.post_response(HEADER.pack(BEHIND_SIZE + size + len(whole), FROM_RESPONSE, size, self.number) + head + whole)

    def send_all(self, pieces):
        """Sends all pieces. A single piece that fits into a frame is returned instead."""
        only = not self.begun and hasattr(pieces, "__len__") and len(pieces) == 1
        for piece in pieces:
            if only and isinstance(piece, bytes) and self.head is not None:
                if len(piece) <= LARGEST_PIECE:
                    return piece
                if self.declared is None:
                    self.head += b"\nContent-Length\n%d" % len(piece)
                    self.declared = len(piece)
            self.send(piece)
            if self.over:
                break
        return None

    def close(self, close):
        """Calls `close`; the client does not learn of its failure."""
        try:
            close()
        except BaseException as error:
            text = format_traceback(error, LOADER_FILES)
            message = "close() of what the application returned failed"
            self.worker.log(self.number, "error", "close-failed", message, text)


known_heads = {}  # what heads look like on the wire


def check_head(status, headers):
    """Checks status and headers. Returns them as they are sent, and the length that they declare."""
    if type(status) is not str:
        raise TypeError(f"Cannot use status: expected str, got {type(status).__name__}")
    if not isinstance(headers, list):
        raise TypeError(f"Cannot use headers: expected a list, got {type(headers).__name__}")
    lines = [status]
    declared = None
    for header in headers:
        if not isinstance(header, (tuple, list)) or len(header) != 2:
            raise TypeError(f"Cannot use header: expected a pair of str, got {header!r:.64}")
        name, value = header
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"Cannot use header: expected a pair of str, got {header!r:.64}")
        if len(name) == 14 and name.lower() == "content-length":
            if not LENGTH_FORM.fullmatch(value) or declared not in (None, int(value)):
                raise ValueError(f"Cannot use headers: expected one decimal Content-Length, got {value!r:.64}")
            declared = int(value)
        lines.append(name)
        lines.append(value)
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1:
        raise ValueError(f"Cannot use status or headers: a line end is in {lines!r:.256}")
    if not HEAD_FORM.fullmatch(text):
        raise ValueError(f"Cannot use status or headers: expected {fault_of(lines)}")
    head = text.encode("latin-1")
    if len(head) > LARGEST_HEAD:
        raise ValueError(f"Cannot use headers: expected at most {LARGEST_HEAD} octets")
    try:
        if len(head) <= 1024:
            if len(known_heads) >= MOST_HEADS:
                known_heads.clear()
            known_heads[status, tuple(headers)] = head, declared
    except TypeError:
        pass  # a header is a list
    return head, declared


def fault_of(lines):
    """Says what is wrong with a head that was rejected."""
    if not HEAD_FORM.fullmatch(lines[0]):
        return f'a status such as "200 OK", got {lines[0]!r:.64}'
    for name, value in zip(lines[1::2], lines[2::2]):
        if not HEAD_FORM.fullmatch(f"200 \n{name}\n"):
            return f"a header name, got {name!r:.64}"
        if not HEAD_FORM.fullmatch(f"200 \nX\n{value}"):
            return f"Latin-1 text without control characters as value of {name}, got {value!r:.64}"
    return "another head"


def excess(declared):
    return ValueError(f"Cannot send content: the application gave more than the {declared} octets that it declared")


class RequestContent(io.RawIOBase):
    """Content that is read piece by piece."""

    def __init__(self, response):
        self.response = response
        self.rest = b""
        self.at_end = False

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.response.ended:
            raise ValueError("Cannot read content: the response is complete")
        if not self.rest and not self.at_end:
            piece = self.response.worker.ask_content(self.response.number)
            self.at_end = piece is None
            self.rest = memoryview(piece or b"")
        size = min(len(buffer), len(self.rest))
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


class FileWrapper:
    """Reads a file in large pieces, whatever size the application asks for: each piece is a frame."""

    def __init__(self, filelike, blksize=LARGEST_PIECE):
        self.filelike = filelike
        self.blksize = max(blksize, LARGEST_PIECE)
        if hasattr(filelike, "close"):
            self.close = filelike.close

    def __iter__(self):
        return self

    def __next__(self):
        data = self.filelike.read(self.blksize)
        if data:
            return data
        raise StopIteration


class ErrorLog(ErrorStream):
    """Writes text to the server's error log."""

    longest_event = LONGEST_EVENT

    def __init__(self, worker):
        super().__init__()
        self.worker = worker
        self.is_threaded = worker.is_threaded

    def log_text(self, text, level):
        self.worker.log_text(text, level)


TRACEBACK = re.compile(r"^ *(?:\+ Exception Group )?(?:Traceback|Stack) \(most recent call last\):", re.MULTILINE)


def split_traceback(text):
    """Splits the text of an event into its message, which may have many lines, and the traceback behind it. One
    without a message is named by its last line."""
    match = TRACEBACK.search(text)
    if match is None:
        return text.rstrip("\n"), None
    details = text[match.start() :].rstrip()
    return text[: match.start()].rstrip("\n") or details.splitlines()[-1][:LONGEST_HEADLINE], details


# --- The worker ------------------------------------------------------------------------------------------------


class Worker:
    """Serves one exchange after the other in the main thread."""

    def __init__(self, connection, record, settings):
        self.connection = connection
        self.receiver = Receiver(connection)
        self.record = record
        self.applications = []
        self.waiting = collections.deque()  # exchanges and marks, in the order in which they came
        self.common = {}  # variables that many requests have in common, by their numbers
        self.orders = 0
        self.revoked = set()  # exchanges that the server has taken back
        self.given_up = {}  # exchanges that the server has given up, and why
        self.content_failures = {}  # exchanges whose content cannot be read, and why
        self.replies = {}  # content that has come for exchanges: octets, or None at the end
        self.credits = {}  # octets that may be sent for exchanges, where more than at first
        self.current = threading.local()  # number of the exchange that the thread is in
        self.unsent = collections.deque()
        self.unsent_size = 0
        self.sending = threading.Lock()
        self.sender = 0  # the thread that sends
        self.forked = False
        self.stopping = False
        self.is_threaded = settings["threads"] > 1
        self.errors = ErrorLog(self)
        self.cpu_time_sent = 0.0
        self.constants = {
            "wsgi.version": (1, 0),
            "wsgi.errors": self.errors,
            "wsgi.file_wrapper": FileWrapper,
            "wsgi.input_terminated": True,
            "wsgi.multithread": self.is_threaded,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }

    # Sending. `post` may wait for more, `send` leaves at once with everything before it.

    def post_response(self, octets):
        """Posts a whole response. Nothing may be lost with the handler of the next exchange."""
        self.post(octets)
        if self.waiting and not self.is_threaded and not self.record.keep(octets):
            self.flush()

    def post(self, octets):
        if self.forked:
            os._exit(0)  # a child that the application has forked has come back from it
        self.unsent.append(octets)
        self.unsent_size += len(octets)

    def send(self, octets):
        self.post(octets)
        self.flush()

    def flush(self, *large):
        """Sends what waits, then the parts of a large frame, which are not copied."""
        unsent = self.unsent
        if not unsent and not large:
            return
        if self.forked:
            os._exit(0)
        thread = threading.get_ident()
        if self.sender == thread:
            return  # a signal handler within the loop below, which sends this too
        with self.sending:
            self.sender = thread
            try:
                while unsent or large:
                    self.unsent_size = 0
                    kept = self.record.kept
                    octets = [unsent.popleft() for _ in range(len(unsent))]
                    if octets:
                        self.connection.sendall(octets[0] if len(octets) == 1 else b"".join(octets))
                    if kept:
                        self.record.drop_kept()
                    for part in large:
                        self.connection.sendall(part)
                    large = ()
            finally:
                self.sender = 0

    def send_piece(self, response, piece):
        view = memoryview(piece)
        for start in range(0, len(piece), LARGEST_PIECE):
            self.poll()
            self.throw_if_given_up(response.number)
            part = view[start : start + LARGEST_PIECE]
            response.sent += len(part)
            response.spent += len(part) + PIECE_COST
            header = HEADER.pack(BEHIND_SIZE + len(part), FROM_PIECE, 0, response.number)
            if len(part) > MOST_UNSENT:
                self.flush(header, part)
            else:
                self.send(header + part)
            if response.spent >= response.limit:
                self.ask_credit(response)

    # Questions to the server.

    def ask_content(self, number):
        """Waits for the next piece of content; returns None at the end."""
        failure = self.content_failures.get(number)
        if failure is not None:
            raise OSError(failure)
        self.throw_if_given_up(number)
        self.send(frame(FROM_AWAIT_CONTENT, number))
        self.wait(lambda: number in self.replies or number in self.content_failures or number in self.given_up)
        if number in self.replies:
            return self.replies.pop(number)
        if number in self.content_failures:
            raise OSError(self.content_failures[number])
        raise Gone(self.given_up[number])

    def ask_credit(self, response):
        number = response.number
        credits = self.credits
        if credits.get(number, 0) <= response.spent:
            self.send(frame(FROM_AWAIT_CREDIT, number, b"%d" % response.spent))
            self.wait(lambda: credits.get(number, 0) > response.spent or number in self.given_up)
            self.throw_if_given_up(number)
        response.limit = credits.pop(number)

    def throw_if_given_up(self, number):
        if self.given_up and number in self.given_up:
            raise Gone(self.given_up[number])

    def wait(self, is_over):
        while not is_over():
            self.receiver.receive()
            self.take_all()

    def poll(self):
        """Takes what has come, without waiting: an application that only writes would not hear of the end."""
        try:
            self.receiver.receive(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        self.take_all()

    # Receiving.

    def take_all(self):
        for kind, number, text, payload in self.receiver.frames():
            self.take(kind, number, text, payload)

    def take(self, kind, number, text, payload):
        if kind == TO_EXCHANGE or kind == TO_EXCHANGE_PIECES:
            self.orders += 1
            index, _, variables = str(text, "latin-1").partition("\n")
            content = payload if kind == TO_EXCHANGE else None
            self.waiting.append((self.orders, number, self.common[index], variables, content))
        elif kind == TO_MARK:
            self.waiting.append((None, number, None, None, None))
        elif kind == TO_COMMON:
            variables = json.loads(text)
            application = self.applications[variables.pop("")]
            variables.update(self.constants)
            self.common[str(number)] = application, variables
        elif kind == TO_CONTENT:
            self.replies[number] = payload
        elif kind == TO_CONTENT_END:
            self.replies[number] = None
        elif kind == TO_CONTENT_FAILED:
            self.content_failures[number] = json.loads(text)[3]
        elif kind == TO_CREDIT:
            self.credits[number] = int(text)
        elif kind == TO_ABORT:
            self.given_up[number] = str(text, "utf-8", "replace")
        elif kind == TO_VERDICT:
            self.revoked.update(struct.unpack("<%dQ" % (len(payload) // 8), payload))
            self.record.recall = number
        elif kind == TO_STOP:
            self.stopping = True

    # Serving.

    def run(self):
        waiting = self.waiting
        clock = time.perf_counter
        while True:
            before = clock()
            while waiting:
                self.serve(*waiting.popleft())
                now = clock()
                if now - before > QUICK or self.unsent_size > MOST_UNSENT:
                    self.flush()
                before = now
            self.flush()
            if self.stopping:
                return
            self.receiver.receive()
            self.take_all()

    def serve(self, order, number, common, variables, content):
        if order is None:
            return self.post(frame(FROM_ACKNOWLEDGE, number, self.new_cpu_time()))
        if self.claim(order, number):
            self.serve_claimed(number, common, variables, content)

    def serve_claimed(self, number, common, variables, content):
        self.current.number = number
        try:
            self.respond(number, common, variables, content)
        finally:
            self.current.number = 0
            self.forget(number)

    def claim(self, order, number):
        """Starts an exchange, unless the server has taken it back or given it up."""
        if self.record.note(order):
            self.flush()
            self.wait(self.record.is_settled)
        if self.revoked and number in self.revoked:
            self.revoked.discard(number)
            return False
        if self.given_up and number in self.given_up:
            self.forget(number)
            self.post(frame(FROM_CUT, number))
            return False
        return True

    def forget(self, number):
        if not (self.given_up or self.content_failures or self.replies or self.credits):
            return
        for table in (self.given_up, self.content_failures, self.replies, self.credits):
            table.pop(number, None)

    def respond(self, number, common, variables, content):
        application, environ = common
        environ = environ.copy()
        (
            method,
            environ["REMOTE_ADDR"],
            environ["REMOTE_PORT"],
            environ["REQUEST_URI"],
            environ["QUERY_STRING"],
            environ["PATH_INFO"],
        ) = variables.split("\n", 5)
        environ["REQUEST_METHOD"] = method
        response = Response(self, number, method == "HEAD")
        if content is None:
            environ["wsgi.input"] = io.BufferedReader(RequestContent(response), LARGEST_HEAD)
        else:
            environ["wsgi.input"] = io.BytesIO(content)
        try:
            pieces = application(environ, response.start_response)
            if type(pieces) is list and len(pieces) == 1 and response.can_be_whole(pieces[0]):
                response.send_whole(pieces[0])
            else:
                response.finish(pieces)
        except BaseException as error:  # SystemExit and KeyboardInterrupt end only the request
            self.fail(response, error)
        finally:
            response.ended = True
            if self.errors.has_text:
                self.errors.flush()

    def fail(self, response, error):
        if response.whole or response.over and response.begun:
            self.log_failure(response.number, error)
            if not response.whole:
                self.send(frame(FROM_END, response.number))
            return
        text = format_traceback(error, LOADER_FILES).encode("utf-8", "backslashreplace")
        self.send(frame(FROM_APPLICATION_FAILED, response.number, text[:LONGEST_EVENT]))

    def new_cpu_time(self):
        """Microseconds as text; empty when they were sent a short while ago."""
        now = time.perf_counter()
        if now - self.cpu_time_sent < CPU_TIME_INTERVAL:
            return b""
        self.cpu_time_sent = now
        return b"%d" % (time.process_time_ns() // 1000)

    # The log.

    def log_text(self, text, level):
        name = "error" if level >= 40 else "warn" if level >= 30 else "info" if level >= 20 else "debug"
        message, details = split_traceback(text)
        self.log(getattr(self.current, "number", 0), name, "wsgi-errors", message, details)

    def log_failure(self, number, error):
        self.log(number, "error", "response-failed", "WSGI application failed", format_traceback(error, LOADER_FILES))

    def log(self, number, level, event, message, details):
        if self.forked:
            os.write(2, f"{message}\n{details or ''}".rstrip().encode("utf-8", "backslashreplace") + b"\n")
            return
        details = details and details[:LONGEST_EVENT]  # a character takes 6 octets at most, so a frame has room
        event = json.dumps([level, event, message, details], ensure_ascii=False)
        self.send(frame(FROM_LOG, number, event.encode("utf-8", "backslashreplace")))


class ThreadedWorker(Worker):
    """Serves exchanges in several threads; the main thread takes what comes from the server."""

    def __init__(self, connection, record, settings):
        super().__init__(connection, record, settings)
        self.threads = settings["threads"]
        self.changed = threading.Condition()  # guards all that `take` changes

    def run(self):
        for index in range(self.threads):
            threading.Thread(target=self.run_thread, name=f"robusto-{index}", daemon=True).start()
        while not self.stopping:
            self.receiver.receive()
            with self.changed:
                self.take_all()
                self.changed.notify_all()

    def run_thread(self):
        while True:
            with self.changed:
                while not self.waiting:
                    self.changed.wait()
                item = self.waiting.popleft()
                is_mine = item[0] is None or self.claim(*item[:2])
            if is_mine:
                self.serve(*item)
            self.flush()

    def serve(self, order, number, common, variables, content):
        """A batch counts as handled once a thread is free for what follows it."""
        if order is None:
            return self.post(frame(FROM_ACKNOWLEDGE, number, self.new_cpu_time()))
        self.serve_claimed(number, common, variables, content)

    def wait(self, is_over):
        with self.changed:
            while not is_over():
                self.changed.wait()

    def poll(self):
        """The main thread takes what has come."""


def after_fork_in_child(worker):
    """A child that the application forks must not take part in the conversation, nor be deaf to signals."""
    worker.forked = True
    worker.connection.close()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is do_nothing:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def connect(settings):
    """Joins the server: only the process that has the secret can, and only at its parent's socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(settings["socket"])
    if hasattr(socket, "SO_PEERCRED"):
        pid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        if pid not in (os.getppid(), 0):  # 0: the server is in another namespace of processes
            sys.exit("Cannot join server: its socket belongs to another process")
    connection.sendall(frame(FROM_JOIN, 0, settings["secret"].encode("ascii")))
    return connection


def main(settings):
    lifeline = tie_to_server()
    record = SharedRecord(settings["record"])  # the server removes the file's name when this process has joined
    connection = connect(settings)
    ignore_signals()
    limit_memory(settings["memory"])
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    make_worker = ThreadedWorker if settings["threads"] > 1 else Worker
    worker = make_worker(connection, record, settings)
    os.register_at_fork(after_in_child=lambda: after_fork_in_child(worker))
    sys.stderr = worker.errors
    worker.errors.keep_levels()
    folders = settings["folders"]
    sys.path[:] = dict.fromkeys([*folders, *filter(None, sys.path), *settings["pythonPath"]])
    try:
        for each in settings["applications"]:
            worker.applications.append(load(*each))
    except BaseException as error:  # also SystemExit: an imported module must not end the process
        text = format_traceback(error, LOADER_FILES).encode("utf-8", "backslashreplace")
        worker.errors.flush()
        sys.stdout.flush()
        worker.send(frame(FROM_FAILED, 0, text[-LONGEST_EVENT:]))
        os._exit(1)
    worker.errors.flush()
    worker.send(frame(FROM_READY))
    worker.run()
    worker.errors.flush()
    return lifeline
