# A service manager's ear: prints each datagram that comes to a UNIX socket on a line of its own, line
# ends as spaces. The word is a path, or an abstract name behind @.
import socket
import sys

path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
while True:
    print(receiver.recv(4096).decode().strip().replace("\n", " "), flush=True)
