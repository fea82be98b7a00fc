"""The application of the Python servers. `/heavy` computes for 200 ms, any other path gets a greeting."""

import time


def application(environ, start_response):
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
