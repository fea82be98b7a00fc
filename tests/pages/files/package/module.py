# The applications `package.module:application` and `package.module:create_app()` of the pages.


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello from a package!\n"]


def create_app():
    return application
