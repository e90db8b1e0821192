"""Exercises of lesson 02: what the decoder says about pixels, the KL, and the ELBO they make."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.evaluation import importance_weighted
from vae_lessons.exercises.exercise import Answer, Exercise, Seen
from vae_lessons.exercises.probes import LOGVAR, MU, attempt, cut_off, each, in_short
from vae_lessons.gaussians import kl_closed_form, kl_monte_carlo, kl_per_latent, log_density, reparameterize
from vae_lessons.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood

LOGITS = torch.tensor(
    [[2.3, -0.6, 0.4, -3.1, 1.7, -0.2], [-1.4, 0.8, 2.6, -0.5, 0.3, -2.2], [0.7, -1.9, 3.2, 1.1, -0.9, 0.6]]
)
PIXELS = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.95, 0.35, 0.55, 0.05], [0.65, 0.25, 0.85, 0.45, 0.1, 0.75]]
)
LOGITS, PIXELS = LOGITS.view(3, 1, 2, 3), PIXELS.view(3, 1, 2, 3)  # (B, C, H, W)


# 2.1

BERNOULLI = Exercise(
    number="2.1",
    title="Black and white pixels",
    task="""Write log p(x|z) of Bernoulli pixels: x_logits and x are (B, 1, H, W), pixel d is ink with probability
    sigmoid(x_logits[d]). Return one number per image, (B,), in nats. It must survive logits of 200.""",
    minutes=8,
    difficulty=2,
    reference=bernoulli_log_likelihood,
    probe=each(
        {"x_logits": torch.tensor([[[[0.8]]]]), "x": torch.tensor([[[[0.7]]]])},
        {"x_logits": LOGITS, "x": PIXELS},
        {"x_logits": torch.tensor([[[[-200.0, 150.0]]]]), "x": torch.tensor([[[[1.0, 0.0]]]])},
        gradients=["x_logits"],
    ),
    hints=(
        "A pixel that is ink contributes log sigmoid(logit), one that is paper log(1 - sigmoid(logit)); x says which.",
        "PyTorch has this in one stable function, F.binary_cross_entropy_with_logits, as a loss: mind its sign.",
        "Ask it for reduction='none', flip the sign, then flatten(1).sum(1) to add up the pixels of each image.",
    ),
)


@BERNOULLI.mistake
def sigmoid_twice(x_logits: Tensor, x: Tensor) -> Tensor:
    """You apply sigmoid and then a function that applies it again, so no pixel can be surer than 0.73: give
    with_logits the raw x_logits."""
    return bernoulli_log_likelihood(x_logits.sigmoid(), x)


@BERNOULLI.mistake
def logits_taken_for_probabilities(x_logits: Tensor, x: Tensor) -> Tensor:
    """You hand raw logits to binary_cross_entropy, which wants probabilities from 0 to 1: take the function
    whose name ends in with_logits."""
    return -F.binary_cross_entropy(x_logits, x, reduction="none").flatten(1).sum(1)


@BERNOULLI.mistake
def logarithm_of_logits(x_logits: Tensor, x: Tensor) -> Tensor:
    """You take the logarithm of the raw x_logits, which is not a number where they are negative: a logit becomes a
    probability by sigmoid first."""
    return (x * x_logits.log() + (1 - x) * (1 - x_logits).log()).flatten(1).sum(1)


@BERNOULLI.mistake
def bernoulli_overflow(x_logits: Tensor, x: Tensor) -> Tensor:
    """Right for small logits, but sigmoid(-200) is 0 in floating point and its logarithm is minus infinity: let
    F.logsigmoid or binary_cross_entropy_with_logits do both steps in one."""
    p = x_logits.sigmoid()
    return (x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1)


@BERNOULLI.mistake
def bernoulli_clamped(x_logits: Tensor, x: Tensor) -> Tensor:
    """You clamp probabilities to keep their logarithm finite, so a wrong pixel at logit -200 costs some 16 nats
    instead of 200, and its gradient is 0: use F.logsigmoid or with_logits, which need no clamp."""
    p = x_logits.sigmoid().clamp(1e-7, 1 - 1e-7)
    return (x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1)


@BERNOULLI.mistake
def bernoulli_sign(x_logits: Tensor, x: Tensor) -> Tensor:
    """You return the loss, which is positive; log p(x|z) is the logarithm of a probability and never above 0: flip
    the sign."""
    return -bernoulli_log_likelihood(x_logits, x)


@BERNOULLI.mistake
def bernoulli_pixel_mean(x_logits: Tensor, x: Tensor) -> Tensor:
    """You average over the pixels, so an image counts as one pixel and the KL beside it weighs D times too much:
    the log-probability of an image is the sum over its pixels."""
    return bernoulli_log_likelihood(x_logits, x) / x[0].numel()


@BERNOULLI.mistake
def bernoulli_batch_sum(x_logits: Tensor, x: Tensor) -> Tensor:
    """You add up all images of the batch; return one number per image, (B,), and let the last step average them."""
    return bernoulli_log_likelihood(x_logits, x).sum()


@BERNOULLI.mistake
def bernoulli_batch_mean(x_logits: Tensor, x: Tensor) -> Tensor:
    """You average over the batch already; return one number per image, (B,), so that single images can be compared."""
    return bernoulli_log_likelihood(x_logits, x).mean()


@BERNOULLI.mistake
def all_averaged(x_logits: Tensor, x: Tensor) -> Tensor:
    """You average over pixels and images at once, as F.binary_cross_entropy_with_logits does unless told
    otherwise: ask for reduction='none' and add up the pixels of each image."""
    return -F.binary_cross_entropy_with_logits(x_logits, x)


@BERNOULLI.mistake
def all_averaged_and_sign(x_logits: Tensor, x: Tensor) -> Tensor:
    """This is PyTorch's loss as it comes: positive, and averaged over pixels and images. Flip the sign, ask for
    reduction='none', and add up the pixels of each image."""
    return F.binary_cross_entropy_with_logits(x_logits, x)


@BERNOULLI.mistake
def arguments_swapped(x_logits: Tensor, x: Tensor) -> Tensor:
    """You swapped the arguments: the image is taken for logits, and the logits for the image. The prediction comes
    first, the target second."""
    return bernoulli_log_likelihood(x, x_logits)


@BERNOULLI.mistake
def ink_only(x_logits: Tensor, x: Tensor) -> Tensor:
    """You count the ink and forget the paper, so painting everything black would be best: add
    (1 - x) log(1 - sigmoid(x_logits))."""
    return (x * F.logsigmoid(x_logits)).flatten(1).sum(1)


@BERNOULLI.mistake
def targets_normalised(x_logits: Tensor, x: Tensor) -> Tensor:
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the loss has no
    lowest point."""
    return bernoulli_log_likelihood(x_logits, 2 * x - 1)


