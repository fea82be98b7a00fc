# Receives as a service manager does: prints each datagram to a UNIX socket as one line, with spaces
# for line ends. The argument is a path, or @ and an abstract name.
import socket
import sys

path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
while True:
    print(receiver.recv(4096).decode().strip().replace("\n", " "), flush=True)
