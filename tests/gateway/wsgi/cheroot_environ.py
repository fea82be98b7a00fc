"""Serves an application with Cheroot that responds with its environ. Prints the port; ends at end of input.

cheroot_environ.py 1.0|u.0: on a free port of 127.0.0.1.
"""

import json
import sys
import threading

from cheroot import wsgi


def app(environ, start_response):
    content = environ['wsgi.input'].read()
    shown = {
        key: value if isinstance(value, (str, bool)) else repr(value)
        for key, value in environ.items()
    }
    shown['(content)'] = content.decode('latin-1')
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(shown).encode()]


def main():
    version = sys.argv[1]
    server = wsgi.Server(
        ('127.0.0.1', 0),
        app,
        numthreads=1,
        shutdown_timeout=0,
    )
    if version == 'u.0':
        server.gateway = wsgi.Gateway_u0  # its own map of gateways does not have it
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    print(server.bind_addr[1], flush=True)
    sys.stdin.read()
    server.stop()


main()
