"""From the hand to the picture: the course's widgets against interact and matplotlib, interleaved in one run.

uv run python -m tests.benchmarks.widget_latency [rounds]

Two real JupyterLabs stand side by side, with and without the course's server extension. Each round moves each slider
by one event and waits until its new picture is in the page, ready to be painted with the next frame. The last line
is a drag with the mouse: from the browser's own time stamp of each event until the picture is drawn.
"""

import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS, READY, RUN_ALL, TIMEOUT, browser_path
from tests.servers import running

INTERACT = """
import torch
import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, interact
from vae_lessons.vae import VAE
from vae_lessons.widgets import LatentSliders
%matplotlib inline

model = VAE(latent_dim=20).eval()

@interact(value=FloatSlider(min=-3, max=3, step=0.1))
def show(value=0.0):
    z = torch.zeros(1, 20)
    z[0, 0] = value
    with torch.no_grad():
        plt.imshow(model.decode(z).sigmoid()[0, 0], cmap="gray_r")
    plt.show()
"""
IN_BROWSER = "LatentSliders(model)"
BY_PYTHON = """
class Asked(torch.nn.Module):  # without a decoder to show, so each picture comes from Python
    latent_dim = 20
    def __init__(self):
        super().__init__()
        self.inner = model
    def decode(self, z):
        return model.decode(z)

LatentSliders(Asked())
"""
# Milliseconds from one event until the page holds the new picture.
MOVE_INTERACT = """async ({ forward }) => {
    const area = document.querySelector(".widget-interact");
    const image = () => area.querySelector("img");
    const before = image();
    const changed = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
            if (image() && image() !== before) { observer.disconnect(); resolve(); }
        });
        observer.observe(area, { childList: true, subtree: true });
    });
    const start = performance.now();
    const press = new KeyboardEvent("keydown", { key: forward ? "ArrowRight" : "ArrowLeft", cancelable: true });
    area.querySelector(".noUi-handle").dispatchEvent(press);
    await changed;
    await image().decode();
    return performance.now() - start;
}"""
MOVE_OURS = """async ({ place, forward }) => {
    const widget = document.querySelectorAll(".vae-lessons")[place];
    const [slider, canvas] = [widget.querySelector("input[type=range]"), widget.querySelector("canvas.vl-big")];
    const context = canvas.getContext("2d");
    const before = context.getImageData(0, 0, 28, 28).data.join();
    let drawn;
    const put = context.putImageData;
    const changed = new Promise((resolve) => {
        context.putImageData = (...image) => { put.apply(context, image); drawn = performance.now(); resolve(); };
    });
    const start = performance.now();
    slider.value = Number(slider.value) + (forward ? 1 : -1) * Number(slider.step);
    slider.dispatchEvent(new Event("input"));
    await changed;
    delete context.putImageData;
    if (context.getImageData(0, 0, 28, 28).data.join() === before) throw new Error("the picture did not change");
    return drawn - start;
}"""
LISTEN = """() => {
    window.lags = [];
    const slider = document.querySelectorAll(".vae-lessons")[0].querySelector("input[type=range]");
    slider.addEventListener("input", (event) => window.lags.push(performance.now() - event.timeStamp));
}"""


def opened(playwright, stack: ExitStack, folder: Path, config: str) -> Page:
    """The notebook, run, in a JupyterLab of its own."""
    server = stack.enter_context(running(folder, "jupyterlab", "--expose-app-in-browser", config=config))
    cells = [new_code_cell(source) for source in (INTERACT, IN_BROWSER, BY_PYTHON)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), server.root / "latency.ipynb")
    browser = playwright.chromium.launch(executable_path=browser_path(playwright), args=FLAGS)
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(f"{server.url}doc/tree/latency.ipynb?token={server.token}&reset")
    page.wait_for_function(READY, timeout=TIMEOUT)
    page.evaluate(RUN_ALL)
    page.wait_for_function("window.allCellsRan", timeout=TIMEOUT)
    page.locator(".vae-lessons").nth(1).wait_for()
    page.locator(".widget-interact img").wait_for()
    return page


def line(name: str, times: list[float], against: list[float] | None = None) -> str:
    times = sorted(times)
    text = (
        f"{name:48s} median {statistics.median(times):6.1f} ms, p95 {times[int(0.95 * len(times))]:6.1f} ms"
    )
    if against:
        text += f"; {statistics.median(against) / statistics.median(times):5.1f} times faster"
    return text


def main(rounds: int) -> None:
    off = 'c.ServerApp.jpserver_extensions = {"vae_lessons.server_extension": False}'
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack, sync_playwright() as playwright:
        pages = {
            "with the extension": opened(playwright, stack, Path(folder, "on"), ""),
            "without it": opened(playwright, stack, Path(folder, "off"), off),
        }
        times: dict[str, list[float]] = {}
        for number in range(rounds + 5):
            for server, page in pages.items():
                for name, script, place in (
                    (f"interact + matplotlib, {server}", MOVE_INTERACT, None),
                    (f"LatentSliders asking Python, {server}", MOVE_OURS, 1),
                    (f"LatentSliders in the browser, {server}", MOVE_OURS, 0),
                ):
                    took = page.evaluate(script, {"place": place, "forward": number % 2 == 0})
                    if number >= 5:  # the first warm everything up
                        times.setdefault(name, []).append(took)
        for server in pages:
            usual = times[f"interact + matplotlib, {server}"]
            for name in times:
                if name.endswith(f", {server}"):
                    print(line(name, times[name], None if times[name] is usual else usual))
        page = pages["with the extension"]
        page.evaluate(LISTEN)
        box = page.locator(".vae-lessons input[type=range]").first.bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + 10, middle)
        page.mouse.down()
        for step in range(200):
            page.mouse.move(box["x"] + 10 + (box["width"] - 20) * abs(100 - step) / 100, middle)
        page.mouse.up()
        print(line("drag lag in the browser", page.evaluate("window.lags")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
