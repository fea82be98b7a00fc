# Sends requests by Python's http.client: `http_client.py HOST PORT`. Prints a report as JSON.

import http.client
import json
import sys

connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=10)
seen = {}


def ask(method, path, **given):
    connection.request(method, path, **given)
    response = connection.getresponse()
    return response, response.read()


def pieces():
    for _ in range(20):
        yield b"x" * 10_000


response, content = ask("GET", "/hello")
seen["get"] = [response.status, response.version, content.decode()]
response, content = ask("HEAD", "/hello")
seen["head"] = [response.status, response.getheader("content-length"), content.decode()]
seen["length"] = json.loads(ask("POST", "/echo", body=b"abc")[1])
seen["chunked"] = json.loads(ask("POST", "/echo", body=pieces(), encode_chunked=True,
                                 headers={"Transfer-Encoding": "chunked"})[1])
seen["expecting"] = json.loads(ask("POST", "/echo", body=b"abc",
                                   headers={"Expect": "100-continue"})[1])
seen["large"] = len(ask("GET", "/large")[1])
seen["stream"] = ask("GET", "/stream")[1].decode()
response, content = ask("GET", "/none")
seen["none"] = [response.status, content.decode()]
response, content = ask("GET", "/fail")
seen["fail"] = [response.status, content.decode()]
response, content = ask("GET", "/hello")
seen["last"] = [response.status, content.decode()]
connection.close()
print(json.dumps(seen))
