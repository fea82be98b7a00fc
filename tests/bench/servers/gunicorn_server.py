"""gunicorn with the works of the suite `realistic`: `gunicorn_server.py OPTIONS`, options as JSON."""

import json
import sys

from gunicorn.app.base import BaseApplication
from wsgi_app import application


class Application(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("when_ready", announce)
        for name, value in json.loads(sys.argv[1]).items():
            self.cfg.set(name, value)

    def load(self):
        return application


def announce(arbiter):
    [listener] = arbiter.LISTENERS
    print(f"Listening on http://127.0.0.1:{listener.sock.getsockname()[1]}/", flush=True)


Application().run()
