"""A Jupyter server extension: messages without delay, still pictures in saved notebooks, figures in exported LaTeX,
and lessons that open unchanged.

Enabled where the package is installed. From the server's next start it is off after
`jupyter server extension disable vae_lessons.server_extension`, and on again after `enable`.
"""

import inspect
from collections.abc import Callable
from typing import Any

from vae_lessons.stills import FIGURES_FOR_LATEX, STILL, WIDGET_VIEW


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Do what this jupyter_server allows; one warning names what it does not; the server starts anyway."""
    missing = []
    parts = {
        "prompt widgets": _send_at_once,
        "stills in saved notebooks": _save_stills,
        "figures in LaTeX": _figures_for_latex,
        "lessons that open unchanged": _open_unchanged,
    }
    for name, install in parts.items():
        try:
            install(server)
        except Exception as error:
            missing.append(f"{name} ({type(error).__name__}: {error})")
    if missing:
        server.log.warning("vae_lessons: this jupyter_server does not allow %s.", " and ".join(missing))


def _send_at_once(server: Any) -> None:
    """Set TCP_NODELAY on kernel websockets: else small messages wait until the one before is acknowledged."""
    settings = server.web_app.settings
    settings["kernel_websocket_connection_class"] = _prompt(settings["kernel_websocket_connection_class"])


def _prompt(connection: type) -> type:
    """The same connection, whatever its class, with no delay from the moment it opens."""
    if not callable(getattr(connection, "connect", None)):
        raise TypeError(f"{connection!r} has no connect")

    class Prompt(connection):
        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    return Prompt


def _save_stills(server: Any) -> None:
    register: Callable = server.contents_manager.register_pre_save_hook
    register(forget_live_widgets)


def forget_live_widgets(model: dict, **_: object) -> None:
    """In a notebook about to be saved, drop in place the live view of every output that brings its still.

    Whoever opens or reloads the notebook then sees the picture until the cell is run, where JupyterLab would
    say "Loading widget..." or "model not found". Outputs without the mark stay as they are.
    """
    if model.get("type") != "notebook":
        return
    for cell in model["content"]["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if f'class="{STILL}"' in "".join(data.get("text/html", "")):
                data.pop(WIDGET_VIEW, None)


def _figures_for_latex(server: Any) -> None:
    """Tell the exports of JupyterLab's menu what latex_figures.json tells the command nbconvert."""
    server.web_app.settings["config"].LatexExporter.preprocessors.append(FIGURES_FOR_LATEX)


def _open_unchanged(server: Any) -> None:
    manager = server.contents_manager
    manager.get = _with_language(manager.get)


def _with_language(get: Callable) -> Callable:
    """The same way to read files, by which a lesson names the Python that its kernel will have.

    Else JupyterLab notes this Python in the notebook as soon as the kernel has started, and shows it as changed before
    anybody did anything.
    """
    if not inspect.iscoroutinefunction(get):
        return lambda *args, **kwargs: name_language(get(*args, **kwargs))

    async def got(*args: Any, **kwargs: Any) -> dict:
        return name_language(await get(*args, **kwargs))

    return got


def name_language(model: dict) -> dict:
    """The model of a file, changed in place if it is a lesson that was read."""
    if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
        return model
    metadata = model["content"].get("metadata", {})
    if "vae_lessons" in metadata and metadata.get("kernelspec", {}).get("name") == "python3":
        from ipykernel.ipkernel import IPythonKernel  # half a second, when the first lesson is opened

        metadata["language_info"] = dict(IPythonKernel.language_info)
    return model
