"""The WSGI application of the chaos tests; see chaos_app.ts."""

import os
import time
from urllib.parse import parse_qs


def pattern(number, size):
    blocks = (size + 15) // 16
    text = "".join("%07d:%07x\n" % (number, block) for block in range(blocks))
    return text[:size].encode()


def loop():
    while True:
        pass


def crash():
    import ctypes

    ctypes.string_at(0)


def grow():
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def fail():
    raise ValueError("asked to")


def leave():
    raise SystemExit(1)


FAULTS = {
    "/throw": fail,
    "/exit": lambda: os._exit(1),
    "/close": leave,
    "/loop": loop,
    "/hang": lambda: time.sleep(3600),
    "/crash": crash,
    "/memory": grow,
}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path in FAULTS:
        FAULTS[path]()
    query = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
    number, size = int(query["id"]), int(query.get("size", 0))
    status = "200 OK"
    if path in ("/give", "/give-text"):
        content = [pattern(number, size)]
    elif path == "/stream":
        octets, piece = pattern(number, size), int(query["piece"])
        content = (octets[at : at + piece] for at in range(0, size, piece))
    elif path in ("/take", "/pass"):
        octets = environ["wsgi.input"].read()
        if octets != pattern(number, len(octets)):
            status, octets = "599 Foreign", octets[:64]
        content = [octets]
    else:
        status, content = "404 Not Found", [b"unknown"]
    start_response(status, [("Content-Type", "application/octet-stream")])
    return content
