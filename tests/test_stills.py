"""The mark of a still and the type of a live view mean the same to all that write or read them."""

import subprocess
import sys

from tests.conftest import REPOSITORY
from vae_lessons import stills


def test_both_are_spelled_once():
    for text in (stills.STILL, stills.WIDGET_VIEW):
        package = (REPOSITORY / "vae_lessons").rglob("*")
        spelled = [path.name for path in package if path.is_file() and text.encode() in path.read_bytes()]
        spelled = [name for name in spelled if not name.endswith(".pyc")]
        assert spelled == ["stills.py"], text


def test_the_server_extension_needs_no_torch_for_them():
    code = "import sys, vae_lessons.server_extension; print('torch' in sys.modules, 'numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.stdout.strip() == "False False"
