"""Oracle: the pixels of the figure itself, read back."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Ellipse
from PIL import Image

from vae_lessons import plotting

IMAGES = torch.rand(7, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def displayed(monkeypatch):
    """What show hands to the notebook."""
    outputs = []
    monkeypatch.setattr(plotting, "display", lambda data, raw: outputs.append(data))
    return outputs


def ink(figure, axis=0):
    return np.asarray(figure.axes[axis].images[0].get_array())


def test_a_figure_is_shown_with_caption_and_alt_text_and_markup_is_escaped(displayed):
    plotting.show(plotting.image_grid(IMAGES), 'p(x|z) < 1 & "so"', 'a "quoted" <alt>')
    (output,) = displayed
    assert "<figcaption>p(x|z) &lt; 1 &amp; &quot;so&quot;</figcaption>" in output["text/html"]
    assert 'alt="a &quot;quoted&quot; &lt;alt&gt;"' in output["text/html"]
    png = b64decode(re.search(r"base64,([^\"]+)", output["text/html"])[1])
    assert Image.open(BytesIO(png)).getpixel((0, 0)) is not None
    assert 'a "quoted" <alt>' in output["text/plain"]


def test_figures_stand_on_white_paper_so_that_labels_are_legible_in_a_dark_theme(displayed):
    plotting.show(plotting.axes()[0], "empty axes", "empty axes")
    png = b64decode(re.search(r"base64,([^\"]+)", displayed[0]["text/html"])[1])
    assert Image.open(BytesIO(png)).convert("RGBA").getpixel((1, 1)) == (255, 255, 255, 255)


def test_a_figure_becomes_an_image_that_carries_its_picture_and_escaped_alt_text():
    figure, (axis,) = plotting.axes(width=4.0, height=2.0)
    axis.imshow(np.linspace(0, 1, 400)[None], aspect="auto", cmap="viridis")
    found = re.fullmatch(
        r'<img src="data:image/png;base64,([^"]+)" ([^<>]+)>', plotting.as_img(figure, 'p < "q"')
    )
    assert found[2] == 'alt="p &lt; &quot;q&quot;" width="400" style="max-width: 100%"'
    png = Image.open(BytesIO(b64decode(found[1])))
    assert (png.format, png.size) == ("PNG", (520, 260))
    assert len(png.convert("RGB").getcolors()) <= 128
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[..., :3].astype(float)
    small = np.asarray(png.convert("RGB").resize(drawn.shape[1::-1]), dtype=float)
    assert np.abs(small - drawn).mean() < 4


def test_a_picture_is_ink_on_paper_without_a_frame():
    for image in (IMAGES[3], (IMAGES[3] * 255).round().to(torch.uint8)):
        figure, (axis, empty) = plotting.axes(2)
        plotting.picture(axis, image)
        np.testing.assert_allclose(ink(figure), IMAGES[3, 0], atol=0.5 / 255 + 1e-6)
        shown = axis.images[0]
        assert (shown.get_clim(), shown.cmap(0.0)[:3], shown.cmap(1.0)[:3]) == ((0, 1), (1, 1, 1), (0, 0, 0))
        assert not axis.get_xticks().size + axis.get_yticks().size
        assert not any(spine.get_visible() for spine in axis.spines.values())
        assert axis.get_aspect() == 1
        assert empty.get_xticks().size


def test_a_grid_reads_row_by_row_and_fills_up_with_paper():
    sheet = ink(plotting.image_grid(IMAGES, columns=3))
    assert sheet.shape == (3 * 28, 3 * 28)
    np.testing.assert_allclose(sheet[28:56, 28:56], IMAGES[4, 0])
    assert not sheet[56:, 28:].any()


def test_bytes_and_floats_are_drawn_alike_with_one_as_black():
    bytes_ = (IMAGES * 255).round().to(torch.uint8)
    np.testing.assert_allclose(
        ink(plotting.image_grid(bytes_)), ink(plotting.image_grid(bytes_ / 255)), atol=1e-6
    )
    picture = plotting.image_grid(IMAGES).axes[0].images[0]
    assert picture.get_clim() == (0, 1)
    assert picture.cmap(1.0)[:3] == (0, 0, 0)


def test_rows_are_labelled_and_keep_their_pictures_in_order():
    figure = plotting.image_rows({"image": IMAGES[:3], "rebuilt": IMAGES[3:6]}, titles="abc")
    assert [figure.axes[0].get_ylabel(), figure.axes[3].get_ylabel()] == ["image", "rebuilt"]
    assert [axis.get_title() for axis in figure.axes[:3]] == ["a", "b", "c"]
    np.testing.assert_allclose(ink(figure, 4), IMAGES[4, 0])


def test_a_latent_map_puts_every_point_where_it_is_in_the_class_of_its_label():
    figure, (axis,) = plotting.axes()
    z = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    plotting.latent_map(axis, z, torch.tensor([1, 0, 1]), ["0", "1"])
    assert axis.collections[0].get_offsets().tolist() == [[2, 3]]
    assert axis.collections[1].get_offsets().tolist() == [[0, 1], [4, 5]]
    colours = {tuple(collection.get_facecolor()[0][:3]) for collection in axis.collections}
    assert len(colours) == 2


def test_ten_classes_have_ten_colours():
    assert len(set(plotting.CLASS_COLOURS)) == 10


def test_a_bottleneck_sketch_marks_its_narrowest_stage():
    axis = plotting.bottleneck({"x": 784, "features": 400, "z": 2, "x_hat": 784}).axes[0]
    heights = [bar.get_height() for bar in axis.patches]
    odd = [bar.get_facecolor() != axis.patches[0].get_facecolor() for bar in axis.patches]
    assert heights[0] == heights[3] > heights[1] > heights[2]
    assert odd == [False, False, True, False]
    assert "z: 2" in [text.get_text() for text in axis.texts]


def test_an_ellipse_reaches_two_standard_deviations_to_each_side():
    figure, (axis,) = plotting.axes()
    plotting.ellipses(axis, torch.tensor([[1.0, 2.0]]), torch.tensor([[0.5, 0.25]]))
    (ellipse,) = [patch for patch in axis.patches if isinstance(patch, Ellipse)]
    assert (ellipse.center[0], ellipse.center[1], ellipse.width, ellipse.height) == (1, 2, 2, 1)


def test_histogram_shares_add_up_to_one_hundred_percent():
    figure = plotting.histograms(
        {"a": torch.linspace(0, 0.99, 37)}, "confidence", [i / 10 for i in range(11)]
    )
    heights = figure.axes[0].patches[0].get_xy()[:, 1]
    assert heights[1:-1:2].sum() == pytest.approx(100)


def test_training_curves_show_one_point_per_epoch():
    figure = plotting.training_curves([-200.0, -100.0, -90.0], [5.0, 20.0, 25.0])
    for axis, values in zip(figure.axes, ([-200, -100, -90], [5, 20, 25]), strict=True):
        assert axis.lines[0].get_xdata().tolist() == [1, 2, 3]
        assert axis.lines[0].get_ydata().tolist() == values


def test_an_animation_holds_every_frame_side_by_side_as_ink_on_paper_and_can_be_folded_away(displayed):
    frames = torch.zeros(3, 2, 1, 28, 28)
    for step in range(3):
        frames[step, 1, 0, 5 * step] = 1.0  # a line that wanders down the second picture
    plotting.show_animation(frames, "walk", "a line wanders down", seconds=0.2)
    assert "<details open>" in displayed[0]["text/html"]
    assert 'alt="a line wanders down"' in displayed[0]["text/html"]
    gif = Image.open(BytesIO(b64decode(re.search(r"base64,([^\"]+)", displayed[0]["text/html"])[1])))
    assert (gif.n_frames, gif.size) == (3, (4 * 28, 2 * 28))
    for step in range(3):
        gif.seek(step)
        dark = np.argwhere(np.asarray(gif.convert("L")) < 128)
        assert set(dark[:, 0]) == {10 * step, 10 * step + 1}
        assert dark[:, 1].min() == 2 * 28
    assert gif.info["duration"] == 200
    assert gif.info["loop"] == 0


COLOUR = torch.stack([torch.eye(3)[c][:, None, None].expand(3, 4, 5) for c in range(3)])  # red, green, blue


def test_a_grid_of_colour_images_shows_their_colours_on_white_paper():
    sheet = plotting.image_grid(COLOUR, columns=2).axes[0].images[0].get_array()
    assert sheet.shape == (8, 10, 3)
    assert sheet[0, 0].tolist() == [1, 0, 0] and sheet[0, 9].tolist() == [0, 1, 0]
    assert sheet[7, 0].tolist() == [0, 0, 1] and sheet[7, 9].tolist() == [1, 1, 1]


def test_rows_pictures_and_animations_of_colour_images_show_their_colours(displayed):
    figure = plotting.image_rows({"as they are": COLOUR, "bytes": (COLOUR * 255).to(torch.uint8)})
    shown = [axis.images[0].get_array()[2, 2].tolist() for axis in figure.axes]
    assert shown == 2 * torch.eye(3).tolist()
    figure, (axis,) = plotting.axes()
    plotting.picture(axis, COLOUR[1])
    assert axis.images[0].get_array()[3, 3].tolist() == [0, 1, 0]
    plotting.show_animation(torch.stack([COLOUR, COLOUR.flip(0)]), "flip", "red, green, blue, and back")
    gif = Image.open(BytesIO(b64decode(re.search(r"base64,([^\"]+)", displayed[0]["text/html"])[1])))
    for step, (left, right) in enumerate([((255, 0, 0), (0, 0, 255)), ((0, 0, 255), (255, 0, 0))]):
        gif.seek(step)
        frame = gif.convert("RGB")
        assert (frame.getpixel((0, 0)), frame.getpixel((29, 0))) == (left, right)


def test_images_with_two_channels_are_refused():
    with pytest.raises(ValueError, match=r"\(N, 3, H, W\)"):
        plotting.image_grid(torch.zeros(2, 2, 4, 4))


def test_a_matrix_prints_each_number_in_its_cell_and_names_rows_and_columns():
    figure = plotting.matrix(torch.tensor([[0.0, 0.25], [0.5, 1.0]]), ["a", "b"], ["z[0]", "all"])
    axis = figure.axes[0]
    texts = {text.get_position(): text.get_text() for text in axis.texts}
    assert texts == {(0, 0): "0.00", (1, 0): "0.25", (0, 1): "0.50", (1, 1): "1.00"}
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["z[0]", "all"]


def test_a_graph_marks_the_node_of_chance_and_the_arrows_that_carry_a_gradient():
    figure, (axis,) = plotting.axes()
    nodes = {"mu": (0, 0), "eps": (1, 1), "z": (1, 0)}
    plotting.computation_graph(axis, nodes, [("mu", "z"), ("eps", "z")], chance="eps", gradient=[("mu", "z")])
    assert [line.get_marker() for line in axis.lines] == ["o", "D", "o"]
    assert [text.get_text() for text in axis.texts if text.get_text()] == ["mu", "eps", "z"]
    arrows = [text for text in axis.texts if getattr(text, "arrow_patch", None)]
    assert [(arrow.xyann, arrow.xy) for arrow in arrows] == [
        ((0, 0), (1, 0)),
        ((1, 1), (1, 0)),
        ((1, 0), (0, 0)),
    ]
    forwards, chance, gradient = (arrow.arrow_patch.get_edgecolor() for arrow in arrows)
    assert forwards == chance != gradient  # the gradient flows back, beside the arrow that it passes
    figure.savefig(BytesIO())
