# Talks to the echo with Python's websockets and prints what came back as JSON.

import asyncio
import json
import sys

import websockets


async def main(url):
    report = {}
    async with websockets.connect(url, subprotocols=["other", "echo"], max_size=None) as socket:
        report["protocol"] = socket.subprotocol
        sizes = []
        for message in ["grüße", "x" * 126, b"", b"y" * 65536, "€" * 70000]:
            await socket.send(message)
            back = await socket.recv()
            sizes.append(back == message)
        report["echoes"] = sizes
        await socket.send(["a", "b", "c"])  # three frames
        report["fragments"] = await socket.recv()
        report["pong"] = await (await socket.ping("p")) is not False
        await socket.send("close")
        try:
            await socket.recv()
        except websockets.ConnectionClosed as error:
            report["closed"] = [error.rcvd.code, error.rcvd.reason]
    async with websockets.connect(url) as socket:
        await socket.send(b"z" * (1024 * 1024 + 1))
        try:
            await socket.recv()
        except websockets.ConnectionClosed as error:
            report["large"] = error.rcvd.code
        report["extensions"] = [extension.name for extension in socket.extensions]
    print(json.dumps(report))


asyncio.run(main(sys.argv[1]))
