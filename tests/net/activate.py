# Acts as a service manager: opens sockets, passes them from descriptor 3 on, and executes the program.
# Arguments: `tcp`, `unix:PATH`, `file` or `datagram` for each socket, then `--`, then the program. In the
# environment NAMES gives LISTEN_FDNAMES, and FOR gives LISTEN_PID.
import os
import socket
import sys

split = sys.argv.index("--")
held = []
for word in sys.argv[1:split]:
    if word == "tcp":
        opened = socket.create_server(("127.0.0.1", 0))
    elif word.startswith("unix:"):
        opened = socket.socket(socket.AF_UNIX)
        opened.bind(word[5:])
        opened.listen()
    elif word == "datagram":
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", 0))
    else:
        opened = open(os.devnull)
    held.append((opened, os.dup2(opened.fileno(), 200 + len(held))))
for index, (_, high) in enumerate(held):
    os.dup2(high, 3 + index)
    os.close(high)
os.closerange(3 + len(held), 100)
os.environ["LISTEN_FDS"] = str(len(held))
os.environ["LISTEN_PID"] = os.environ.pop("FOR", str(os.getpid()))
if "NAMES" in os.environ:
    os.environ["LISTEN_FDNAMES"] = os.environ.pop("NAMES")
os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])
