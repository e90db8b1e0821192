"""Figures from arrays: functions take numbers, never a model, and return a matplotlib Figure for `show`."""

import html
import io
from base64 import b64encode
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse
from PIL import Image
from torch import Tensor

BLUE, ORANGE, GREEN, PINK, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777"  # Okabe & Ito
# Ten colours after Paul Tol's "muted" scheme, dealt so that digits whose codes often overlap (4, 7, 9; 3, 5, 8; 1, 3)
# look unlike, to red-green-blind eyes too. They are never the only sign: a latent map draws every point as its digit.
CLASS_COLOURS = (
    *("#AA4499", "#332288", "#555555", "#44AA99", "#117733"),
    *("#882255", "#7F7F23", "#CC6677", "#A8680F", "#4C9CCF"),
)

_STYLE = {
    "figure.facecolor": "white",  # opaque, so that labels stay legible in a dark theme
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(color=(BLUE, ORANGE, GREEN, PINK, GREY)),
    "axes.titlesize": 11,
    "font.size": 10,
    "lines.linewidth": 2,
}


def show(figure: Figure, caption: str, alt: str) -> None:
    """Display a figure with a caption that says what to look for, and alt text for who cannot see it."""
    _display(as_img(figure, alt), caption, alt)


def as_img(figure: Figure, alt: str) -> str:
    """The figure as an HTML <img> that carries its own picture."""
    picture, png = io.BytesIO(), io.BytesIO()
    figure.savefig(picture, format="png", dpi=130)
    small = Image.open(picture).convert("RGB").quantize(128)  # a third of the size
    small.save(png, format="png", optimize=True)
    source = f"data:image/png;base64,{b64encode(png.getvalue()).decode()}"
    width = round(figure.get_figwidth() * 100)
    return f'<img src="{source}" alt="{html.escape(alt)}" width="{width}" style="max-width: 100%">'


def show_animation(frames: Tensor, caption: str, alt: str, seconds: float = 0.15) -> None:
    """Display frames (T, N, C, H, W), N pictures side by side, as a looping GIF that the reader can fold away."""
    strips = [np.hstack(list(_as_numpy(pictures))) for pictures in frames]  # (H, N W), in colour (H, N W, 3)
    if strips[0].ndim == 2:
        strips = [np.rint(15 - 15 * strip) * 17 for strip in strips]  # 16 levels, and ink on paper
    else:
        strips = [np.rint(255 * strip) for strip in strips]
    size = (2 * strips[0].shape[1], 2 * strips[0].shape[0])
    sheets = [
        Image.fromarray(strip.astype(np.uint8)).resize(size, Image.Resampling.NEAREST) for strip in strips
    ]
    gif = io.BytesIO()
    sheets[0].save(
        gif, "gif", save_all=True, append_images=sheets[1:], duration=round(1000 * seconds), loop=0
    )
    source = f"data:image/gif;base64,{b64encode(gif.getvalue()).decode()}"
    style = f"width: {2 * size[0]}px; max-width: 100%; image-rendering: pixelated"
    image = f'<img src="{source}" alt="{html.escape(alt)}" style="{style}">'
    _display(f"<details open><summary>animation</summary>{image}</details>", caption, alt)


