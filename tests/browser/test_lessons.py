"""Each lesson's widgets in a real JupyterLab, trained briefly: they follow the hand and show what PyTorch decodes."""

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.hand import CLOSE, ask, data, drag, furthest, pixels, press, soon
from tests.conftest import brief, cut_to
from vae_lessons.classroom.lessons import FOLDER, paths

IN_LESSON = {
    "00_start_here": ["TrainingMonitor", "LatentSliders"],
    "01_autoencoder": ["LatentPlane"],
    "02_vae": ["LatentPlane", "DrawingPad"],
    "03_reparameterization": ["Reparameterizer"],
    "04_kl_balance": ["BalanceExplorer"],
    "05_interpolation": ["Interpolator", "LatentSliders"],
    "06_conditional_vae": ["LatentSliders", "LatentSliders"],
    "07_prior": ["PriorExplorer"],
    "08_bits_back": ["MessageStack"],
    "09_anomalies": ["AnomalyPad"],
    "10_few_labels": ["MixingExplorer"],
    "11_strings": ["MoleculeWalk"],
}
WIDGETS = (
    "[w for w in __import__('ipywidgets').widgets.widget._instances.values() if hasattr(w, '_networks')]"
)


def test_every_lesson_is_here_and_has_something_to_touch():
    assert sorted(IN_LESSON) == [path.stem for path in paths()]
    for lesson, widgets in IN_LESSON.items():
        text = (FOLDER / f"{lesson}.ipynb").read_text(encoding="utf-8")
        assert all(f"{widget}(" in text for widget in widgets)
        touch = text.split("## Touch it")[1].split('"## ')[0]
        assert touch.count("**Question:**") == len([w for w in widgets if w != "TrainingMonitor"])


@pytest.mark.parametrize("lesson", IN_LESSON)
def test_the_lessons_widgets_follow_mouse_and_keys(open_notebook, axe, lesson):
    count = 4_000 if lesson == "05_interpolation" else 1_000  # with fewer its convolutional VAE ignores z
    notebook = nbformat.read(FOLDER / f"{lesson}.ipynb", as_version=4)
    page = open_notebook(brief(cut_to(notebook, *(f"{widget}(" for widget in IN_LESSON[lesson])), count))
    roots = page.locator(".vae-lessons")
    roots.nth(len(IN_LESSON[lesson]) - 1).wait_for()
    ask(page, f"globals().update(shown={WIDGETS})")
    assert ask(page, "[type(w).__name__ for w in shown]") == IN_LESSON[lesson]
    for place, name in enumerate(IN_LESSON[lesson]):
        root, widget = roots.nth(place), f"shown[{place}]"
        CHECKS[name](root, widget)
    assert axe(page, ".vae-lessons") == []
    assert page.problems == []


def decodes(root, canvas, widget, row):
    """Wait until the canvas shows what PyTorch decodes at the row, 0 to 255."""
    expression = f"(255 * {widget}._functions['decoder'](({row}).float())[0]).round().int().tolist()"
    soon(
        root.page,
        lambda: furthest(pixels(canvas), ask(root.page, expression)) <= CLOSE,
        "not PyTorch's picture",
    )
    return pixels(canvas)


def moves(root, canvas, widget, row, *gestures):
    """After each gesture the canvas shows another picture, and PyTorch's."""
    before = decodes(root, canvas, widget, row)
    for gesture in gestures:
        gesture()
        after = decodes(root, canvas, widget, row)
        assert after != before, "the picture did not change"
        before = after


def touch_sliders(root, widget):
    sliders = root.locator("input[type=range]")
    moves(
        root, root.locator(".vl-big"), widget, f"{widget}._row()",
        lambda: press(sliders.first, *["ArrowRight"] * 8),
        lambda: drag(sliders.nth(1), (0.5, 0.5), (0.9, 0.5)),
    )  # fmt: skip
    conditions = root.get_by_role("group", name="condition").get_by_role("button")
    if conditions.count():
        moves(root, root.locator(".vl-big"), widget, f"{widget}._row()", conditions.nth(4).click)


def touch_plane(root, widget):
    plane = root.get_by_role("slider", name="Plane of")
    moves(
        root, root.locator(".vl-big"), widget, f"torch.tensor([{widget}.z])",
        lambda: drag(plane, (0.5, 0.5), (0.6, 0.3)),
        lambda: press(plane, *["Shift+ArrowLeft"] * 3),
    )  # fmt: skip


