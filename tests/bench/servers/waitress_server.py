"""waitress with the works of the suite `realistic`: `waitress_server.py OPTIONS`, options as JSON."""

import json
import logging
import sys

from waitress.server import create_server
from wsgi_app import application

logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # its queue is always long here
server = create_server(application, host="127.0.0.1", port=0, **json.loads(sys.argv[1]))
print(f"Listening on http://127.0.0.1:{server.effective_port}/", flush=True)
server.run()
