"""HTTP servers in this process, on real sockets: an app's, and a fake one."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from werkzeug.serving import make_server

from api.version import HEADER, VERSION


@contextmanager
def _running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serving(app):
    """Serve an app; gives its address."""
    with _running(make_server("127.0.0.1", 0, app, threaded=True)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def playing(*scenes):
    """Respond to each request with the next scene, a function of its handler; the last repeats.

    Gives the address and, as they come, the requests: path, headers and body of each.
    """
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            requests.append((self.path, self.headers, self.rfile.read(length)))
            scenes[min(len(requests), len(scenes)) - 1](self)

        def do_GET(self):
            requests.append((self.path, self.headers, b""))
            scenes[min(len(requests), len(scenes)) - 1](self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with _running(server):
        yield f"http://127.0.0.1:{server.server_port}", requests


def answer(status, body, **headers):
    """Play a whole answer; headers are named with _ for -, and None removes one."""
    always = {HEADER.replace("-", "_"): VERSION, "Content_Length": str(len(body))}

    def scene(handler):
        handler.send_response(status)
        for name, value in {**always, **headers}.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return scene
