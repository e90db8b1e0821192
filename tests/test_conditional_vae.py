"""Oracles: torch.distributions, rows of the identity matrix, and the entropy that only a told label can save."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli

from vae_lessons import evaluation
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.digits import draw
from vae_lessons.data.images import to_condition
from vae_lessons.networks import encoder_and_decoder, mlp_encoder
from vae_lessons.training.loop import TrainConfig, fit

X = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([3, 3, 7, 0, 9, 1])


def small(condition_in="both", architecture="mlp", embed=None, condition_dim=10):
    torch.manual_seed(0)
    embed = embed or OneHot(10)
    return ConditionalVAE(embed, condition_dim, 3, 32, architecture, condition_in)


def test_one_hot_gives_rows_of_the_identity_matrix():
    assert torch.equal(OneHot(10)(LABELS), torch.eye(10)[LABELS])
    assert not list(OneHot(10).parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.int32, torch.uint8, torch.bool])
@pytest.mark.parametrize("embed", [OneHot(10), nn.Embedding(10, 10)])
def test_labels_that_are_not_int64_are_refused_with_the_fix(dtype, embed):
    with pytest.raises(TypeError, match=r"labels \(B,\) must be int64, but are torch\..*Try \.long\(\)\."):
        small(embed=embed).sample(torch.tensor([1, 0, 1]).to(dtype))


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize("condition_in", ["both", "encoder", "decoder"])
def test_shapes_of_encode_decode_forward_and_sample(architecture, condition_in):
    model = small(condition_in, architecture)
    mu, logvar = model.encode(X, LABELS)
    assert mu.shape == logvar.shape == (6, 3)
    assert model.decode(mu, LABELS).shape == X.shape
    assert [tensor.shape for tensor in model(X, LABELS)] == [X.shape, (6, 3), (6, 3)]
    samples = model.sample(LABELS[:4])
    assert samples.shape == (4, 1, 28, 28)
    assert 0 <= samples.min() <= samples.max() <= 1
    assert not samples.requires_grad


@pytest.mark.parametrize(
    ("condition_in", "encoder_hears", "decoder_hears"),
    [("both", True, True), ("encoder", True, False), ("decoder", False, True)],
)
def test_only_the_part_that_is_told_answers_to_the_label(condition_in, encoder_hears, decoder_hears):
    model, z = small(condition_in), torch.randn(1, 3).expand(10, 3)
    mu, logvar = model.encode(X[:1].expand(10, 1, 28, 28), torch.arange(10))
    for answers, hears in (
        (mu, encoder_hears),
        (logvar, encoder_hears),
        (model.decode(z, torch.arange(10)), decoder_hears),
    ):
        # to rounding: the rows of one matrix product need not be summed in the same order
        different = [not torch.allclose(answer, answers[0], atol=1e-5) for answer in answers[1:]]
        assert different == [hears] * 9


def test_a_part_that_is_not_told_teaches_the_embedding_nothing():
    for condition_in, heard in (("encoder", True), ("decoder", False)):
        model = small(condition_in, embed=nn.Embedding(10, 10))
        model.encode(X, LABELS)[0].sum().backward()
        gradient = model.embed.weight.grad
        assert (gradient is not None and gradient.abs().max() > 0) == heard


def test_forward_decodes_a_sample_of_q_with_its_own_condition():
    model = small()
    assert not torch.allclose(model(X, LABELS)[0], model(X, LABELS)[0])
    with torch.no_grad():
        model.to_logvar.weight.zero_()
        model.to_logvar.bias.fill_(-60)  # a region of no size
    mu, _ = model.encode(X, LABELS)
    for row, label in enumerate(LABELS):
        alone = model.decode(mu[row : row + 1], label[None])[0]
        torch.testing.assert_close(model(X, LABELS)[0][row], alone)


def test_samples_come_from_the_standard_normal_prior_whatever_the_label():
    model = small()
    torch.manual_seed(4)
    samples = model.sample(LABELS)
    torch.manual_seed(4)
    with torch.no_grad():
        expected = torch.sigmoid(model.decode(torch.randn(6, 3), LABELS))
    torch.testing.assert_close(samples, expected)
    assert not torch.allclose(samples[0], samples[1])  # two threes


def test_likelihood_is_bernoulli():
    x_logits = torch.linspace(-3, 3, X.numel()).reshape(X.shape)
    expected = Bernoulli(logits=x_logits).log_prob(X.round()).sum((1, 2, 3))
    torch.testing.assert_close(small().log_likelihood(x_logits, X.round()), expected)


@pytest.mark.parametrize("wrong", [{"condition_in": "prior"}, {"architecture": "transformer"}])
def test_a_choice_that_does_not_exist_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong.values()))):
        small(**wrong)


# --- learning to listen ---


@pytest.fixture(scope="module")
def spots():
    """Two pictures, a spot in one corner or beside it, and which it is: one coin toss, log 2 nats."""
    labels = torch.randint(2, (512,), generator=torch.Generator().manual_seed(0))
    pictures = torch.zeros(2, 1, 28, 28)
    pictures[0, :, :3, :3] = pictures[1, :, :3, 3:6] = 1
    return pictures, pictures[labels], labels


def trained(condition_in, images, labels):
    torch.manual_seed(0)
    model = ConditionalVAE(OneHot(2), condition_dim=2, latent_dim=2, hidden_dim=32, condition_in=condition_in)
    fit(model, images, TrainConfig(epochs=40, batch_size=64, learning_rate=3e-2), labels)
    return model


@pytest.mark.parametrize("condition_in", ["both", "decoder"])
def test_a_decoder_that_is_told_draws_what_it_is_told_and_needs_no_latent_for_it(spots, condition_in):
    pictures, images, labels = spots
    model = trained(condition_in, images, labels)
    asked = torch.tensor([0, 1, 1, 0, 1] * 20)
    assert (model.sample(asked) - pictures[asked]).abs().max() < 0.1
    # the ELBO of a model that is not told cannot pass minus the entropy of the pictures, -log 2
    assert evaluation.test_elbo(model, images, labels) > -0.5 * math.log(2)
    assert evaluation.average_kl_per_latent(model, images, labels).sum() < 0.1
    assert evaluation.test_elbo(model, images, 1 - labels) < -50


def test_telling_the_encoder_alone_leaves_the_choice_to_chance(spots):
    _, images, labels = spots
    model = trained("encoder", images, labels)
    samples = []
    for label in (0, 1):
        torch.manual_seed(1)
        samples.append(model.sample(torch.full((200,), label)))
    torch.testing.assert_close(*samples)
    first_spot = samples[0][:, 0, :3, :3].mean((1, 2)) > 0.5
    assert 0.25 < first_spot.float().mean() < 0.75
    assert evaluation.test_elbo(model, images, labels) < -math.log(2)


# --- all kinds of conditions ---


IMAGES, DIGITS, FACTORS = draw(300, seed=0)
ATTRIBUTES = torch.stack([FACTORS["slant"], FACTORS["thickness"]], 1).double()
CONDITIONS = {
    "labels, one-hot": (lambda: OneHot(10), 10, DIGITS),
    "labels, learned": (lambda: nn.Embedding(10, 4), 4, DIGITS),
    "attributes": (nn.Identity, 2, ATTRIBUTES),
    "attributes, there or not": (nn.Identity, 2, ATTRIBUTES > 0),
    "images": (lambda: mlp_encoder(7), 7, IMAGES.flip(3)),
}


@pytest.mark.parametrize("kind", CONDITIONS)
def test_a_model_trains_samples_and_is_judged_with_any_kind_of_condition(kind):
    embed, condition_dim, conditions = CONDITIONS[kind]
    model = small(embed=embed(), condition_dim=condition_dim)
    before = [parameter.clone() for parameter in model.embed.parameters()]
    history = fit(model, IMAGES, TrainConfig(epochs=3), conditions)
    assert history.elbo[-1] > history.elbo[0]
    assert model.sample(to_condition(conditions[:5])).shape == (5, 1, 28, 28)
    assert math.isfinite(evaluation.test_elbo(model, IMAGES, conditions))
    assert evaluation.average_kl_per_latent(model, IMAGES, conditions).shape == (3,)
    for old, new in zip(before, model.embed.parameters(), strict=True):
        assert not torch.equal(old, new)  # an embedding with weights learns them


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_images_of_any_shape_are_conditioned_on_images_of_that_shape(architecture):
    shape = (3, 32, 32)
    embed = encoder_and_decoder(architecture, 2, 6, shape)[0]
    model = ConditionalVAE(embed, 6, latent_dim=2, hidden_dim=8, architecture=architecture, image_shape=shape)
    x = torch.rand(4, *shape)
    x_logits, mu, _ = model(x, x.flip(0))
    assert x_logits.shape == model.sample(x).shape == x.shape
    assert mu.shape == (4, 2)