@BERNOULLI.mistake
def targets_hardened(x_logits: Tensor, x: Tensor) -> Tensor:
    """You round x to black and white inside; take the grey values as they come, whoever wants binary images
    draws them before."""
    return bernoulli_log_likelihood(x_logits, (x > 0.5).float())


@BERNOULLI.mistake
def squared_instead(x_logits: Tensor, x: Tensor) -> Tensor:
    """You measure a squared error between probabilities and pixels: that is what Gaussian pixels ask for. A
    Bernoulli pixel contributes x log p + (1 - x) log(1 - p)."""
    return -((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1)


BERNOULLI.mistake(cut_off(bernoulli_log_likelihood))


# 2.2

GAUSSIAN = Exercise(
    number="2.2",
    title="Grey pixels",
    task="""Write log p(x|z) of Gaussian pixels, each N(x_hat[d], std**2) with one std for all: x_hat and x are
    (B, 1, H, W), std is a number. Return (B,) in nats, with the constant.""",
    minutes=6,
    difficulty=1,
    reference=gaussian_log_likelihood,
    probe=each(
        {"x_hat": torch.tensor([[[[0.2]]]]), "x": torch.tensor([[[[0.7]]]]), "std": 0.4},
        {"x_hat": PIXELS.flip(0), "x": PIXELS, "std": 0.3},
        {"x_hat": PIXELS.flip(0), "x": PIXELS, "std": 1.7},
        gradients=["x_hat"],
    ),
    hints=(
        "Write the density of one pixel and take its logarithm: a squared distance, and what makes the area 1.",
        "One pixel gives -(x - x_hat)^2 / (2 std^2) - log(std) - log(2 pi) / 2.",
        "Compute that for all pixels at once, then flatten(1).sum(1). The constant counts once for every pixel.",
    ),
)


@GAUSSIAN.mistake
def squared_error_only(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """This is minus the squared error: without 1 / (2 std^2) it is not in nats, so no KL can be weighed against it."""
    return -((x - x_hat) ** 2).flatten(1).sum(1)


@GAUSSIAN.mistake
def no_half(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error lost its 1/2: the exponent of a bell curve is -(x - x_hat)^2 / (2 std^2)."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return (-squared_error / std**2 - 0.5 * math.log(2 * math.pi * std**2)).sum(1)


@GAUSSIAN.mistake
def std_for_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You divide the squared error by std; it is measured against the variance, std squared."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std**2)).sum(1)


@GAUSSIAN.mistake
def std_for_variance_twice(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You use std in both places where the variance, std squared, belongs: below the squared error and in the
    logarithm."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std)).sum(1)


@GAUSSIAN.mistake
def no_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error is not divided by the variance, so std changes only the constant: it says how much an
    error of one grey level weighs."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error + math.log(2 * math.pi * std**2)).sum(1)


@GAUSSIAN.mistake
def no_constant(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The normalising term is missing: without -log(std) - log(2 pi) / 2 per pixel no two values of std can be
    compared, and the smallest error would always want the smallest weight."""
    return -0.5 * (((x - x_hat) / std) ** 2).flatten(1).sum(1)


@GAUSSIAN.mistake
def no_log_std(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The 2 pi is there but -log(std) is missing: a narrow bell curve is a high one."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi)).sum(1)


@GAUSSIAN.mistake
def no_two_pi(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The std is all there, but log(2 pi) / 2 per pixel is missing, 0.92 nats each: harmless for gradients, and it
    moves every number you report."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(std**2)).sum(1)


@GAUSSIAN.mistake
def constant_once(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You add the constant once per image; every pixel has a density of its own, so it counts D times."""
    squared_error = ((x - x_hat) ** 2).flatten(1).sum(1)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi * std**2))


@GAUSSIAN.mistake
def gaussian_sign(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You return minus the log-density: a loss. A better x_hat must give a larger number."""
    return -gaussian_log_likelihood(x_hat, x, std)


@GAUSSIAN.mistake
def gaussian_pixel_mean(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You average over the pixels; the log-density of an image is the sum over its pixels, or the KL beside it weighs
    D times too much."""
    return gaussian_log_likelihood(x_hat, x, std) / x[0].numel()


@GAUSSIAN.mistake
def gaussian_batch_mean(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You average over the batch already; return one number per image, (B,)."""
    return gaussian_log_likelihood(x_hat, x, std).mean()


@GAUSSIAN.mistake
def gaussian_broadcast(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """A (B, 1) met a (B,) and became (B, B), every image with every other: print both shapes, and drop the
    keepdim."""
    squared_error = ((x - x_hat) ** 2).flatten(1).sum(1, keepdim=True)  # (B, 1)
    constant = torch.full((len(x),), x[0].numel() * math.log(2 * math.pi * std**2))  # (B,)
    return -0.5 * (squared_error / std**2 + constant)


@GAUSSIAN.mistake
def absolute_error(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You take the absolute distance where a bell curve has the squared one."""
    return -0.5 * ((x - x_hat).abs() / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1)


GAUSSIAN.mistake(cut_off(gaussian_log_likelihood))


# 2.3

KL = Exercise(
    number="2.3",
    title="The KL in closed form",
    task="""Write the KL of q(z|x) = N(mu, diag(exp(logvar))) from the prior N(0, I): mu and logvar are (B, J). Return one
    number per image, (B,), in nats, in which no exponential overflows up to logvar = 40.""",
    minutes=8,
    difficulty=2,
    reference=kl_closed_form,
    probe=each(
        {"mu": torch.tensor([[0.7]]), "logvar": torch.tensor([[-0.4]])},
        {"mu": torch.tensor([[0.7, -1.3]]), "logvar": torch.tensor([[-0.4, 0.9]])},
        {"mu": MU, "logvar": LOGVAR},
        {"mu": torch.tensor([[0.5, -0.3]]), "logvar": torch.tensor([[40.0, -40.0]])},
        gradients=["mu", "logvar"],
    ),
    hints=(
        "Four terms per latent: where the region lies, how wide it is, a constant, and a reward for width.",
        "Per latent: half of (mu squared + the variance - 1 - the logarithm of the variance). Which of them is logvar?",
        "0.5 * (mu**2 + logvar.exp() - 1 - logvar) is (B, J); independent latents add up, so sum over the last axis.",
    ),
    shown=(kl_per_latent, kl_closed_form),
)


@KL.mistake
def kl_sign(mu: Tensor, logvar: Tensor) -> Tensor:
    """Your KL is negative, which no KL can be: the half stands before mu^2 + sigma^2 - 1 - log sigma^2, or the minus
    half before its opposite."""
    return -kl_closed_form(mu, logvar)


@KL.mistake
def kl_mean_over_latents(mu: Tensor, logvar: Tensor) -> Tensor:
    """You average over the latents; independent latents add up. Divided by J, the KL loses its unit and its
    strength against log p(x|z)."""
    return kl_per_latent(mu, logvar).mean(-1)


@KL.mistake
def kl_batch_mean(mu: Tensor, logvar: Tensor) -> Tensor:
    """You average over the batch too; return one number per image, (B,), and average last, together with log p(x|z)."""
    return kl_closed_form(mu, logvar).mean()


@KL.mistake
def kl_batch_sum(mu: Tensor, logvar: Tensor) -> Tensor:
    """You add up all images as well as all latents, so the KL grows with the batch: sum over the last axis only."""
    return kl_per_latent(mu, logvar).sum()


@KL.mistake
def kl_mean_of_all(mu: Tensor, logvar: Tensor) -> Tensor:
    """You average over everything, latents and images: sum over the latents, and leave the images apart."""
    return kl_per_latent(mu, logvar).mean()


@KL.mistake
def kl_wrong_axis(mu: Tensor, logvar: Tensor) -> Tensor:
    """You sum over the images and keep the latents; the axis to sum over is the last one, with J latents."""
    return kl_per_latent(mu, logvar).sum(0)


@KL.mistake
def kl_not_summed(mu: Tensor, logvar: Tensor) -> Tensor:
    """Each latent's share is right; now add them up for each image: .sum(-1) makes (B, J) into (B,)."""
    return kl_per_latent(mu, logvar)


@KL.mistake
def kl_no_half(mu: Tensor, logvar: Tensor) -> Tensor:
    """Everything is twice too large: the 1/2 in front of the sum is missing, so the loss has a beta of 2 unsaid."""
    return 2 * kl_closed_form(mu, logvar)


@KL.mistake
def kl_half_on_mu_only(mu: Tensor, logvar: Tensor) -> Tensor:
    """The 1/2 reaches mu^2 only; it stands before all four terms, so put them into one bracket."""
    return (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_logvar_as_log_std(mu: Tensor, logvar: Tensor) -> Tensor:
    """You take logvar for the logarithm of the standard deviation, and so square it once too often: the variance is
    exp(logvar), its logarithm is logvar itself."""
    return (0.5 * (mu**2 + (2 * logvar).exp() - 1) - logvar).sum(-1)


@KL.mistake
def kl_squared_exponential(mu: Tensor, logvar: Tensor) -> Tensor:
    """You square exp(logvar), but exp(logvar) is sigma^2 already: nothing is left to square."""
    return 0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_logvar_as_variance(mu: Tensor, logvar: Tensor) -> Tensor:
    """You take logvar for the variance itself; it is the variance's logarithm, and may be negative. The variance is
    exp(logvar)."""
    return 0.5 * (mu**2 + logvar - 1 - logvar.log()).sum(-1)


@KL.mistake
def kl_log_of_raw(mu: Tensor, logvar: Tensor) -> Tensor:
    """You take the logarithm of logvar, which is one already: where it is negative, the result is not a number. The
    last term is logvar as it comes."""
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar.log()).sum(-1)


@KL.mistake
def kl_std_for_variance(mu: Tensor, logvar: Tensor) -> Tensor:
    """You use exp(logvar / 2), the standard deviation, where sigma^2 belongs: the second term is exp(logvar)."""
    return 0.5 * (mu**2 + (0.5 * logvar).exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_no_one(mu: Tensor, logvar: Tensor) -> Tensor:
    """The -1 is missing, half a nat per latent: at mu = 0 and logvar = 0 the region is the prior, and the KL must be 0."""
    return 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1)


@KL.mistake
def kl_plus_one(mu: Tensor, logvar: Tensor) -> Tensor:
    """You add 1 where it is subtracted: at mu = 0 and logvar = 0 the region is the prior, and the KL must be 0."""
    return 0.5 * (mu**2 + logvar.exp() + 1 - logvar).sum(-1)


@KL.mistake
def kl_one_per_image(mu: Tensor, logvar: Tensor) -> Tensor:
    """You subtract 1 once per image, after the sum; every latent has a -1 of its own."""
    return 0.5 * ((mu**2 + logvar.exp() - logvar).sum(-1) - 1)


@KL.mistake
def kl_log_term_sign(mu: Tensor, logvar: Tensor) -> Tensor:
    """The log-term has the wrong sign: + logvar rewards regions for shrinking to points, and the KL falls below 0. It
    is - logvar."""
    return 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(-1)


@KL.mistake
def kl_no_log_term(mu: Tensor, logvar: Tensor) -> Tensor:
    """The log-term is missing, so nothing keeps regions from shrinking to points: subtract logvar."""
    return 0.5 * (mu**2 + logvar.exp() - 1).sum(-1)


@KL.mistake
def kl_no_variance(mu: Tensor, logvar: Tensor) -> Tensor:
    """The variance itself is missing, so nothing keeps regions from growing for ever: add exp(logvar)."""
    return 0.5 * (mu**2 - 1 - logvar).sum(-1)


@KL.mistake
def kl_no_mu(mu: Tensor, logvar: Tensor) -> Tensor:
    """mu does not count: regions may lie anywhere, as far from the prior as they like. Add mu^2."""
    return 0.5 * (logvar.exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_absolute_mu(mu: Tensor, logvar: Tensor) -> Tensor:
    """You use the absolute value of mu where its square belongs: far regions would be too cheap."""
    return 0.5 * (mu.abs() + logvar.exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_unsquared_mu(mu: Tensor, logvar: Tensor) -> Tensor:
    """You add mu without squaring it, so a region far on the negative side would earn something: it is mu^2."""
    return 0.5 * (mu + logvar.exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_mu_sign(mu: Tensor, logvar: Tensor) -> Tensor:
    """mu^2 has the wrong sign: regions would be paid for running away from the prior."""
    return 0.5 * (-(mu**2) + logvar.exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_sum_then_square(mu: Tensor, logvar: Tensor) -> Tensor:
    """You sum the mus and square the sum, so +1 and -1 cancel: square each, then add."""
    return 0.5 * (mu.sum(-1) ** 2 + (logvar.exp() - 1 - logvar).sum(-1))


@KL.mistake
def kl_reversed(mu: Tensor, logvar: Tensor) -> Tensor:
    """This is the KL the other way round, of the prior from q(z|x): it divides by sigma^2. The ELBO averages over q, so
    q comes first."""
    return 0.5 * ((mu**2 + 1) * (-logvar).exp() - 1 + logvar).sum(-1)


@KL.mistake
def kl_overflow(mu: Tensor, logvar: Tensor) -> Tensor:
    """Right for common regions, but at logvar = -40 the variance is so small that its logarithm is lost: do not go
    through log(exp(logvar)) with something added; logvar is that logarithm."""
    variance = logvar.exp() + 1e-8
    return 0.5 * (mu**2 + variance - 1 - variance.log()).sum(-1)


@KL.mistake
def kl_clamped(mu: Tensor, logvar: Tensor) -> Tensor:
    """You clamp logvar, so beyond the clamp the KL stops counting and its gradient is 0: in this range nothing
    overflows, and no clamp is needed."""
    logvar = logvar.clamp(-10, 10)
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


@KL.mistake
def kl_in_bits(mu: Tensor, logvar: Tensor) -> Tensor:
    """Your KL is in bits, with the logarithm to base 2; this course counts nats: the natural logarithm, logvar as it
    comes."""
    return kl_closed_form(mu, logvar) / math.log(2)


@KL.mistake
def kl_edits_its_input(mu: Tensor, logvar: Tensor) -> Tensor:
    """The number is right, but you changed a tensor you were given: exp_ and mul_ write into logvar, and the next line
    that uses it gets something else. Use exp and *, without the underscore."""
    log_sigma_squared = logvar.clone()
    return 0.5 * (mu**2 + logvar.exp_() - 1 - log_sigma_squared).sum(-1)


KL.mistake(cut_off(kl_closed_form))


# 2.4


def monte_carlo_probe(answer: Answer) -> Iterator[Seen]:
    samples = 4000
    given = in_short({"mu": MU, "logvar": LOGVAR, "samples": samples})
    returned, failed = attempt(lambda: answer(MU.clone(), LOGVAR.clone(), samples), given)
    if failed or returned is None:
        yield failed or Seen("the result", "None", given)
        return
    if not (isinstance(returned, tuple | list) and len(returned) == 2):
        yield Seen("the result", f"one {type(returned).__name__}", given)
        return
    estimate, error = (torch.as_tensor(part).detach().cpu().double() for part in returned)
    yield Seen("the shape of the estimate", str(tuple(estimate.shape)), given)
    yield Seen("the shape of the standard error", str(tuple(error.shape)), given)
    if estimate.shape != error.shape or estimate.shape != MU.shape[:1]:
        return  # numbers that chance alone decides would hide which mistake it is
    yield Seen("the estimate, within chance", estimate, given, tolerance=0.2)
    yield Seen("the logarithm of the standard error, within chance", error.log(), given, tolerance=0.15)
    again = torch.as_tensor(answer(MU.clone(), LOGVAR.clone(), samples)[0]).detach().cpu().double()
    yield Seen("two calls", "give the same" if torch.equal(estimate, again) else "differ by chance", given)


MONTE_CARLO = Exercise(
    number="2.4",
    title="The KL by drawing",
    task="""Estimate the same KL without its formula: draw samples of z from q(z|x), average log q(z|x) - log p(z). mu and logvar
    are (B, J), samples is their number. Return the estimate and its standard error, each (B,). reparameterize and
    log_density are at hand.""",
    minutes=12,
    difficulty=3,
    reference=kl_monte_carlo,
    probe=monte_carlo_probe,
    hints=(
        "A KL is an average over q of a difference of two log-densities: draw, take the difference, average.",
        "Give mu and logvar a new first axis of length samples: mu.expand(samples, *mu.shape) is (K, B, J), one draw each.",
        "log_density sums over latents, so the difference is (K, B); return its mean(0), and its std(0) / sqrt(samples).",
    ),
)


def _log_ratios(
    mu: Tensor, logvar: Tensor, samples: int, draw=reparameterize
) -> tuple[Tensor, Tensor, Tensor]:
    """z, log q(z|x) and log p(z) for `samples` draws: (K, B, J), (K, B), (K, B)."""
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z = draw(mu, logvar)
    zero = torch.zeros_like(z)
    return z, log_density(z, mu, logvar), log_density(z, zero, zero)


def _mean_and_error(values: Tensor) -> tuple[Tensor, Tensor]:
    return values.mean(0), values.std(0) / math.sqrt(len(values))


@MONTE_CARLO.mistake
def monte_carlo_reversed(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Your estimate is minus the KL: the difference is log q(z|x) - log p(z), in this order."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_pz - log_qz_x)


@MONTE_CARLO.mistake
def monte_carlo_no_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average log q(z|x) alone, so where mu lies makes no difference: subtract log p(z), which says how far from the
    prior the draws are."""
    _, log_qz_x, _ = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_qz_x)


@MONTE_CARLO.mistake
def monte_carlo_no_posterior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average -log p(z) alone, so a narrow region costs no more than a wide one: add log q(z|x)."""
    _, _, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(-log_pz)


@MONTE_CARLO.mistake
def monte_carlo_from_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You draw z from the prior; the average is over q(z|x), so draw there. From the prior this estimates minus the
    reversed KL."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: torch.randn_like(mu))
    return _mean_and_error(log_qz_x - log_pz)


@MONTE_CARLO.mistake
def monte_carlo_at_the_mean(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You compare the densities at mu, where nothing is drawn: every sample is the same and the standard error 0. Draw z
    around mu first."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: mu)
    return _mean_and_error(log_qz_x - log_pz)


@MONTE_CARLO.mistake
def monte_carlo_spread_not_error(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; the second number is how far a single draw strays. The error of their mean is that, divided
    by the square root of their number."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0)


@MONTE_CARLO.mistake
def monte_carlo_no_root(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; its error shrinks with the square root of the number of draws, and you divide by the number
    itself."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0) / samples


@MONTE_CARLO.mistake
def monte_carlo_variance(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; for its error you divide the variance where the standard deviation belongs."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).var(0) / math.sqrt(samples)


@MONTE_CARLO.mistake
def monte_carlo_all_images(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average over the images too; average over the draws, axis 0, and keep one estimate per image."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    ratio = log_qz_x - log_pz
    return ratio.mean(), ratio.std() / math.sqrt(ratio.numel())


@MONTE_CARLO.mistake
def monte_carlo_wrong_axis(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average over the images and keep the draws: the draws are axis 0."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(1), (log_qz_x - log_pz).std(1) / math.sqrt(samples)


@MONTE_CARLO.mistake
def monte_carlo_mean_over_latents(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average over the latents; log-densities of independent latents add up."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error((log_qz_x - log_pz) / mu.shape[-1])


@MONTE_CARLO.mistake
def monte_carlo_narrow_draws(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You draw with exp(logvar), the variance, as the standard deviation: the draws are not those of q(z|x). Use
    reparameterize, or exp(logvar / 2)."""
    _, log_qz_x, log_pz = _log_ratios(
        mu, logvar, samples, draw=lambda mu, lv: mu + lv.exp() * torch.randn_like(mu)
    )
    return _mean_and_error(log_qz_x - log_pz)


@MONTE_CARLO.mistake
def monte_carlo_seeded(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Two calls give the very same number: a seed is set inside, or draws are kept. An estimate you cannot repeat
    with new draws tells nothing about its error."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(samples, *mu.shape, generator=generator)
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, lv: mu + (0.5 * lv).exp() * noise)
    return _mean_and_error(log_qz_x - log_pz)


# 2.5


def negative_elbo(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """What a VAE minimises: minus the ELBO, averaged over the batch, a scalar in nats per image."""
    log_px_z = bernoulli_log_likelihood(x_logits, x)  # (B,)
    kl = kl_closed_form(mu, logvar)  # (B,)
    return -(log_px_z - kl).mean()


ELBO = Exercise(
    number="2.5",
    title="The loss of a VAE",
    task="""From images x and x_logits, both (B, 1, H, W), and mu and logvar, (B, J), make the number that training
    minimises: minus the ELBO, averaged over the images, in nats per image. bernoulli_log_likelihood and kl_closed_form are
    at hand.""",
    minutes=5,
    difficulty=1,
    reference=negative_elbo,
    probe=each(
        {
            "x": PIXELS[:1, :, :1, :1],
            "x_logits": LOGITS[:1, :, :1, :1],
            "mu": MU[:1, :1],
            "logvar": LOGVAR[:1, :1],
        },
        {"x": PIXELS, "x_logits": LOGITS, "mu": MU, "logvar": LOGVAR},
        gradients=["x_logits", "mu", "logvar"],
    ),
    hints=(
        "The ELBO of an image is how well z explains it, minus what z costs.",
        "elbo = log_px_z - kl, each (B,). A bound is to be pushed up; an optimizer goes down.",
        "Take minus the mean of bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar).",
    ),
)


@ELBO.mistake
def elbo_minimised(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You return the ELBO itself, so an optimizer would make the model as bad as it can: minimise minus the ELBO."""
    return -negative_elbo(x, x_logits, mu, logvar)


@ELBO.mistake
def kl_rewarded(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The KL has the wrong sign in your loss: regions would be paid for leaving the prior. The loss is
    -log p(x|z) + KL."""
    return -(bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)).mean()


@ELBO.mistake
def likelihood_rewarded(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log p(x|z) enters your loss with a plus: the worse an image is rebuilt, the smaller the loss. Only the KL is added."""
    return (bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)).mean()


@ELBO.mistake
def elbo_pixel_mean(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You average the pixels and sum the latents: one pixel against a whole code, which for 784 pixels is a beta of 784
    unsaid. Sum over the pixels."""
    return (-bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_closed_form(mu, logvar)).mean()


@ELBO.mistake
def elbo_latent_mean(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You average the KL over the latents, so it counts J times too little: sum over the latents."""
    return (-bernoulli_log_likelihood(x_logits, x) + kl_per_latent(mu, logvar).mean(-1)).mean()


@ELBO.mistake
def elbo_both_means(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Pixels and latents are both averaged, so neither term is in nats per image, and beta is D / J unsaid: sum over pixels
    and latents, average over images last."""
    return (-bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_per_latent(mu, logvar).mean(-1)).mean()


@ELBO.mistake
def elbo_batch_sum(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You add up the images, so the loss and every step grow with the batch: average over the images."""
    return -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum()


@ELBO.mistake
def kl_summed_over_batch(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You average log p(x|z) over the images but add up their KLs: a beta of B unsaid, which changes with the batch size.
    Average both."""
    return -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar).sum()


@ELBO.mistake
def likelihood_summed_over_batch(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You add up log p(x|z) over the images but average their KLs, which makes the KL B times too weak. Average both."""
    return -bernoulli_log_likelihood(x_logits, x).sum() + kl_closed_form(mu, logvar).mean()


@ELBO.mistake
def elbo_per_image(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Each image has its loss, and they are right; backward needs one number: average over the images."""
    return -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar))


@ELBO.mistake
def elbo_no_kl(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The KL is missing: this trains an autoencoder with a detour, whose random points decode to trash. Add the KL."""
    return -bernoulli_log_likelihood(x_logits, x).mean()


@ELBO.mistake
def elbo_only_kl(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Only the KL is there: the best answer to it is to say nothing about any image. Subtract log p(x|z)."""
    return kl_closed_form(mu, logvar).mean()


@ELBO.mistake
def elbo_sigmoid_twice(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You hand sigmoid(x_logits) to a likelihood that applies sigmoid itself: no pixel can be surer than 0.73. Hand it
    x_logits."""
    return negative_elbo(x, x_logits.sigmoid(), mu, logvar)


@ELBO.mistake
def elbo_arguments_swapped(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You swapped image and logits in bernoulli_log_likelihood: the prediction comes first, then the image."""
    return negative_elbo(x_logits, x, mu, logvar)


@ELBO.mistake
def elbo_squared_error(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You use a squared error as it comes; it is in nats only when divided by 2 std^2. For these logits take
    bernoulli_log_likelihood."""
    return (((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1) + kl_closed_form(mu, logvar)).mean()


ELBO.mistake(cut_off(negative_elbo))


# 2.6


class GaussianHeads(nn.Module):
    """From features (B, hidden_dim) to mu and logvar, (B, latent_dim) each: two linear layers, nothing after them."""

    def __init__(self, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.to_mu = nn.Linear(hidden_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim, latent_dim)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        return self.to_mu(h), self.to_logvar(h)


def heads_probe(answer: Answer) -> Iterator[Seen]:
    hidden_dim, latent_dim = 7, 3
    given = f"hidden_dim = {hidden_dim}, latent_dim = {latent_dim}"
    heads, failed = attempt(lambda: answer(hidden_dim, latent_dim), given)
    if failed or heads is None:
        yield failed or Seen("the result", "None", given)
        return
    h = 40 * torch.randn(500, hidden_dim)
    given += " and features h (500, 7), some of them large"
    returned, failed = attempt(lambda: heads(h), given)
    if failed or not (isinstance(returned, tuple | list) and len(returned) == 2):
        yield failed or Seen("what forward returns", f"one {type(returned).__name__}", given)
        return
    mu, logvar = returned
    again = heads(h)
    yield Seen("the shape of mu", str(tuple(mu.shape)), given)
    yield Seen("the shape of logvar", str(tuple(logvar.shape)), given)
    for name, values in (("mu", mu), ("logvar", logvar)):
        yield Seen(f"{name} can be negative", str(bool((values < -0.01).any())), given)
        yield Seen(f"{name} can be positive", str(bool((values > 0.01).any())), given)
        yield Seen(f"{name} is cut off at 0", str(bool((values == 0).any())), given)
        yield Seen(f"{name} can be larger than 2", str(bool((values.abs() > 2).any())), given)
    yield Seen(
        "mu and logvar are the same numbers", str(mu.shape == logvar.shape and torch.equal(mu, logvar)), given
    )
    yield Seen(
        "two calls with the same h agree",
        str(torch.equal(mu, again[0]) and torch.equal(logvar, again[1])),
        given,
    )
    weights = list(heads.parameters()) if isinstance(heads, nn.Module) else []
    found = (returned[0].sum() + 2 * returned[1].sum()).requires_grad and weights
    slopes = torch.autograd.grad(mu.sum() + 2 * logvar.sum(), weights, allow_unused=True) if found else [None]
    yield Seen(
        "an optimizer finds weights, and all of them learn", str(all(s is not None for s in slopes)), given
    )


HEADS = Exercise(
    number="2.6",
    title="Two heads",
    task="""Write a module that turns features h (B, hidden_dim) into the distribution q(z|x): GaussianHeads(hidden_dim,
    latent_dim)(h) returns mu and logvar, (B, latent_dim) each. Both may be any real number.""",
    minutes=6,
    difficulty=1,
    reference=GaussianHeads,
    probe=heads_probe,
    hints=(
        "mu and logvar are different things said about the same features: which layers may they share, which not?",
        "Two nn.Linear(hidden_dim, latent_dim), or one of twice the width that is cut in two with chunk(2, -1).",
        "Make the layers in __init__ as attributes of self, and return both in forward, with nothing after them.",
    ),
)


def _heads_mistake(sentence: str, forward, **layers) -> None:
    """A wrong module: forward(self, h), and layers name -> (hidden_dim, latent_dim) -> layer, both by default."""

    def answer(hidden_dim: int, latent_dim: int) -> nn.Module:
        module = GaussianHeads(hidden_dim, latent_dim)
        for name, make in layers.items():
            setattr(module, name, make(hidden_dim, latent_dim))
        module.forward = lambda h: forward(module, h)
        return module

    answer.__doc__ = sentence
    HEADS.mistake(answer)


def _shared(module: nn.Module, h: Tensor) -> tuple[Tensor, Tensor]:
    return module.to_mu(h), module.to_mu(h)


_heads_mistake(
    """mu and logvar come out of one layer, the same numbers twice: where a region lies would decide how wide it is.
    Give each its own layer.""",
    _shared,
    to_logvar=lambda hidden_dim, latent_dim: nn.Identity(),
)
_heads_mistake(
    """mu passes a ReLU, so no region can lie on the negative side, half the prior in each latent: nothing comes after the
    layer.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h)),
)
_heads_mistake(
    """logvar passes a ReLU, so no region can be narrower than the prior: a log-variance may be negative, and mostly is.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).relu()),
)
_heads_mistake(
    """Both heads pass a ReLU: no region on the negative side, none narrower than the prior. Nothing comes after the
    layers.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h).relu()),
)
_heads_mistake(
    """Your second number is never negative, as if it were a variance; what is asked for is its logarithm, straight from
    the layer, with no exp or softplus.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h)) + 0.02),
)
_heads_mistake(
    """mu passes a tanh, so no region can lie beyond 1, where a third of the prior's draws fall in each latent: nothing
    comes after the layer.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h)),
)
_heads_mistake(
    """mu passes a sigmoid, so it stays between 0 and 1: regions may lie anywhere, and nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h).sigmoid() + 0.02, module.to_logvar(h)),
)
_heads_mistake(
    """logvar passes a tanh, so a standard deviation stays between 0.6 and 1.6: nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).tanh()),
)
_heads_mistake(
    """The layers are made anew in every call, so they never learn and the same h gets other answers: make them once, in
    __init__.""",
    lambda module, h: (nn.Linear(7, 3)(h), nn.Linear(7, 3)(h)),
)
_heads_mistake(
    """The layers stand where PyTorch does not look, in a list or a dict: no optimizer would find their weights. Make them
    attributes of self, or use nn.ModuleList.""",
    lambda module, h: (module.hidden[0](h), module.hidden[1](h)),
    to_mu=lambda hidden_dim, latent_dim: nn.Identity(),
    to_logvar=lambda hidden_dim, latent_dim: nn.Identity(),
    hidden=lambda hidden_dim, latent_dim: [nn.Linear(hidden_dim, latent_dim) for _ in range(2)],
)
_heads_mistake(
    """The features themselves come out as mu, (B, hidden_dim): mu needs a layer down to latent_dim.""",
    lambda module, h: (h, module.to_logvar(h)),
    to_mu=lambda hidden_dim, latent_dim: nn.Identity(),
)


# 2.7

LOG_PX_Z = torch.tensor(
    [[-102.3, -88.1, -910.4], [-99.7, -91.6, -907.2], [-104.9, -86.2, -912.8], [-101.1, -89.9, -905.5]]
)
LOG_PZ = torch.tensor([[-3.1, -2.4, -4.2], [-2.2, -3.7, -1.9], [-5.3, -2.8, -3.3], [-2.6, -4.5, -2.1]])
LOG_QZ_X = torch.tensor([[1.2, 0.4, 2.3], [-0.7, 1.9, 0.6], [2.1, -1.3, 0.2], [0.9, 1.4, -0.8]])

IMPORTANCE = Exercise(
    number="2.7",
    title="A sharper bound",
    task="""For K draws of z per image you have log_px_z, log_pz and log_qz_x, each (K, B). Return the importance-weighted
    bound of each image, log of the average of p(x, z_k) / q(z_k|x) over the K draws, (B,), in nats.""",
    minutes=8,
    difficulty=2,
    reference=importance_weighted,
    probe=each(
        {
            "log_px_z": torch.tensor([[-2.3], [-1.6]]),
            "log_pz": torch.tensor([[-1.2], [-2.7]]),
            "log_qz_x": torch.tensor([[0.4], [-0.9]]),
        },
        {"log_px_z": LOG_PX_Z, "log_pz": LOG_PZ, "log_qz_x": LOG_QZ_X},
        gradients=["log_px_z", "log_pz", "log_qz_x"],
    ),
    hints=(
        "Work with logarithms of weights: log w = log p(x|z) + log p(z) - log q(z|x). Average the weights, not their logarithms.",
        "exp(-900) is 0 in floating point: torch.logsumexp takes exp, sum and log in one step that does not underflow.",
        "An average is a sum divided by K; in logarithms, log_w.logsumexp(0) minus log K.",
    ),
)


@IMPORTANCE.mistake
def mean_of_logs(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You average the logarithms, which gives the ELBO again, only less noisy: average the weights, then take the
    logarithm: logsumexp - log K."""
    return (log_px_z + log_pz - log_qz_x).mean(0)


@IMPORTANCE.mistake
def no_log_k(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You add the weights without dividing by K, so the bound rises by log K for nothing and is no bound at all:
    subtract log K."""
    return (log_px_z + log_pz - log_qz_x).logsumexp(0)


@IMPORTANCE.mistake
def divided_by_k(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You divide the logarithm by K; the weights are to be divided, and in logarithms that subtracts log K."""
    return (log_px_z + log_pz - log_qz_x).logsumexp(0) / len(log_px_z)


@IMPORTANCE.mistake
def prior_dropped(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """log p(z) is missing from the weights: a z far out would count as if the prior drew it often."""
    return importance_weighted(log_px_z, torch.zeros_like(log_pz), log_qz_x)


@IMPORTANCE.mistake
def posterior_dropped(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """log q(z|x) is missing: the draws come from q, and dividing by it undoes that choice."""
    return importance_weighted(log_px_z, log_pz, torch.zeros_like(log_qz_x))


@IMPORTANCE.mistake
def both_dropped(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You average p(x|z) alone, as if z had been drawn from the prior; it came from q, so each draw needs the weight
    p(z) / q(z|x)."""
    return log_px_z.logsumexp(0) - math.log(len(log_px_z))


@IMPORTANCE.mistake
def posterior_sign(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You multiply by q(z|x) where the weight divides by it: log q has a minus."""
    return importance_weighted(log_px_z, log_pz, -log_qz_x)


@IMPORTANCE.mistake
def densities_swapped(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """p(z) and q(z|x) changed places: what the draws were made by goes below the fraction, so log q has the minus."""
    return importance_weighted(log_px_z, log_qz_x, log_pz)


@IMPORTANCE.mistake
def underflow(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """Right in principle, but exp(-900) is 0 in floating point and its logarithm minus infinity: let torch.logsumexp do
    exp, sum and log in one step."""
    return (log_px_z + log_pz - log_qz_x).exp().mean(0).log()


@IMPORTANCE.mistake
def best_draw_only(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You keep only the best of the K draws; they are averaged, so that more draws cannot win by luck."""
    return (log_px_z + log_pz - log_qz_x).max(0).values


@IMPORTANCE.mistake
def over_images(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You average over the images, axis 1, and keep the draws: the draws are axis 0."""
    return importance_weighted(log_px_z.T, log_pz.T, log_qz_x.T)


@IMPORTANCE.mistake
def images_averaged(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You average over the images as well; keep one bound per image, (B,)."""
    return importance_weighted(log_px_z, log_pz, log_qz_x).mean()


@IMPORTANCE.mistake
def all_weights_together(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """You take one logsumexp over draws and images together, where one easy image drowns all others: over axis 0
    only."""
    return (log_px_z + log_pz - log_qz_x).flatten().logsumexp(0) - math.log(log_px_z.numel())


@IMPORTANCE.mistake
def bound_sign(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """This is minus the bound, a loss; asked for is the bound on log p(x) itself."""
    return -importance_weighted(log_px_z, log_pz, log_qz_x)


IMPORTANCE.mistake(cut_off(importance_weighted))

EXERCISES = (BERNOULLI, GAUSSIAN, KL, MONTE_CARLO, ELBO, HEADS, IMPORTANCE)
