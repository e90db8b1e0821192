"""No network, in five ways: within seconds an error says so, nothing half is left, and the drawn digits work."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torchvision

from tests.data.messages import kind
from vae_lessons.data import load, mnist


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.answer(self)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def log_in(handler):
    """A campus network that answers everything with its own page."""
    page = b"<html>Log in</html>"
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(page)))
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(page)


def hang_up(handler):
    """A line that breaks in the middle of a file."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(b"\x1f\x8b")
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def served(monkeypatch):
    """A function that lets all downloads of MNIST be answered in one way."""
    servers = []

    def serve(answer):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.answer, server.handle_error = True, answer, lambda *_: None
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        servers.append(server)
        monkeypatch.setattr(
            torchvision.datasets.MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"]
        )

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def no_names(monkeypatch, served):
    def fail(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


def refused(monkeypatch, served):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])


def silent(monkeypatch, served):
    over = threading.Event()
    served(lambda handler: over.wait(20))


@pytest.mark.parametrize(
    "way",
    [no_names, refused, silent, lambda _, served: served(log_in), lambda _, served: served(hang_up)],
    ids=["no names", "refused", "silent", "log-in page", "hangs up"],
)
def test_without_a_network_an_error_says_so_in_seconds_and_leaves_nothing(
    way, files, own_folders, monkeypatch, served
):
    monkeypatch.setattr(mnist, "PROBE_SECONDS", 1)
    monkeypatch.setattr(mnist, "SILENCE_SECONDS", 1)
    way(monkeypatch, served)
    began = time.monotonic()
    with pytest.raises(ConnectionError) as error:
        load("mnist")
    assert time.monotonic() - began < 15
    assert 'load("digits")' in kind(error)
    assert list((own_folders / "data" / "MNIST" / "raw").glob("*ubyte*")) == []
    assert len(load("digits").test_images) == 4_000