def touch_pad(root, widget):
    mu = f"{widget}._model.encode({widget}.x)[0]"
    moves(
        root, root.locator(".vl-small").nth(1), widget, mu,
        lambda: drag(root.locator(".vl-pad"), (0.2, 0.2), (0.8, 0.2), (0.4, 0.9)),
        lambda: press(root.get_by_role("application"), "Shift+ArrowUp", " ", *["Shift+ArrowLeft"] * 4, " "),
    )  # fmt: skip


def touch_anomaly_pad(root, widget):
    pad, knob = root.locator(".vl-pad"), root.get_by_role("slider", name="alarm above")
    seen, drawn = root.locator(".vl-view").first, f"(255 * {widget}.x.flatten()).int().tolist()"
    for gesture in (
        lambda: drag(pad, (0.2, 0.2), (0.8, 0.2), (0.4, 0.9)),
        lambda: press(pad, "Shift+ArrowUp", " ", *["Shift+ArrowLeft"] * 4, " "),
        root.get_by_role("button", name="Clear").click,
        lambda: press(knob, "Home"),
        lambda: press(knob, "End"),
    ):
        gesture()
        soon(root.page, lambda: pixels(seen) == ask(root.page, drawn), "Python does not hear of the drawing")
        score, threshold = ask(root.page, f"[{widget}.score, {widget}.threshold]")
        assert data(root, "score") == pytest.approx(score, rel=1e-3)
        verdict = "ALARM" if score > threshold else "no alarm"
        expect(root.locator(".vl-verdict")).to_contain_text(f"of normal images: {verdict}")


def touch_interpolator(root, widget):
    knob = root.get_by_role("slider", name="t", exact=True)
    moves(
        root, root.locator("canvas.vl-picture:not(.vl-thumbnail)").nth(1), widget, f"{widget}.z[None]",
        lambda: press(knob, "PageUp", "PageUp"),
        lambda: drag(knob, (0.7, 0.5), (0.2, 0.5)),
        root.get_by_role("button", name="to 4").click,
    )  # fmt: skip


def touch_explorer(root, widget):
    for key in ("Home", "ArrowRight", "End"):
        press(root.get_by_role("slider", name="beta"), key)
        pictures = f"(255 * {widget}._pictures[{widget}.chosen][0].flatten(1)).round().int().tolist()"
        tiles = root.locator(".vl-tile").all()[8:16]
        soon(root.page, lambda: [pixels(t) for t in tiles] == ask(root.page, pictures), "not this model's")  # noqa: B023
    drag(root.get_by_role("slider", name="beta"), (0.98, 0.5), (0.02, 0.5))
    soon(
        root.page,
        lambda: ask(root.page, f"{widget}.chosen == {widget}._names[0]"),
        "the mouse does not move it",
    )


def touch_prior_explorer(root, widget):
    tiles, names = root.locator(".vl-tile").all(), ask(root.page, f"{widget}._names")
    for gesture in (
        root.get_by_role("button", name=names[0], exact=True).click,
        root.get_by_role("button", name="flow", exact=True).click,
        lambda: press(root.get_by_role("slider", name="time of the flow"), *["ArrowLeft"] * 6),
        root.get_by_role("button", name="Other draws").click,
    ):
        gesture()
        rows = f"{widget}.cloud()[({widget}.first + torch.arange(8)) % len({widget}.cloud())]"
        pictures = f"(255 * {widget}._functions['decoder']({rows})).round().int().tolist()"

        def shown(pictures=pictures):
            theirs = ask(root.page, pictures)
            return all(furthest(pixels(tile), one) <= CLOSE for tile, one in zip(tiles, theirs, strict=True))

        soon(root.page, shown, "not PyTorch's pictures of these draws")
    touch_plane(root, widget)


