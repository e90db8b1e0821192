"""Loading: what is read is what was published, or a short error says what to do. No network is needed."""

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
import subprocess
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
from vae_lessons import data, digits, faces

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def kind(error: pytest.ExceptionInfo) -> str:
    """The message, at most five lines of it, the last one saying what to do."""
    message = str(error.value)
    assert message.count("\n") < 5
    return message


# --- a tiny MNIST: three training and two test images in files like the real ones ---


def tiny_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    files = {}
    for split, n in (("train", 3), ("t10k", 2)):
        shape = np.array([n, 28, 28], ">i4").tobytes()
        files[f"{split}-images-idx3-ubyte"] = b"\0\0\x08\x03" + shape + rng.bytes(n * 784)
        files[f"{split}-labels-idx1-ubyte"] = b"\0\0\x08\x01" + shape[:4] + bytes(range(n))
    return files


def make_official(files: dict[str, bytes], patch: pytest.MonkeyPatch) -> None:
    """From now on these files are what the data set's sizes and checksums say."""
    for file, content in files.items():
        _, magic, header = data.FILES[file]
        patch.setitem(data.FILES, file, (len(content), magic, header))
        patch.setitem(data.SHA256["MNIST"], file, hashlib.sha256(content).hexdigest())


def offer(url: str, archives: dict[str, bytes], patch: pytest.MonkeyPatch) -> None:
    """From now on torchvision downloads MNIST from this url and knows the archives' MD5."""
    md5 = [(name, hashlib.md5(content).hexdigest()) for name, content in archives.items()]
    patch.setattr(torchvision.datasets.MNIST, "mirrors", [url])
    patch.setattr(torchvision.datasets.MNIST, "resources", md5)


def put(root: Path, files: dict[str, bytes]) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file, content in files.items():
        (raw / file).write_bytes(content)
    return raw


def contents(raw: Path) -> dict[str, bytes]:
    """Everything in the folder, hidden files and temporary folders included, but not the lock."""
    return {path.name: path.read_bytes() for path in raw.iterdir() if path.name != ".lock"}


@pytest.fixture
def files(monkeypatch):
    files = tiny_files()
    make_official(files, monkeypatch)
    return files


@pytest.fixture
def no_download(monkeypatch):
    def refuse(*_):
        raise AssertionError("this must not download")

    monkeypatch.setattr(data, "_fetch", refuse)


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


# --- names, places, the drawn sets ---


@pytest.fixture(scope="module")
def drawn():
    return data.load("digits")


def test_digits(drawn):
    assert drawn.name == "digits" and drawn.class_names == tuple("0123456789")
    for images, labels, factors, n, seed in (
        (drawn.train_images, drawn.train_labels, drawn.train_factors, 20_000, 0),
        (drawn.test_images, drawn.test_labels, drawn.test_factors, 4_000, 1),
    ):
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
        assert labels.shape == (n,) and labels.dtype == torch.int64
        assert all(values.shape == (n,) for values in factors.values())
        assert torch.equal(images[:50], digits.draw(50, seed=seed)[0])
        data.check_images(images)


def test_digits_twice_are_the_same(drawn, monkeypatch):
    monkeypatch.delenv("VAE_LESSONS_DATASET", raising=False)
    again = data.load()
    assert torch.equal(again.train_images, drawn.train_images)
    assert torch.equal(again.test_images, drawn.test_images)
    assert torch.equal(again.test_labels, drawn.test_labels)


@pytest.fixture(scope="module")
def drawn_faces():
    return data.load("faces")


def test_faces(drawn_faces):
    assert repr(drawn_faces) == "Dataset(faces: 20000 training and 4000 test images, 3 classes)"
    for images, labels, factors, n, seed in (
        (drawn_faces.train_images, drawn_faces.train_labels, drawn_faces.train_factors, 20_000, 0),
        (drawn_faces.test_images, drawn_faces.test_labels, drawn_faces.test_factors, 4_000, 1),
    ):
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
        assert labels.shape == (n,) and labels.dtype == torch.int64
        first_images, first_factors = faces.draw(50, seed=seed)
        assert torch.equal(images[:50], first_images)
        assert all(torch.equal(factors[name][:50], values) for name, values in first_factors.items())
        data.check_images(images)


