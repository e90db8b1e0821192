"""The pad's numbers are minus the ELBO, its shares are counts, and what it cannot score it refuses."""

import math
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence
from traitlets import TraitError

from tests.widgets.readers import found
from tests.widgets.samples import IMAGES, LABELS, close, conditional, encoded, ink, vae
from vae_lessons.anomaly import negative_elbo
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import OneHot
from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.widgets import AnomalyPad

OTHERS = {"upside down": IMAGES[40:].flip(2), "negatives": 255 - IMAGES[40:]}
BLACK_AND_WHITE = binarize(IMAGES) / 255


def pad(model=None, normal=IMAGES[:40], anomalies=OTHERS):
    return AnomalyPad(model or vae(), normal, anomalies)


@torch.no_grad()
def brute_force(model, x, noise):
    """Minus the ELBO of one image (1, 1, H, W) by torch's own distributions."""
    mu, logvar = model.encode(x)
    q = Normal(mu, (logvar / 2).exp())
    total = kl_divergence(q, Normal(torch.zeros_like(mu), torch.ones_like(mu))).sum()
    for eps in noise:
        p = Bernoulli(logits=model.decode(q.mean + q.stddev * torch.tensor(eps)))
        total -= p.log_prob(x).sum() / len(noise)
    return total.item()


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_a_score_is_the_kl_plus_the_average_over_eight_draws(architecture):
    model = vae(architecture=architecture)
    made = pad(model)
    assert np.shape(made._eps) == (8, 3)
    due = [brute_force(model, x, made._eps) for x in BLACK_AND_WHITE[:40].split(1)]
    close(made._normal, due, rtol=1e-5, atol=1e-3)
    close(made.score, due[0], rtol=1e-5, atol=1e-3)
    made.drawing = IMAGES[7].numpy().tobytes()
    close(made.score, brute_force(model, made.x, made._eps), rtol=1e-5, atol=1e-3)


def test_scores_are_on_average_those_of_the_lesson():
    torch.manual_seed(0)
    due = negative_elbo(vae(), BLACK_AND_WHITE[:40], draws=200)
    assert np.mean(pad()._normal) == pytest.approx(due.mean().item(), rel=0.03)


def test_the_drawing_is_made_black_and_white_as_the_images_are():
    made = pad()
    assert torch.equal(made.x, BLACK_AND_WHITE[:1])
    drawing = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    made.drawing = drawing.tobytes()
    assert torch.equal(made.x, binarize(torch.tensor(drawing)[None, None]) / 255)
    in_the_page = drawing >= np.frombuffer(made._least, np.uint8).reshape(28, 28)
    assert 200 < in_the_page.sum() < 600
    close(made.x[0, 0], in_the_page)


def test_the_page_gets_the_networks_that_the_score_is_made_of():
    model = vae()
    made, z = pad(model), torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        close(found(made, "logits", z), model.decode(z).flatten(1), atol=2e-2, rtol=1e-2)
    x = BLACK_AND_WHITE[:5]
    close(found(made, "encoder", x.flatten(1)), torch.cat(encoded(model, x), 1), atol=2e-2, rtol=1e-2)
    assert made._networks["logits"] and made._networks["encoder"]


def test_at_first_the_drawing_is_the_first_normal_image_and_one_percent_of_them_set_off_an_alarm():
    made = pad(normal=draw(520, seed=3)[0])
    assert len(made._normal) == 500
    assert sum(score > made.threshold for score in made._normal) == 5
    close(made.score, made._normal[0], atol=2e-3)
    assert made.chosen == "upside down"


def test_the_percentile_is_the_share_of_normal_images_with_a_lower_score():
    made, seen = pad(), set()
    for drawing in (*IMAGES[40:44], torch.zeros(28, 28), torch.full((28, 28), 255)):
        made.drawing = drawing.to(torch.uint8).numpy().tobytes()
        lower = [normal for normal in made._normal if normal < made.score]
        assert made.percentile == len(lower) / 40
        seen.add(made.percentile)
    assert len(seen) > 2


def shares(made, threshold):
    """False alarms and detections, by counting."""
    others = made._anomalies[made._names.index(made.chosen)]
    return [np.mean([score > threshold for score in scores]) for scores in (made._normal, others)]


