"""A real server with the extension: what it sends is not held back, what it saves needs no kernel."""

import asyncio
import base64
import copy
import io
import json
import logging
import re
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from tornado.websocket import websocket_connect
from traitlets.config import Config

from tests.conftest import REPOSITORY
from tests.servers import running
from vae_lessons import server_extension

VIEW = "application/vnd.jupyter.widget-view+json"
STILL = '<figure class="vae-lessons-still"><img alt="a seven"></figure>'
SPY = """
import socket
from tornado.websocket import WebSocketHandler

write = WebSocketHandler.write_message

def spy(self, *args, **kwargs):
    connection = self.ws_connection.stream.socket
    print("NODELAY", bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)), flush=True)
    return write(self, *args, **kwargs)

def hook_of_the_house(model, **_):
    if model["type"] == "notebook":
        model["content"]["metadata"]["house"] = "was here"

WebSocketHandler.write_message = spy
c.ContentsManager.pre_save_hook = hook_of_the_house
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server"), "jupyter_server", config=SPY) as server:
        yield server


def notebook(*bundles):
    outputs = [new_output("display_data", data=data) for data in bundles]
    return new_notebook(cells=[new_code_cell("show()", outputs=outputs)])


def saved(server, content):
    """The notebook as its file holds it after the server saved it."""
    server.request("PUT", "api/contents/lesson.ipynb", {"type": "notebook", "content": content})
    return nbformat.read(server.root / "lesson.ipynb", as_version=4)


def test_a_marked_output_is_saved_without_its_live_view_and_all_others_as_they_are(server):
    view = {VIEW: {"model_id": "1", "version_major": 2, "version_minor": 0}, "text/plain": "Sliders()"}
    foreign = [view, {**view, "text/html": "<p>no vae-lessons-still</p>"}, {"text/html": STILL}]
    content = notebook({**view, "text/html": STILL}, *foreign)
    content.cells[0].outputs.append(new_output("stream", text=STILL))
    expected = copy.deepcopy(content)
    del expected.cells[0].outputs[0].data[VIEW]
    expected.metadata["house"] = "was here"
    assert saved(server, content) == expected


def test_text_in_lines_is_recognised_as_the_mark_too():
    first, last = STILL[:12], STILL[12:]
    model = {"type": "notebook", "content": notebook({VIEW: {}, "text/html": [first, last]})}
    server_extension.forget_live_widgets(model=model, path="lesson.ipynb", contents_manager=None)
    assert list(model["content"].cells[0].outputs[0].data) == ["text/html"]


def test_nothing_is_lost_where_the_hook_meets_what_it_does_not_understand(server):
    content = notebook({})
    content.cells[0].outputs[0].data["text/html"] = 5  # no notebook's output, yet the server saves it
    server.request("PUT", "api/contents/odd.ipynb", {"type": "notebook", "content": content})
    odd = json.loads((server.root / "odd.ipynb").read_text(encoding="utf-8"))
    assert odd["cells"][0]["outputs"][0]["data"] == {"text/html": 5}
    assert "Pre-save hook forget_live_widgets failed on odd.ipynb" in server.log.read_text()
    server.request("PUT", "api/contents/a.txt", {"type": "file", "format": "text", "content": STILL})
    assert (server.root / "a.txt").read_text() == STILL


def test_what_a_kernel_says_leaves_without_delay(server):
    async def first_words(url):
        connection = await websocket_connect(url)
        await connection.read_message()
        await closed(connection)

    kernel = server.request("POST", "api/kernels", {"name": "python3"})["id"]
    path = f"api/kernels/{kernel}/channels?session_id=test&token={server.token}"
    asyncio.run(first_words(server.url.replace("http", "ws", 1) + path))
    server.request("DELETE", f"api/kernels/{kernel}")
    assert set(re.findall("NODELAY (.*)", server.log.read_text())) == {"True"}


def test_the_menu_exports_latex_with_the_figures(server, monkeypatch):
    png = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 0, 0)).save(png, "png")
    html = f'<figure><img src="data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"></figure>'
    server.request(
        "PUT", "api/contents/two.ipynb", {"type": "notebook", "content": notebook({"text/html": html})}
    )
    exported = zipfile.ZipFile(io.BytesIO(server.read("GET", "nbconvert/latex/two.ipynb?download=true")))
    (picture,) = [name for name in exported.namelist() if name.endswith(".png")]
    assert exported.read(picture) == png.getvalue()


async def closed(connection):
    """Wait for the end, lest its socket be found open when it is collected."""
    connection.close()
    while await connection.read_message() is not None:
        pass


async def language_info_of(server, kernel):
    path = f"api/kernels/{kernel}/channels?session_id=test&token={server.token}"
    connection = await websocket_connect(server.url.replace("http", "ws", 1) + path)
    header = {
        "msg_id": "1",
        "msg_type": "kernel_info_request",
        "session": "test",
        "username": "",
        "version": "5.3",
    }
    request = {"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": {}}
    await connection.write_message(json.dumps(request))
    while said := json.loads(await connection.read_message()):
        if said["channel"] == "shell" and said["header"]["msg_type"] == "kernel_info_reply":
            await closed(connection)
            return said["content"]["language_info"]


def opened(server, content):
    server.request("PUT", "api/contents/opened.ipynb", {"type": "notebook", "content": content})
    return server.request("GET", "api/contents/opened.ipynb")["content"]


def test_a_lesson_that_is_read_names_the_python_of_its_kernel_and_its_file_stays(server):
    lesson = notebook({"text/plain": "1"})
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    lesson.metadata |= {
        "vae_lessons": {"outputs_of": "x"},
        "kernelspec": kernel,
        "language_info": {"name": "python"},
    }
    session = server.request("POST", "api/kernels", {"name": "python3"})["id"]
    said = opened(server, lesson)["metadata"].pop("language_info")
    assert said == asyncio.run(language_info_of(server, session))
    server.request("DELETE", f"api/kernels/{session}")
    assert nbformat.read(server.root / "opened.ipynb", as_version=4).metadata.language_info == {
        "name": "python"
    }


@pytest.mark.parametrize(
    "change", [{"vae_lessons": None}, {"kernelspec": {"name": "ir", "display_name": "R"}}]
)
def test_other_notebooks_are_read_as_they_are(server, change):
    other = notebook({"text/plain": "1"})
    metadata = {"vae_lessons": {}, "kernelspec": {"name": "python3"}, "language_info": {"name": "x"}} | change
    other.metadata |= {name: value for name, value in metadata.items() if value is not None}
    assert opened(server, other)["metadata"]["language_info"] == {"name": "x"}


def test_folders_and_files_are_listed_as_before(server):
    assert server.request("GET", "api/contents/")["type"] == "directory"
    assert server.request("GET", "api/contents/opened.ipynb?content=0")["content"] is None


@pytest.mark.parametrize("waits", [False, True])
def test_both_kinds_of_contents_managers_are_known(waits):
    lesson = notebook({})
    lesson.metadata |= {"vae_lessons": {}, "kernelspec": {"name": "python3"}}
    model = {"type": "notebook", "content": lesson}

    async def later(path):
        return model

    get = server_extension._with_language(later if waits else lambda path: model)
    found = asyncio.run(get("a.ipynb")) if waits else get("a.ipynb")
    assert found["content"].metadata.language_info["file_extension"] == ".py"


def test_is_enabled_by_the_packages_install(server):
    assert "vae_lessons.server_extension | extension was successfully loaded" in server.log.read_text()
    command = [sys.executable, "-m", "jupyter", "server", "extension", "list"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True).stdout
    assert re.search(r"vae_lessons\.server_extension \S*enabled", listed)
    assert re.search(r"vae_lessons\.server_extension +\S*OK", listed)


def test_importing_it_does_not_import_torch():
    code = "import sys, vae_lessons.server_extension; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.stdout.strip() == "False"


class Connection:
    def connect(self):
        return "connected"


@pytest.mark.parametrize(
    ("settings", "hooks", "warned"),
    [
        ({"kernel_websocket_connection_class": Connection, "config": Config()}, True, []),
        ({"kernel_websocket_connection_class": Connection}, True, ["figures in LaTeX"]),
        (
            {"kernel_websocket_connection_class": Connection, "config": Config()},
            False,
            ["stills in saved notebooks"],
        ),
        ({"kernel_websocket_connection_class": object, "config": Config()}, True, ["prompt widgets"]),
        ({}, True, ["prompt widgets", "figures in LaTeX"]),
        ({}, False, ["prompt widgets", "stills in saved notebooks", "figures in LaTeX"]),
    ],
)
def test_another_jupyter_server_gets_what_it_allows_and_one_warning_for_the_rest(
    settings, hooks, warned, caplog
):
    registered = []
    contents = SimpleNamespace(get=lambda path: {})
    if hooks:
        contents.register_pre_save_hook = registered.append
    server = SimpleNamespace(
        web_app=SimpleNamespace(settings=settings), contents_manager=contents, log=logging.getLogger()
    )
    server_extension._load_jupyter_server_extension(server)
    assert len(caplog.records) == (1 if warned else 0)
    assert all(what in caplog.text for what in warned)
    assert registered == ([server_extension.forget_live_widgets] if hooks else [])