def test_a_face_is_labelled_by_its_smile(drawn_faces):
    smile, labels = drawn_faces.train_factors["smile"], drawn_faces.train_labels
    sad, neutral, smiling = (
        smile[labels == drawn_faces.class_names.index(name)] for name in data.EXPRESSIONS
    )
    assert -1 <= sad.min() < sad.max() < neutral.min() < neutral.max() < smiling.min() < smiling.max() <= 1
    assert drawn_faces.class_names == ("sad", "neutral", "smiling")
    assert [len(some) / 20_000 for some in (sad, neutral, smiling)] == pytest.approx([1 / 3] * 3, abs=0.01)


@pytest.mark.parametrize("name", ["drawn", "drawn_faces"])
def test_no_drawn_test_image_is_a_training_image(name, request):
    drawn = request.getfixturevalue(name)
    training = {image.numpy().tobytes() for image in drawn.train_images}
    assert not training & {image.numpy().tobytes() for image in drawn.test_images}


def test_repr_prints_no_tensor(drawn):
    assert repr(drawn) == "Dataset(digits: 20000 training and 4000 test images, 10 classes)"


def test_a_data_set_cannot_be_changed_by_accident(drawn):
    with pytest.raises(AttributeError):
        drawn.train_images = drawn.test_images


def test_loading_digits_leaves_torchvision_alone():
    code = (
        "import sys; from vae_lessons import data, digits; draw = digits.draw; "
        "digits.draw = lambda n, seed: draw(n // 100, seed); "  # fewer, to be quick
        "assert len(data.load('digits').train_images) == 200; sys.exit('torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=REPOSITORY).returncode == 0


def test_an_unknown_name(monkeypatch):
    with pytest.raises(ValueError, match="'cifar'") as error:
        data.load("cifar")
    assert "digits, faces, mnist, fashion_mnist" in kind(error)
    monkeypatch.setenv("VAE_LESSONS_DATASET", "MNIST 2")
    with pytest.raises(ValueError, match="'MNIST 2'"):
        data.load()


def test_the_environment_chooses_set_and_folder(files, tmp_path, monkeypatch, no_download):
    put(tmp_path / "sets", files)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("VAE_LESSONS_DATASET", "mnist")
    monkeypatch.setenv("VAE_LESSONS_DATA", "~/sets")
    assert data.load().name == "mnist"
    assert data.load("mnist", root=tmp_path / "sets").name == "mnist"
    monkeypatch.setenv("VAE_LESSONS_DATASET", "faces")
    assert data.load().name == "faces"
    monkeypatch.setenv("VAE_LESSONS_DATA", "")
    assert data.raw_folder("mnist") == REPOSITORY / "data" / "MNIST" / "raw"
    assert data.raw_folder("fashion_mnist", "~/x") == tmp_path / "x" / "FashionMNIST" / "raw"


# --- reading files that are there ---


def test_files_are_read_as_they_are(files, tmp_path, no_download):
    raw = put(tmp_path, files)
    loaded = data.load("mnist", tmp_path)
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
        data.load("mnist", tmp_path)
    assert str(raw / file) in kind(error)
    assert "Move it away and load again" in kind(error)
    assert contents(raw) == broken


def test_a_folder_instead_of_a_file(files, tmp_path, no_download):
    raw = put(tmp_path, files)
    (raw / IMAGES).unlink()
    (raw / IMAGES).mkdir()
    with pytest.raises(ValueError, match="cannot be read") as error:
        data.load("mnist", tmp_path)
    assert str(raw / IMAGES) in kind(error)


def test_a_complete_set_is_read_from_a_read_only_folder(files, tmp_path, read_only, no_download):
    put(tmp_path, files)
    read_only(tmp_path)
    with pytest.raises(PermissionError):
        (tmp_path / "x").write_text("the folder is read-only for this test")
    assert len(data.load("mnist", tmp_path).train_images) == 3


def test_real_mnist(mnist_raw):
    root = mnist_raw.parents[1]
    loaded = data.load("mnist", root)
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
        data.load("mnist", tmp_path)


# --- downloading ---


def test_a_missing_set_is_downloaded_once(server, files, tmp_path, monkeypatch):
    root = tmp_path / "new" / "folder"
    loaded = data.load("mnist", root)
    raw = root / "MNIST" / "raw"
    assert contents(raw) == files
    assert np.array_equal(loaded.train_images[:, 0], read_idx(raw / IMAGES))
    asked = len(server.asked)
    data.load("mnist", root)
    assert len(server.asked) == asked


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_download_can_be_read_by_others(server, tmp_path):
    data.load("mnist", tmp_path)
    raw = tmp_path / "MNIST" / "raw"
    usual = tmp_path / "usual"
    usual.touch()
    for file in data.FILES:
        assert stat.S_IMODE((raw / file).stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)
    assert stat.S_IMODE((raw / ".lock").stat().st_mode) == 0o666


def test_a_partial_set_is_completed(server, files, tmp_path):
    raw = put(tmp_path, {file: files[file] for file in (IMAGES, LABELS)})
    before = (raw / IMAGES).stat()
    data.load("mnist", tmp_path)
    after = (raw / IMAGES).stat()
    assert contents(raw) == files
    assert server.asked_for("GET") == {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_partial_set_with_damage_is_reported_before_any_download(server, files, tmp_path):
    there = {IMAGES: files[IMAGES], LABELS: flipped(files[LABELS], 9)}
    raw = put(tmp_path, there)
    with pytest.raises(ValueError, match=f"{LABELS}\nis damaged: its SHA-256"):
        data.load("mnist", tmp_path)
    assert server.asked == [] and contents(raw) == there


def test_missing_in_a_read_only_folder(server, files, tmp_path, read_only):
    put(tmp_path, {IMAGES: files[IMAGES]})
    read_only(tmp_path)
    with pytest.raises(PermissionError) as error:
        data.load("mnist", tmp_path)
    assert (
        str(tmp_path) in kind(error) and "VAE_LESSONS_DATA" in kind(error) and 'load("digits")' in kind(error)
    )
    assert server.asked == []


def test_a_file_where_the_folder_should_be(server, tmp_path):
    (tmp_path / "MNIST").touch()
    with pytest.raises(PermissionError) as error:
        data.load("mnist", tmp_path)
    assert str(tmp_path) in kind(error)


def no_answer(root: Path) -> str:
    """The message of the ConnectionError that loading raises; nothing may be left behind."""
    start = time.monotonic()
    with pytest.raises(ConnectionError) as error:
        data.load("mnist", root)
    assert time.monotonic() - start < 10
    assert contents(root / "MNIST" / "raw") == {}
    assert socket.getdefaulttimeout() is None
    message = kind(error)
    assert str(root) in message and 'load("digits")' in message
    return message


def test_a_name_look_up_that_hangs(files, tmp_path, monkeypatch):
    assert data.PROBE_SECONDS <= 8  # of the 10 that a student waits at most; here fewer
    monkeypatch.setattr(data, "PROBE_SECONDS", 1)
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
    monkeypatch.setattr(data, "PROBE_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        offer(f"http://127.0.0.1:{silent.getsockname()[1]}/", {"x.gz": b""}, monkeypatch)
        message = no_answer(tmp_path)
    assert "no server answered" in message or "timed out" in message


def test_a_server_without_the_files(server, tmp_path):
    server.archives = {}
    assert "404" in no_answer(tmp_path)


def test_the_second_server_is_used_when_the_first_has_nothing(server, files, tmp_path, monkeypatch):
    monkeypatch.setattr(torchvision.datasets.MNIST, "mirrors", [server.url + "nothing/", server.url])
    data.load("mnist", tmp_path)
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
    monkeypatch.setattr(data, "SILENCE_SECONDS", 0.5)
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
            data.load("mnist", tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    assert contents(tmp_path / "MNIST" / "raw") == {}
    assert socket.getdefaulttimeout() is None


def test_what_came_before_a_failure_is_kept_and_the_rest_comes_later(server, files, tmp_path):
    good, server.archives = server.archives, {**server.archives, "t10k-labels-idx1-ubyte.gz": PAGE}
    with pytest.raises(ConnectionError, match="corrupted"):
        data.load("mnist", tmp_path)
    there = contents(tmp_path / "MNIST" / "raw")
    assert there and all(files[file] == content for file, content in there.items())
    server.archives = good
    data.load("mnist", tmp_path)
    assert contents(tmp_path / "MNIST" / "raw") == files


def test_waiting_for_another_session(server, files, tmp_path, capsys):
    raw = put(tmp_path, {})
    with FileLock(raw / ".lock"):
        loader = threading.Thread(target=data.load, args=("mnist", tmp_path))
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
        assert len(data.load("mnist", root).train_images) == 3


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
    data.load("mnist", tmp_path)
    other.join(30)
    assert other.exitcode == 0
    assert contents(tmp_path / "MNIST" / "raw") == files
    gets = [name for verb, name in server.asked if verb == "GET"]
    assert {name: gets.count(name) for name in gets} == dict.fromkeys(
        server.archives, 2
    )  # torchvision asks twice


# --- pixels ---


def test_binarize_draws_each_pixel_with_its_grey_value():
    greys = torch.tensor([0, 1, 51, 128, 254, 255], dtype=torch.uint8)
    images = greys.repeat_interleave(28 * 28 * 20).view(-1, 1, 28, 28)  # 20 images of each grey
    before, state = images.clone(), torch.get_rng_state()
    binary = data.binarize(images, seed=3)
    assert binary.shape == images.shape and binary.dtype == torch.uint8
    assert set(binary.unique().tolist()) == {0, 255}
    assert torch.equal(images, before) and torch.equal(torch.get_rng_state(), state)
    share = (binary == 255).view(6, -1).double().mean(1)  # of pixels that are on, for each grey
    p = greys / 255.0
    assert share[0] == 0 and share[-1] == 1
    n = 28 * 28 * 20
    assert ((share - p).abs() <= 5 * (p * (1 - p) / n).sqrt()).all()


def test_binarize_depends_on_the_seed_alone():
    images = torch.randint(0, 256, (10, 1, 28, 28), generator=torch.Generator().manual_seed(0)).to(
        torch.uint8
    )
    assert torch.equal(data.binarize(images, seed=1), data.binarize(images, seed=1))
    assert not torch.equal(data.binarize(images, seed=1), data.binarize(images, seed=2))
    assert torch.equal(data.binarize(images, seed=1), data.binarize(images / 255, seed=1))
    data.check_images(data.binarize(images))


def test_binarize_never_inks_paper(monkeypatch):
    monkeypatch.setattr(
        torch, "rand", lambda shape, generator: torch.zeros(shape)
    )  # the lowest that rand draws
    assert data.binarize(torch.zeros(1, 1, 28, 28)).sum() == 0


def test_binarize_refuses_what_is_no_image():
    with pytest.raises(ValueError, match="unsqueeze"):
        data.binarize(torch.zeros(3, 28, 28))


def test_conditions_that_are_images_become_floats_between_zero_and_one():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1)
    expected = torch.tensor([0, 0.2, 1]).view(3, 1, 1, 1)
    torch.testing.assert_close(data.to_condition(images), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_conditions_that_are_numbers_keep_their_values_in_single_precision(dtype):
    attributes = torch.tensor([[-30.0, 0.25], [128.0, 1e4]], dtype=dtype)
    told = data.to_condition(attributes)
    assert told.dtype == torch.float32
    assert told.tolist() == attributes.tolist()


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_conditions_that_are_labels_become_int64_and_are_never_scaled(dtype):
    told = data.to_condition(torch.tensor([0, 1, 9]).to(dtype))
    assert told.dtype == torch.int64
    assert told.tolist() == [0, 1, 9]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_good_images_pass(dtype):
    data.check_images(torch.ones(2, 1, 28, 28, dtype=dtype))
    data.check_images(torch.zeros(1, 1, 5, 7, dtype=dtype))


GREY = torch.linspace(0, 1, 2 * 784).view(2, 1, 28, 28)


@pytest.mark.parametrize(
    ("images", "error", "fix"),
    [
        (GREY.numpy(), TypeError, "torch.from_numpy(images)"),
        (GREY.tolist(), TypeError, "torch.as_tensor(images)"),
        ((GREY * 255).long(), TypeError, "images.to(torch.uint8)"),
        (GREY > 0.5, TypeError, "images.float()"),
        (GREY[:, 0], ValueError, "images.unsqueeze(1)"),
        (GREY[0, 0], ValueError, "images[None, None]"),
        (GREY.view(2, 784), ValueError, "images.view(-1, 1, 28, 28)"),
        (GREY.view(1, 2, 1, 28, 28), ValueError, "images.view(-1, 1, 28, 28)"),
        (GREY.permute(0, 2, 3, 1), ValueError, "images.permute(0, 3, 1, 2)"),
        (GREY.expand(2, 3, 28, 28), ValueError, "images.float().mean(1, keepdim=True)"),
        (GREY * 255, ValueError, "images / 255"),
        (GREY * 2 - 1, ValueError, "(images + 1) / 2"),
        (GREY * 2 - 1, ValueError, "images.clamp(0, 1)"),
    ],
)
def test_the_fix_that_an_error_names_works(images, error, fix):
    with pytest.raises(error) as caught:
        data.check_images(images)
    assert fix in kind(caught)
    data.check_images(eval(fix))


def test_a_colour_image_with_channels_last_is_led_to_one_channel():
    images = GREY.permute(0, 2, 3, 1).expand(2, 28, 28, 3)
    with pytest.raises(ValueError, match=re.escape("images.permute(0, 3, 1, 2)")):
        data.check_images(images)
    with pytest.raises(ValueError, match="mean"):
        data.check_images(images.permute(0, 3, 1, 2))


def test_a_data_set_instead_of_its_images(drawn):
    with pytest.raises(TypeError, match=re.escape("images.train_images")):
        data.check_images(drawn)


@pytest.mark.parametrize("shape", [(0, 1, 28, 28), (3, 1, 0, 28)])
def test_no_images(shape):
    with pytest.raises(ValueError, match="no image") as error:
        data.check_images(torch.zeros(shape))
    kind(error)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 300.0, -0.001, 1.001])
def test_the_first_wrong_value_is_named(value):
    images = GREY.repeat(2, 1, 1, 1)
    images[2, 0, 5, 9] = images[2, 0, 5, 10] = images[3, 0, 0, 0] = value
    with pytest.raises(ValueError, match=re.escape(f"images[2, 0, 5, 9] is {value:.6g}")) as error:
        data.check_images(images)
    kind(error)


# --- the page about the data ---


def test_the_checksums_in_the_readme_are_those_of_the_code():
    text = (REPOSITORY / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w{64})` \| `(\w+)/raw/([\w-]+)` \|$", text, re.MULTILINE)
    code = [(sha, folder, file) for folder, table in data.SHA256.items() for file, sha in table.items()]
    assert sorted(rows) == sorted(code)
