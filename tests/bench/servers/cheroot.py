"""Cheroot for the benches: `cheroot.py OPTIONS`, options as JSON."""

import json
import sys

sys.path.append(sys.path.pop(0))  # or this file would be found in place of the package

from cheroot import wsgi  # noqa: E402
from wsgi_app import application  # noqa: E402

server = wsgi.Server(("127.0.0.1", 0), application, **json.loads(sys.argv[1]))
server.prepare()
print(f"Listening on http://127.0.0.1:{server.bind_addr[1]}/", flush=True)
server.serve()
