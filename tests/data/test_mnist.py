"""What is read is what was published, or a short error says what to do. No network is needed."""

import _thread
import gzip
import hashlib
import multiprocessing
import os
import re
import shutil
import signal
import socket
import stat
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from filelock import FileLock

from tests.conftest import REPOSITORY, read_idx
from tests.data.messages import kind
from tests.data.tiny_mnist import make_official, put
from vae_lessons.data import mnist
from vae_lessons.data.datasets import load

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def offer(url: str, archives: dict[str, bytes], patch: pytest.MonkeyPatch) -> None:
    """From now on torchvision downloads MNIST from this url and knows the archives' MD5."""
    md5 = [(name, hashlib.md5(content).hexdigest()) for name, content in archives.items()]
    patch.setattr(torchvision.datasets.MNIST, "mirrors", [url])
    patch.setattr(torchvision.datasets.MNIST, "resources", md5)


def contents(raw: Path) -> dict[str, bytes]:
    """Everything in the folder, hidden files and temporary folders included, but not the lock."""
    return {path.name: path.read_bytes() for path in raw.iterdir() if path.name != ".lock"}


class Server(ThreadingHTTPServer):
    """Offers archives on 127.0.0.1 and notes what was asked for; answer(handler, body) sends a body."""

    daemon_threads = True

    def __init__(self, archives):
        super().__init__(("127.0.0.1", 0), Handler)
        self.archives, self.asked, self.answer = archives, [], lambda handler, body: handler.wfile.write(body)
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def asked_for(self, method):
        return {name for verb, name in self.asked if verb == method}

    def handle_error(self, *_):
        """A client that hangs up is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.lstrip("/")
        self.server.asked.append((self.command, name))
        body = self.server.archives.get(name)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        if self.command == "GET" and body:
            self.server.answer(self, body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def server(files, monkeypatch):
    archives = {f"{file}.gz": gzip.compress(content) for file, content in files.items()}
    with Server(archives) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        offer(server.url, archives, monkeypatch)
        yield server
        server.shutdown()
        thread.join()


# A folder's permissions do not bind root, as whom containers and CI often run. This binds everybody.
_read_only: list[str] = []


def _refuse_to_write(event, arguments):
    if _read_only and event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"):
        writes = event != "open" or (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and str(arguments[0]).startswith(_read_only[0]):
            raise PermissionError(13, "Permission denied", str(arguments[0]))


sys.addaudithook(_refuse_to_write)


@pytest.fixture
def read_only():
    yield lambda root: _read_only.append(str(root))
    _read_only.clear()


# --- reading files that are there ---


def test_files_are_read_as_they_are(files, tmp_path, no_download):
    raw = put(tmp_path, files)
    loaded = load("mnist", tmp_path)
    assert np.array_equal(loaded.train_images[:, 0], read_idx(raw / IMAGES))
    assert np.array_equal(loaded.test_images[:, 0], read_idx(raw / "t10k-images-idx3-ubyte"))
    assert loaded.train_labels.tolist() == [0, 1, 2] and loaded.test_labels.tolist() == [0, 1]
    assert loaded.train_images.dtype == torch.uint8 and loaded.train_labels.dtype == torch.int64
    assert loaded.train_factors is None and loaded.test_factors is None


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


PAGE = b"\n <!DOCTYPE html><html><body>Log in to the campus network</body></html>"


@pytest.mark.parametrize("file", [IMAGES, LABELS])
@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (lambda content: content[:-1], r"it has \d+ bytes instead of \d+"),
        (lambda content: content + b"\0", r"it has \d+ bytes instead of \d+"),
        (lambda content: b"", "it has 0 bytes instead of"),
        (lambda content: PAGE, "web page"),
        (lambda content: PAGE[: len(content)].ljust(len(content)), "web page"),
        (gzip.compress, r"bytes instead of \d+|magic"),
        (lambda content: flipped(content, 3), r"magic number, 205\d|magic number, 204\d"),
        (lambda content: flipped(content, len(content) - 1), "SHA-256"),
        (lambda content: flipped(content, 7), "SHA-256"),
    ],
)
def test_a_damaged_file_is_reported_and_kept(files, tmp_path, no_download, file, damage, cause):
    broken = {**files, file: damage(files[file])}
    raw = put(tmp_path, broken)
    with pytest.raises(ValueError, match=cause) as error:
        load("mnist", tmp_path)
    assert str(raw / file) in kind(error)
    assert "Move it away and load again" in kind(error)
    assert contents(raw) == broken


def test_a_folder_instead_of_a_file(files, tmp_path, no_download):
    raw = put(tmp_path, files)
    (raw / IMAGES).unlink()
    (raw / IMAGES).mkdir()
    with pytest.raises(ValueError, match="cannot be read") as error:
        load("mnist", tmp_path)
    assert str(raw / IMAGES) in kind(error)


def test_a_complete_set_is_read_from_a_read_only_folder(files, tmp_path, read_only, no_download):
    put(tmp_path, files)
    read_only(tmp_path)
    with pytest.raises(PermissionError):
        (tmp_path / "x").write_text("the folder is read-only for this test")
    assert len(load("mnist", tmp_path).train_images) == 3


def test_real_mnist(mnist_raw):
    root = mnist_raw.parents[1]
    loaded = load("mnist", root)
    assert np.array_equal(loaded.train_images[:, 0], read_idx(mnist_raw / IMAGES))
    assert np.array_equal(loaded.train_labels, read_idx(mnist_raw / LABELS))
    assert np.array_equal(loaded.test_images[:, 0], read_idx(mnist_raw / "t10k-images-idx3-ubyte"))
    assert np.array_equal(loaded.test_labels, read_idx(mnist_raw / "t10k-labels-idx1-ubyte"))
    assert loaded.train_images.shape == (60_000, 1, 28, 28) and loaded.test_images.shape == (
        10_000,
        1,
        28,
        28,
    )


def test_one_flipped_byte_in_real_mnist(mnist_raw, tmp_path, no_download):
    raw = tmp_path / "MNIST" / "raw"
    shutil.copytree(mnist_raw, raw, copy_function=shutil.copyfile)
    raw.chmod(0o755)
    file = raw / "t10k-images-idx3-ubyte"
    file.write_bytes(flipped(file.read_bytes(), 4_000_000))
    with pytest.raises(ValueError, match="SHA-256"):
        load("mnist", tmp_path)


# --- downloading ---


def test_a_missing_set_is_downloaded_once(server, files, tmp_path, monkeypatch):
    root = tmp_path / "new" / "folder"
    loaded = load("mnist", root)
    raw = root / "MNIST" / "raw"
    assert contents(raw) == files
    assert np.array_equal(loaded.train_images[:, 0], read_idx(raw / IMAGES))
    asked = len(server.asked)
    load("mnist", root)
    assert len(server.asked) == asked


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_download_can_be_read_by_others(server, tmp_path):
    load("mnist", tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    usual = tmp_path / "usual"
    usual.touch()
    for file in mnist.FILES:
        assert stat.S_IMODE((raw / file).stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    assert stat.S_IMODE((raw / ".lock").stat().st_mode) == 0o666


def test_a_partial_set_is_completed(server, files, tmp_path):
    raw = put(tmp_path, {file: files[file] for file in (IMAGES, LABELS)})
    before = (raw / IMAGES).stat()
    load("mnist", tmp_path)
    after = (raw / IMAGES).stat()
    assert contents(raw) == files
    assert server.asked_for("GET") == {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_partial_set_with_damage_is_reported_before_any_download(server, files, tmp_path):
    there = {IMAGES: files[IMAGES], LABELS: flipped(files[LABELS], 9)}
    raw = put(tmp_path, there)
    with pytest.raises(ValueError, match=f"{LABELS}\nis damaged: its SHA-256"):
        load("mnist", tmp_path)
    assert server.asked == [] and contents(raw) == there


def test_missing_in_a_read_only_folder(server, files, tmp_path, read_only):
    put(tmp_path, {IMAGES: files[IMAGES]})
    read_only(tmp_path)
    with pytest.raises(PermissionError) as error:
        load("mnist", tmp_path)
    assert (
        str(tmp_path) in kind(error) and "VAE_LESSONS_DATA" in kind(error) and 'load("digits")' in kind(error)
    )
    assert server.asked == []


def test_a_file_where_the_folder_should_be(server, tmp_path):
    (tmp_path / "MNIST").touch()
    with pytest.raises(PermissionError) as error:
        load("mnist", tmp_path)
    assert str(tmp_path) in kind(error)


def no_answer(root: Path) -> str:
    """The message of the ConnectionError that loading raises; nothing may be left behind."""
    start = time.monotonic()
    with pytest.raises(ConnectionError) as error:
        load("mnist", root)
    assert time.monotonic() - start < 10
    assert contents(root / "MNIST" / "raw") == {}
    assert socket.getdefaulttimeout() is None
    message = kind(error)
    assert str(root) in message and 'load("digits")' in message
    return message


def test_a_name_look_up_that_hangs(files, tmp_path, monkeypatch):
    assert mnist.PROBE_SECONDS <= 8  # of the 10 that a student waits at most; here fewer
    monkeypatch.setattr(mnist, "PROBE_SECONDS", 1)
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    start = time.monotonic()
    assert "no server answered" in no_answer(tmp_path)
    assert time.monotonic() - start < 2.5
    assert all(thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread())
    over.set()


def test_no_name_look_up(files, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert "Name or service not known" in no_answer(tmp_path)


def test_a_refused_connection(server, tmp_path, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert "refused" in no_answer(tmp_path)


def test_a_server_that_accepts_and_never_answers(files, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "PROBE_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        offer(f"http://127.0.0.1:{silent.getsockname()[1]}/", {"x.gz": b""}, monkeypatch)
        message = no_answer(tmp_path)
    assert "no server answered" in message or "timed out" in message


def test_a_server_without_the_files(server, tmp_path):
    server.archives = {}
    assert "404" in no_answer(tmp_path)


def test_the_second_server_is_used_when_the_first_has_nothing(server, files, tmp_path, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [server.url + "nothing/", server.url])
    load("mnist", tmp_path)
    assert contents(tmp_path / "MNIST" / "raw") == files


@pytest.mark.parametrize("body", [PAGE, b"", b"\x1f\x8b truncated"])
def test_a_server_that_sends_something_else(server, tmp_path, body):
    server.archives = dict.fromkeys(server.archives, body)
    assert "corrupted" in no_answer(tmp_path)


def test_an_archive_that_torchvision_accepts_and_we_do_not(server, files, tmp_path, monkeypatch):
    name = f"{IMAGES}.gz"
    server.archives[name] = gzip.compress(flipped(files[IMAGES], 99))
    offer(server.url, server.archives, monkeypatch)
    message = no_answer(tmp_path)
    assert name in message and "SHA-256" in message


def test_a_download_that_stalls(server, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "SILENCE_SECONDS", 0.5)
    over = threading.Event()

    def stall(handler, body):
        handler.wfile.write(body[: len(body) // 2])
        over.wait(20)

    server.answer = stall
    assert "timed out" in no_answer(tmp_path)
    over.set()


def test_stopping_a_download(server, tmp_path):
    def stop(handler, body):
        half = len(body) // 2
        handler.wfile.write(body[:half])
        if [verb for verb, _ in server.asked].count("GET") == 2:  # the first only looks for redirects
            time.sleep(0.2)
            _thread.interrupt_main()  # as Ctrl-C and the stop button do
            time.sleep(0.2)
        handler.wfile.write(body[half:])

    server.answer = stop
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let background jobs ignore it
    try:
        with pytest.raises(KeyboardInterrupt):
            load("mnist", tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    assert contents(tmp_path / "MNIST" / "raw") == {}
    assert socket.getdefaulttimeout() is None


def test_what_came_before_a_failure_is_kept_and_the_rest_comes_later(server, files, tmp_path):
    good, server.archives = server.archives, {**server.archives, "t10k-labels-idx1-ubyte.gz": PAGE}
    with pytest.raises(ConnectionError, match="corrupted"):
        load("mnist", tmp_path)
    there = contents(tmp_path / "MNIST" / "raw")
    assert there and all(files[file] == content for file, content in there.items())
    server.archives = good
    load("mnist", tmp_path)
    assert contents(tmp_path / "MNIST" / "raw") == files


def test_waiting_for_another_session(server, files, tmp_path, capsys):
    raw = put(tmp_path, {})
    with FileLock(raw / ".lock"):
        loader = threading.Thread(target=load, args=("mnist", tmp_path))
        loader.start()
        time.sleep(1.5)
        for file, content in files.items():
            (raw / file).write_bytes(content)
    loader.join(10)
    assert not loader.is_alive()
    assert "Another session is downloading" in capsys.readouterr().out
    assert server.asked_for("GET") == set()


def load_in_another_process(root, files, url, archives):
    with pytest.MonkeyPatch.context() as patch:
        make_official(files, patch)
        offer(url, archives, patch)
        assert len(load("mnist", root).train_images) == 3


def test_two_processes_download_once(server, files, tmp_path):
    def send_when_both_are_here(handler, body):
        while [verb for verb, _ in server.asked].count("HEAD") < 2:
            time.sleep(0.05)
        time.sleep(0.1)
        handler.wfile.write(body)

    server.answer = send_when_both_are_here
    job = (tmp_path, files, server.url, server.archives)
    other = multiprocessing.get_context("spawn").Process(target=load_in_another_process, args=job)
    other.start()
    while not server.asked:  # the other session found the server and goes for the lock
        time.sleep(0.01)
    load("mnist", tmp_path)
    other.join(30)
    assert other.exitcode == 0
    assert contents(tmp_path / "MNIST" / "raw") == files
    gets = [name for verb, name in server.asked if verb == "GET"]
    assert {name: gets.count(name) for name in gets} == dict.fromkeys(
        server.archives, 2
    )  # torchvision asks twice


# --- the page about the data ---


def test_the_checksums_in_the_readme_are_those_of_the_code():
    text = (REPOSITORY / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w{64})` \| `(\w+)/raw/([\w-]+)` \|$", text, re.MULTILINE)
    code = [(sha, folder, file) for folder, table in mnist.SHA256.items() for file, sha in table.items()]
    assert sorted(rows) == sorted(code)