def axes(columns: int = 1, width: float = 7.0, height: float = 3.2, **subplots) -> tuple[Figure, list[Axes]]:
    """An empty figure in the course's style, width x height inches, and its axes in one row."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, list(np.ravel(figure.subplots(1, columns, **subplots)))


def image_rows(rows: Mapping[str, Tensor], titles: Sequence[str] = ()) -> Figure:
    """One labelled row of pictures per entry, each (N, C, H, W) with the same N; titles stand over the columns."""
    columns = max(len(images) for images in rows.values())
    with mpl.rc_context(_STYLE):
        figure = Figure(
            figsize=(1.2 + 0.62 * columns, 0.66 * len(rows) + 0.3 * bool(titles)), layout="constrained"
        )
        grid = figure.subplots(len(rows), columns, squeeze=False)
    for axis in grid.flat:
        _no_frame(axis)
    for row, (label, images) in zip(grid, rows.items(), strict=True):
        row[0].set_ylabel(label, rotation=0, ha="right", va="center")
        for axis, picture in zip(row, _as_numpy(images), strict=False):
            _ink(axis, picture)
    for axis, title in zip(grid[0], titles, strict=False):
        axis.set_title(title, fontsize=9)
    return figure


def image_grid(images: Tensor, columns: int = 10, side: float = 0.55) -> Figure:
    """Pictures (N, C, H, W) tiled edge to edge, read row by row; side is one tile in inches."""
    pictures = _as_numpy(images)
    rows = -(-len(pictures) // columns)
    height, width, *colours = pictures.shape[1:]
    paper = 1 if colours else 0
    sheet = np.full((rows * columns, height, width, *colours), paper, dtype=pictures.dtype)
    sheet[: len(pictures)] = pictures
    sheet = sheet.reshape(rows, columns, height, width, *colours).swapaxes(1, 2)
    sheet = sheet.reshape(rows * height, columns * width, *colours)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(side * columns, side * rows))
        axis = figure.add_axes((0, 0, 1, 1))
    _no_frame(axis)
    _ink(axis, sheet)
    return figure


def picture(axis: Axes, image: Tensor) -> None:
    """One picture (C, H, W) on an axis, without a frame: grey as ink on paper, or in colour."""
    _no_frame(axis)
    _ink(axis, _as_numpy(image[None])[0])


def bottleneck(sizes: Mapping[str, int]) -> Figure:
    """A sketch of an autoencoder: one bar per stage, its height growing with the logarithm of its size."""
    figure, (axis,) = axes(height=2.0)
    heights = np.log(list(sizes.values()))
    narrow = int(heights.argmin())
    colours = [ORANGE if place == narrow else BLUE for place in range(len(sizes))]
    axis.bar(range(len(sizes)), heights, bottom=-heights / 2, width=0.3, color=colours)
    for place, (name, size) in enumerate(sizes.items()):
        axis.text(place, -4.6, f"{name.strip()}: {size}", ha="center")
    for start, end, word in ((0, narrow, "encoder"), (narrow, len(sizes) - 1, "decoder")):
        axis.annotate("", (end - 0.1, 4.0), (start + 0.1, 4.0), arrowprops={"arrowstyle": "->"})
        axis.text((start + end) / 2, 4.2, word, ha="center")
    axis.set(ylim=(-5, 5.2), xlim=(-0.6, len(sizes) - 0.4))
    axis.axis("off")
    return figure


def computation_graph(
    axis: Axes,
    nodes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str]],
    chance: str,
    gradient: Sequence[tuple[str, str]] = (),
) -> None:
    """Named nodes at (x, y) and grey arrows between them; the node of chance is a diamond.

    gradient: the edges that the gradient passes, each with a second arrow, orange and backwards.
    """
    arrow = {"arrowstyle": "->", "shrinkA": 21, "shrinkB": 21}
    for start, end in edges:
        axis.annotate("", nodes[end], nodes[start], arrowprops={**arrow, "color": GREY, "linewidth": 1.2})
    for start, end in gradient:
        back = {**arrow, "color": ORANGE, "linewidth": 2.2, "connectionstyle": "arc3,rad=0.3"}
        axis.annotate("", nodes[start], nodes[end], arrowprops=back)
    for name, (x, y) in nodes.items():
        marker, colour = ("D", PINK) if name == chance else ("o", "white")
        axis.plot(x, y, marker, markersize=34, markerfacecolor=colour, markeredgecolor="black")
        axis.text(x, y, name, ha="center", va="center")
    axis.margins(0.2)
    axis.axis("off")


def latent_map(axis: Axes, z: Tensor, labels: Tensor, class_names: Sequence[str]) -> None:
    """Points z (N, 2) on an axis, each drawn as the first letter of its class, in the colour of its class."""
    z, labels = _as_numpy(z), _as_numpy(labels)
    for number, name in enumerate(class_names):
        points = z[labels == number]
        colour = CLASS_COLOURS[number % len(CLASS_COLOURS)]
        axis.scatter(*points.T, s=36, marker=f"${name[0]}$", color=colour, alpha=0.7, linewidths=0)
    axis.set(xlabel="z[0]", ylabel="z[1]")
    axis.set_aspect("equal")


def class_maps(z: Tensor, labels: Tensor, class_names: Sequence[str], radii: Sequence[float] = ()) -> Figure:
    """Points z (N, 2), one small map per class: its own points in blue, all others in grey; dashed circles at radii."""
    z, labels = _as_numpy(z), _as_numpy(labels)
    columns = 5
    rows = -(-len(class_names) // columns)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(1.9 * columns, 2.0 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).flat
    for number, (axis, name) in enumerate(zip(panels, class_names, strict=False)):
        axis.plot(*z.T, ".", color=GREY, markersize=1, alpha=0.3)
        axis.plot(*z[labels == number].T, ".", color=BLUE, markersize=2)
        for radius in radii:
            axis.add_patch(circle(radius))
        axis.set(title=name, aspect="equal")
    for axis in list(panels)[len(class_names) :]:
        axis.set_visible(False)
    return figure


def ellipses(axis: Axes, mu: Tensor, std: Tensor, colours: Sequence[str] | str = BLUE) -> None:
    """q(z|x) of each image as an ellipse of two standard deviations: mu, std (N, 2)."""
    mu, std = _as_numpy(mu), _as_numpy(std)
    colours = [colours] * len(mu) if isinstance(colours, str) else colours
    for centre, deviation, colour in zip(mu, std, colours, strict=True):
        axis.add_patch(Ellipse(centre, *(4 * deviation), facecolor=colour, edgecolor=colour, alpha=0.35))
    axis.plot(*mu.T, ".", color="black", markersize=4)


def circle(radius: float) -> Circle:
    """A dashed circle around the origin, to mark a standard deviation of the prior."""
    return Circle((0, 0), radius, fill=False, linestyle="--", color="black", linewidth=1)


def training_curves(log_px_z: Sequence[float], kl: Sequence[float]) -> Figure:
    """The two ELBO terms by epoch, in nats per image, each on its own axis since their sizes differ."""
    figure, (left, right) = axes(2, height=2.6)
    epochs = range(1, len(kl) + 1)
    left.plot(epochs, log_px_z, color=BLUE, marker=".")
    left.set(title="log p(x|z): higher is better", xlabel="epoch", ylabel="nats per image")
    right.plot(epochs, kl, color=ORANGE, marker=".")
    right.set(title="KL from the prior", xlabel="epoch", ylim=(0, None))
    for axis in (left, right):
        axis.xaxis.get_major_locator().set_params(integer=True)
    return figure


def histograms(values: Mapping[str, Tensor], xlabel: str, bins: Sequence[float]) -> Figure:
    """One outlined histogram per entry over the same bins, as shares of that entry in percent."""
    figure, (axis,) = axes(height=2.8)
    for name, numbers in values.items():
        numbers = _as_numpy(numbers)
        axis.hist(
            numbers,
            bins,
            weights=np.full(len(numbers), 100 / len(numbers)),
            histtype="step",
            lw=2,
            label=name,
        )
    axis.set(xlabel=xlabel, ylabel="share of pictures, %")
    axis.legend(frameon=False)
    return figure


def matrix(values: Tensor, rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """A table of numbers (R, C) from 0 to 1, each printed in a cell that is the darker the larger it is."""
    values = _as_numpy(values)
    figure, (axis,) = axes(width=1.4 + 0.52 * len(columns), height=0.6 + 0.36 * len(rows))
    axis.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > 0.6 else "black"
        axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=8, color=colour)
    axis.set(xticks=range(len(columns)), yticks=range(len(rows)), xticklabels=columns, yticklabels=rows)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return figure


def _display(picture: str, caption: str, alt: str) -> None:
    markup = f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>"
    display({"text/html": markup, "text/plain": f"{caption}\n[{alt}]"}, raw=True)


def _as_numpy(images: Tensor) -> np.ndarray:
    """Images as (N, H, W), in colour (N, H, W, 3), in [0, 1]; anything else as it is."""
    array = images.detach().cpu().numpy() if isinstance(images, Tensor) else np.asarray(images)
    if array.ndim == 4 and array.shape[1] not in (1, 3):
        raise ValueError(
            f"figures show images (N, 1, H, W), in colour (N, 3, H, W), but these have the shape {array.shape}."
        )
    array = array / 255 if array.dtype == np.uint8 else array
    if array.ndim != 4:
        return array
    return array[:, 0] if array.shape[1] == 1 else array.transpose(0, 2, 3, 1).clip(0, 1)


def _no_frame(axis: Axes) -> None:
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def _ink(axis: Axes, picture: np.ndarray) -> None:
    """A grey picture (H, W) as ink on paper, 0 white and 1 black; one in colour (H, W, 3) as it is."""
    axis.imshow(picture, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest", aspect="equal")
