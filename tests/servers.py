"""A real Jupyter server beside the tests: own settings, own port, and gone afterwards with all it started."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LAB_DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # every output is in the page
}


@dataclass(frozen=True)
class Server:
    url: str  # ends in a slash
    token: str
    root: Path  # what the server shows
    log: Path  # what it printed

    def request(self, method: str, path: str, body: object = None) -> object:
        """What the server answers, as parsed JSON; raises urllib's HTTPError."""
        return json.loads(self.read(method, path, body) or b"null")

    def read(self, method: str, path: str, body: object = None) -> bytes:
        """What the server answers, as it is; raises urllib's HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()


@contextmanager
def running(
    folder: Path, module: str, *options: str, config: str = "", python: str | Path = sys.executable
) -> Iterator[Server]:
    """python -m module, with its files below the empty folder; config: Python code that it runs at its start."""
    root, settings, runtime, log = folder / "root", folder / "config", folder / "runtime", folder / "log.txt"
    for inner in (root, settings / "labconfig"):
        inner.mkdir(parents=True)
    (settings / "jupyter_server_config.py").write_text(config)
    (settings / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(LAB_DEFAULTS))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")} | {
        "JUPYTER_CONFIG_DIR": str(settings),  # JupyterLab's settings and workspaces lie there too
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_TOKEN": (token := secrets.token_hex(16)),
        "IPYTHONDIR": str(folder / "ipython"),
        "OMP_NUM_THREADS": "1",
    }
    command = [python, "-m", module, "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={root}", *options],
            env=environment,
            cwd=root,  # where some extensions leave files of their own
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = Server(_address(process, runtime, log), token, root, log)
        yield server
        server.request("POST", "api/shutdown")  # takes the kernels along
        process.wait(30)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        process.wait()


def _address(process: subprocess.Popen, runtime: Path, log: Path, seconds: float = 60) -> str:
    """The URL that the server wrote down, once it answers there."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        for path in runtime.glob("jpserver-*.json"):
            with suppress(ValueError, urllib.error.URLError):
                url = json.loads(path.read_text())["url"]
                urllib.request.urlopen(url + "api", timeout=5).close()
                return url
        time.sleep(0.1)
    raise RuntimeError(f"The server did not start:\n{log.read_text(errors='replace')[-3000:]}")
