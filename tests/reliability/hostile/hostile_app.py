"""The WSGI application that hostile clients attack; see hostile_app.ts."""


def app(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/large":
        return (bytes(16_384) for _ in range(512))
    if path == "/upload":
        return [str(len(environ["wsgi.input"].read())).encode()]
    return [b"light"]