@pytest.mark.parametrize("chosen", OTHERS)
def test_the_still_picture_tells_detections_false_alarms_and_auroc(chosen):
    made = pad()
    made.chosen = chosen
    normal, others = made._normal, made._anomalies[made._names.index(chosen)]
    wins = np.mean([(other > one) + (other == one) / 2 for one in normal for other in others])
    for threshold in (made.threshold, float(np.median(normal)), min(normal) - 1, max(others) + 1):
        made.threshold = threshold
        figure, caption, _ = made.still()
        false_alarms, detections = shares(made, threshold)
        assert f"detects {100 * detections:.0f} % of '{chosen}'" in caption
        assert f"at {100 * false_alarms:.1f} % false alarms; AUROC {wins:.2f}" in caption
        point = figure.axes[3].lines[2].get_xydata()[0]
        close(point, [false_alarms, detections])
    curve = figure.axes[3].lines[0].get_xydata()
    assert np.trapezoid(curve[:, 1], curve[:, 0]) == pytest.approx(wins)
    close(curve[[0, -1]], [[0, 0], [1, 1]])


def test_the_still_picture_shows_the_drawing_its_surprise_and_an_alarm_above_the_threshold():
    made = pad()
    for threshold, verdict in ((made.score + 1, ": no alarm."), (made.score - 1, ": ALARM.")):
        made.threshold = threshold
        figure, caption, _ = made.still()
        assert f"Minus ELBO {made.score:.0f} nats" in caption and verdict in caption
    close(ink(figure, 0), made.x[0, 0])
    mu, logvar = encoded(vae(), made.x)
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum()
    assert ink(figure, 1).sum() == pytest.approx(made.score - kl.item(), rel=1e-4)
    close(sum(bar.get_height() for bar in figure.axes[2].patches[:24]), 100)


def test_the_still_picture_says_how_many_anomalies_lie_beyond_its_axis():
    model = vae()
    with torch.no_grad():
        for weight in model.decoder[-2].parameters():
            weight *= 5  # so sure of its pixels that negatives cost more than twice as much
    made = pad(model, anomalies={"itself": IMAGES[:1], "negatives": 255 - IMAGES[40:]})
    assert made.still()[0].axes[2].get_title(loc="right") == ""
    made.chosen = "negatives"
    farther = np.mean([score > made._range[1] for score in made._anomalies[1]])
    assert farther > 0
    assert f"{100 * farther:.0f} % of the anomalies" in made.still()[0].axes[2].get_title(loc="right")


class Diverged(nn.Module):
    latent_dim = 3

    def __init__(self):
        super().__init__()
        self.inner = vae()

    def encode(self, x):
        return self.inner.encode(x)

    def decode(self, z):
        return self.inner.decode(z) * math.nan


REFUSED = {
    "an autoencoder": (lambda: pad(Autoencoder(3, 16)), "no ELBO"),
    "gaussian pixels": (lambda: pad(vae(pixel_std=0.1)), "pixel_std=0.1"),
    "a conditional model": (lambda: pad(conditional(OneHot(10), 10)), "condition"),
    "a model in colour": (lambda: pad(vae(image_shape=(3, 28, 28))), "grey"),
    "a diverged model": (lambda: pad(Diverged()), "NaN"),
    "normal images in colour": (lambda: pad(normal=IMAGES.repeat(1, 3, 1, 1)), "grey"),
    "anomalies in colour": (lambda: pad(anomalies={"red": IMAGES.repeat(1, 3, 1, 1)}), "grey"),
    "large normal images": (lambda: pad(normal=IMAGES.repeat(1, 1, 2, 2)), "'normal' have 56 x 56 pixels"),
    "small anomalies": (lambda: pad(anomalies={"cut": IMAGES[..., :20]}), "'cut' have 28 x 20 pixels"),
    "no normal image": (lambda: pad(normal=IMAGES[:0]), "no image"),
    "no anomaly of a kind": (lambda: pad(anomalies={"none": IMAGES[:0]}), "no image"),
    "no kind of anomalies": (lambda: pad(anomalies={}), "at least one name"),
    "anomalies without a name": (lambda: pad(anomalies=IMAGES), "at least one name"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_it_cannot_score_is_refused_in_at_most_five_lines(what):
    make, words = REFUSED[what]
    with pytest.raises(ValueError, match=re.escape(words)) as refusal:
        make()
    lines = str(refusal.value).splitlines()
    assert len(lines) <= 5 and max(map(len, lines)) < 130


def test_labels_are_no_images():
    with pytest.raises(TypeError, match="uint8 or float"):
        pad(anomalies={"labels": LABELS})


@pytest.mark.parametrize(
    ("trait", "value", "words"),
    [
        ("chosen", "sevens", "upside down, negatives"),
        ("threshold", math.nan, "finite"),
        ("drawing", b"1", "784"),
    ],
)
def test_a_trait_takes_only_what_there_is(trait, value, words):
    with pytest.raises(TraitError, match=words):
        setattr(pad(), trait, value)
