"""The application of the Python servers: `/heavy` computes for 200 ms, the works of the suite `realistic`
have their paths, and any other path gets a greeting."""

import time

from works_wsgi import WORKS


def application(environ, start_response):
    work = WORKS.get(environ["PATH_INFO"])
    if work is not None:
        return work(environ, start_response)
    if environ["PATH_INFO"] == "/heavy":
        end = time.perf_counter() + 0.2
        while time.perf_counter() < end:
            pass
    return my_crazy_app(environ, start_response)


def my_crazy_app(environ, start_response):
    status = '200 OK'
    response_headers = [('Content-type','text/plain')]
    start_response(status, response_headers)
    return [b'Hello world!']
