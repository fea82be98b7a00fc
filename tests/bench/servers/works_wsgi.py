"""The works of the suite `realistic` as WSGI applications, by path."""

import json
from urllib.parse import parse_qs

ROWS = "".join(
    f'<li class="entry"><a href="/articles/{1000 + i}">Article number {1000 + i}</a>'
    "<p>A line of plain text about it, as in any list.</p></li>\n"
    for i in range(147)
)
PAGE = (
    '<!doctype html>\n<html lang="en">\n<title>Articles</title>\n<ul>\n'
    f"{ROWS}</ul>\n<p>© 2026</p>\n</html>\n"
)
PIECE = b"0123456789abcdef" * 64


def hello(environ, start_response):
    return respond(start_response, b"Hello world!")


def list_items(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    page = int(query["page"][0])
    items = [
        {
            "id": page * 100 + i,
            "name": f"Item number {i}",
            "price": 5 + i,
            "tags": ["new", "sale"],
            "stock": True,
        }
        for i in range(12)
    ]
    content = {
        "page": page,
        "sort": query["sort"][0],
        "language": environ["HTTP_ACCEPT_LANGUAGE"],
        "cookies": len(environ["HTTP_COOKIE"]),
        "items": items,
    }
    return respond(
        start_response,
        json.dumps(content).encode(),
        "application/json",
        ("Cache-Control", "private, max-age=60"),
        ("ETag", '"5f3c2a10"'),
        ("Vary", "Accept-Language, Cookie"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Request-Cost", "1"),
    )


def sum_order(environ, start_response):
    order = json.loads(content_of(environ))
    total = sum(line["amount"] * line["price"] for line in order["lines"])
    content = {"customer": order["customer"], "lines": len(order["lines"]), "total": total}
    return respond(start_response, json.dumps(content).encode(), "application/json")


def greet(environ, start_response):
    form = parse_qs(content_of(environ).decode())
    text = f"Thank you, {form['name'][0]} <{form['email'][0]}>"
    return respond(start_response, text.encode())


def describe_file(environ, start_response):
    octets = content_of(environ)
    return respond(start_response, f"{len(octets)} {octets[0]} {octets[-1]}".encode())


def sixteen_pieces(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (PIECE for _ in range(16))


def page(environ, start_response):
    return respond(
        start_response,
        PAGE.encode(),
        "text/html; charset=utf-8",
        ("Cache-Control", "no-cache"),
        ("ETag", '"a1b2c3d4"'),
    )


WORKS = {
    "/hello": hello,
    "/json": list_items,
    "/order": sum_order,
    "/form": greet,
    "/file": describe_file,
    "/stream": sixteen_pieces,
    "/page": page,
}


def content_of(environ):
    return environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))


def respond(start_response, content, content_type="text/plain;charset=UTF-8", *fields):
    length = ("Content-Length", str(len(content)))
    start_response("200 OK", [("Content-Type", content_type), length, *fields])
    return [content]