def touch_message_stack(root, widget):
    steps, tiles = root.get_by_role("slider", name="steps"), root.locator(".vl-tile")
    last = ask(root.page, f"{widget}._names[-1]")
    for gesture, done in (
        (root.get_by_role("button", name="Take one out").click, 45),
        (root.get_by_role("button", name="One step").click, 46),
        (root.get_by_role("button", name="Take one out").click, 45),
        (lambda: press(steps, "Home"), 0),
        (root.get_by_role("button", name="Put one in").click, 3),
        (root.get_by_role("button", name=last, exact=True).click, 3),
        (lambda: press(steps, "End"), 48),
    ):
        gesture()
        place = f"{widget}._names.index({widget}.chosen)"
        checksum = ask(root.page, f"{widget}._sums[{place}][{done}]")
        expect(root.locator("p.vl-note")).to_contain_text(f"{done // 3} images are in")
        expect(root.locator("p.vl-note")).to_contain_text(checksum)
        soon(root.page, lambda done=done: ask(root.page, f"{widget}.done") == done, "Python does not follow")
        inside = tiles.evaluate_all("tiles => tiles.filter(tile => tile.style.opacity == 1).length")
        assert inside == done // 3
        changes = ask(root.page, f"torch.tensor({widget}._bits[{place}]).diff().round().int().tolist()")
        first = max(0, (done - 1) // 3 * 3)
        numbers = "".join(f"{'+' if n > 0 else '−'}{abs(n)}" for n in changes[first:done])
        texts = root.locator("svg").first.locator("text").all_text_contents()[0::2]
        assert "".join(texts) == numbers
    assert ask(root.page, f"{widget}.chosen") == last


def touch_mixing_explorer(root, widget):
    labels, weight = root.locator("input[type=range]").all()
    for gesture, place in (
        (lambda: press(weight, "End"), (1, 4, 0)),
        (root.get_by_role("checkbox").click, (1, 4, 1)),
        (lambda: press(labels, "Home"), (0, 4, 1)),
        (lambda: press(weight, "ArrowLeft"), (0, 3, 1)),
    ):
        gesture()
        number, share, shifted = place
        runs = ask(root.page, f"runs.mixing[{number}, {share}, {shifted}].tolist()")
        expect(root.locator(".vl-verdict")).to_contain_text(f"{sum(runs) / len(runs):.1f} ± ")


def touch_molecule_walk(root, widget):
    words = root.locator(".vl-verdict")
    press(root.locator("input[type=range]"), "End")
    expect(words).to_contain_text("After 8.0: ")
    root.get_by_role("button", name="SMILES").click()
    assert ask(root.page, f"{widget}.kind") == "smiles"
    root.get_by_role("checkbox").click()
    assert ask(root.page, f"{widget}.near_prior") is True
    expect(words).to_have_text(ask(root.page, f"{widget}.still()[1]").partition(". ")[2])


def touch_reparameterizer(root, widget):
    row = (
        f"torch.tensor([[*{widget}._z[:{widget}._latent], {widget}.z, *{widget}._z[{widget}._latent + 1:]]])"
    )
    eps = root.get_by_role("slider", name="eps", exact=True)
    std = root.get_by_role("slider", name="std", exact=True)
    moves(
        root, root.locator("canvas"), widget, row,
        lambda: press(std, *["PageUp"] * 5),
        lambda: drag(eps, (0.5, 0.5), (0.1, 0.5)),
    )  # fmt: skip


def look_at_monitor(root, widget):
    assert "training ended" in root.get_by_role("status").inner_text()
    assert root.locator(".vl-tile").count() == 64
    rows = f"{widget}._model.decode({widget}._z).sigmoid()"  # the last row is of the trained model
    last = ask(root.page, f"(255 * {rows}.flatten(1)).round().int().tolist()")
    for tile, picture in zip(root.locator(".vl-tile").all()[-8:], last, strict=True):
        assert furthest(pixels(tile), picture) <= CLOSE


CHECKS = {
    "AnomalyPad": touch_anomaly_pad,
    "LatentSliders": touch_sliders,
    "LatentPlane": touch_plane,
    "DrawingPad": touch_pad,
    "Interpolator": touch_interpolator,
    "BalanceExplorer": touch_explorer,
    "MessageStack": touch_message_stack,
    "MixingExplorer": touch_mixing_explorer,
    "MoleculeWalk": touch_molecule_walk,
    "PriorExplorer": touch_prior_explorer,
    "Reparameterizer": touch_reparameterizer,
    "TrainingMonitor": look_at_monitor,
}
