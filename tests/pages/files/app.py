# The applications `./app.py:app` and `./app.py:my_crazy_app` of the pages.


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello from Python!\n"]


my_crazy_app = app
