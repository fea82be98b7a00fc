"""uWSGI with the application of the Python servers, by its own HTTP socket: `uwsgi_server.py OPTIONS`, options
as JSON. uWSGI loads this file as its application too, and so says when it listens."""

import os
import socket
import sys

if __name__ == "__main__":
    import json

    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    arguments = {"plugin": "python3", "http-socket": address, "wsgi-file": __file__}
    arguments.update(json.loads(sys.argv[1]))
    words = [word for name, value in arguments.items() for word in (f"--{name}", str(value))]
    flags = ["--master", "--need-app", "--die-on-term", "--disable-logging"]
    os.execvpe("uwsgi", ["uwsgi", *flags, *words], {**os.environ, "UWSGI_ADDRESS": address})

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wsgi_app import application  # noqa: E402, F401

print("Listening on http://%s/" % os.environ["UWSGI_ADDRESS"], flush=True)
