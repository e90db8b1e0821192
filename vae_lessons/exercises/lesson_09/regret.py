"""Exercise 9.5: build the likelihood regret."""

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_09.regret_probe import IMAGES, PoorlyEncoded, exact_regret, regret_probe


def regret(model: nn.Module, x: Tensor) -> Tensor:
    """How many nats of ELBO each image (B, 1, H, W) gains by a search for its own mu and logvar: (B,)."""
    with torch.no_grad():
        mu, logvar = model.encode(x)  # (B, J) each
        before = elbo(model, x, mu, logvar, draws=200)  # (B,)
    mu, logvar = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(400):
        loss = -elbo(model, x, mu, logvar, draws=5).sum()  # every image has a mu and logvar of its own
        mu.grad, logvar.grad = torch.autograd.grad(loss, (mu, logvar))  # none for the model
        optimizer.step()
    with torch.no_grad():
        return elbo(model, x, mu, logvar, draws=200) - before


def elbo(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor, draws: int) -> Tensor:
    """The ELBO of each image under q(z|x) = N(mu, exp(logvar)), averaged over draws: (B,)."""
    z = mu + (0.5 * logvar).exp() * torch.randn(draws, *mu.shape, device=mu.device)  # (draws, B, J)
    log_px_z = torch.stack([model.log_likelihood(model.decode(one), x) for one in z]).mean(0)  # (B,)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)  # (B,)
    return log_px_z - kl


def _measure(
    model: PoorlyEncoded,
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    fit: float = 1,
    price: float = 1,
    noise: str = "std",
) -> Tensor:
    """fit * E log p(x|z) - price * KL, exactly; noise: z is drawn with the std, with the variance, or not at all."""
    variance = {"std": logvar.exp(), "variance": (2 * logvar).exp(), "none": torch.zeros_like(logvar)}[noise]
    spread = 0.5 * (variance * model.weight.square().sum(0)).sum(1)  # (B,), for pixels with a std of 1
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    return fit * (model.log_likelihood(model.decode(mu), x) - spread) - (price * kl if price else 0)


def _optimum(model: PoorlyEncoded, x: Tensor, fit: float = 1, price: float = 1, noise: str = "std") -> tuple:
    """The mu and logvar for which this measure is highest."""
    weight = model.weight
    mu = torch.linalg.solve(price * torch.eye(3) + fit * weight.T @ weight, fit * weight.T @ x.flatten(1).T).T
    power = fit * weight.square().sum(0)  # (J,)
    if noise == "variance":
        variance = (-price / 2 + (price**2 / 4 + 2 * price * power).sqrt()) / (2 * power)
    else:
        variance = price / (power + price) if noise == "std" else torch.ones(3)
    return mu, variance.clamp(min=1e-12).log().expand_as(mu)


def _gain(searched: dict, measured: dict | None = None):
    """By how much a measure rises in a search for the highest of the same measure, or of another one."""

    def wrong(model, x):
        best = _optimum(model, x, **searched)
        how = searched if measured is None else measured
        return _measure(model, x, *best, **how) - _measure(model, x, *model.encode(x), **how)

    return wrong


def _kl_between(one: tuple, other: tuple) -> Tensor:
    (mu, logvar), (mu_p, logvar_p) = one, other
    return 0.5 * ((mu - mu_p) ** 2 / logvar_p.exp() + (logvar - logvar_p).exp() - 1 - logvar + logvar_p).sum(
        1
    )


def _shared(model, x):
    mu, logvar = model.best(x)
    return model.elbo(x, mu.mean(0).expand_as(mu), logvar) - model.elbo(x, *model.encode(x))


SINGLE = {
    """The sign is inverted: regret is the ELBO after the search minus that before it, and higher for what is more
    anomalous.""": lambda model, x: -exact_regret(model, x),
    """This is the ELBO after the search. The ELBO of the encoder's q is not subtracted.""": (
        lambda model, x: model.elbo(x, *model.best(x))
    ),
    """This is minus the ELBO after the search. Regret is the difference of the ELBO after the search and that of the
    encoder's q.""": lambda model, x: -model.elbo(x, *model.best(x)),
    """This is the ELBO of the encoder's q. Search for a better q, and return the difference.""": (
        lambda model, x: model.elbo(x, *model.encode(x))
    ),
    """This is minus the ELBO of the encoder's q. Search for a better q, and return the difference.""": (
        lambda model, x: -model.elbo(x, *model.encode(x))
    ),
    """You add the two ELBOs; regret is their difference.""": (
        lambda model, x: model.elbo(x, *model.best(x)) + model.elbo(x, *model.encode(x))
    ),
    """Your regrets are all about 0: the search has not moved, or you compare the encoder's q with itself.""": (
        lambda model, x: torch.zeros(IMAGES)
    ),
    """Only mu is searched for, or logvar has hardly moved; the encoder's logvar can be improved as well.""": (
        lambda model, x: model.elbo(x, model.best(x)[0], model.encode(x)[1]) - model.elbo(x, *model.encode(x))
    ),
    """Only logvar is searched for, or mu has hardly moved; the encoder's mu can be improved as well.""": (
        lambda model, x: model.elbo(x, model.encode(x)[0], model.best(x)[1]) - model.elbo(x, *model.encode(x))
    ),
    """You return by how much the KL changes. Regret compares ELBOs: log p(x|z) minus the KL.""": _gain(
        {}, {"fit": 0.0, "price": -1.0}
    ),
    """You return by how much the KL changes, with the sign inverted. Regret compares ELBOs: log p(x|z) minus the
    KL.""": _gain({}, {"fit": 0.0, "price": 1.0}),
    """Your KL is twice as large as it should be: is the factor 1/2 there?""": _gain({"price": 2.0}),
    """Your log p(x|z) is averaged over the pixels; it is a sum.""": _gain({"fit": 1 / 12}),
    """This is about a twelfth of the regret. Do you divide by the pixels, or does the search end very early?""": (
        lambda model, x: exact_regret(model, x) / 12
    ),
    """This is about a third of the regret. Do you divide by the latents, or does the search end too early?""": (
        lambda model, x: exact_regret(model, x) / 3
    ),
    """This is in bits. The ELBO is in nats.""": lambda model, x: exact_regret(model, x) / 0.6931,
    """You search for one mu and logvar for all images. Each image gets its own.""": _shared,
}

SHARED = {
    """The KL is missing or weighs too little, in the search or where you compare. It is the sum over the latents, with
    the weight 1.""": (_gain({"price": 0.0}), _gain({}, {"price": 0.0}), _gain({"price": 1 / 3})),
    """Your regrets are too high by about what the width of q costs in log p(x|z). Is z drawn from q wherever you need
    an ELBO, with the standard deviation exp(logvar / 2), and not left at mu? Or do you keep the highest of
    many noisy values?""": (
        _gain({"noise": "variance"}),
        _gain({"noise": "none"}),
        _gain({}, {"noise": "none"}),
    ),
}

EXACT = {
    """This is the KL of the q that you found from the encoder's. Regret compares their ELBOs.""": (
        lambda model, x: _kl_between(model.best(x), model.encode(x))
    ),
    """This is the KL of the encoder's q from the one that you found. Regret compares their ELBOs.""": (
        lambda model, x: _kl_between(model.encode(x), model.best(x))
    ),
    """This is the KL of the q that you found from the prior. Regret is a difference of two ELBOs.""": (
        lambda model, x: _measure(model, x, *model.best(x), fit=0.0, price=-1.0)
    ),
    """This is how far mu has moved. Regret is measured in nats of ELBO.""": lambda model, x: (
        model.best(x)[0] - model.encode(x)[0]
    ).norm(dim=1),
    """This is the square of how far mu has moved. Regret is measured in nats of ELBO.""": (
        lambda model, x: (model.best(x)[0] - model.encode(x)[0]).square().sum(1)
    ),
    """This is the sum over the images, for each image; each has a regret of its own.""": (
        lambda model, x: exact_regret(model, x).sum().expand(IMAGES)
    ),
    """This is the mean over the images, for each image; each has a regret of its own.""": (
        lambda model, x: exact_regret(model, x).mean().expand(IMAGES)
    ),
}

KNOWN = [
    *SINGLE.items(),
    *((sentence, wrong) for sentence, all_wrong in SHARED.items() for wrong in all_wrong),
]


EXERCISE = Exercise(
    number="9.5",
    title="Build: likelihood regret",
    task="""An encoder serves all images with one set of weights. How much better could a single image be served?
    Write regret(model, x): for images x (B, 1, H, W) the ELBO of the best Gaussian q(z|x) with independent latents that
    a search finds for each image, minus the ELBO of the encoder's q; (B,), in nats. Use model.encode(x) -> mu, logvar,
    model.decode(z) -> x_logits and model.log_likelihood(x_logits, x) -> (B,). The prior is N(0, I). Leave the model's
    weights as they are. Any method will do.""",
    minutes=20,
    difficulty=3,
    reference=regret,
    shown=(regret, elbo),
    probe=regret_probe(KNOWN, EXACT.items()),
    hints=(
        "mu and logvar can be parameters of an optimiser, just as weights are. Where does the search begin, and which "
        "loss does it lower?",
        "Write one function for the ELBO under given mu and logvar, averaged over draws of z. Use it before the "
        "search, as its loss, and after it.",
        "Adam with a learning rate of 0.05, 400 steps and 5 draws will do for the search, 200 draws for the two ELBOs "
        "that you compare. Hand only mu and logvar to the optimiser.",
    ),
    seconds=60,
)

for sentence, wrong in [*KNOWN, *EXACT.items()]:
    EXERCISE.recognise(sentence, lambda model, x, wrong=wrong: wrong(model, x))


EXERCISE.recognise(
    """Some regrets are too low: more can be gained. Does the search go on for long enough, for mu and logvar both? Is
    its loss minus the whole ELBO, with z = mu + exp(logvar / 2) * eps drawn anew in each step?""",
    lambda model, x: 0.75 * exact_regret(model, x),
)


EXERCISE.recognise(
    """For some images your regret is below 0: what you found there is worse than the encoder's q. Does the search begin
    at the encoder's mu and logvar, or go on for long enough? Is the loss minus the ELBO, with its KL? Is z drawn in
    each step, with the standard deviation exp(logvar / 2), and are gradients set to zero? Has every image a mu and a
    logvar of its own?""",
    lambda model, x: exact_regret(model, x) - 8,
)


EXERCISE.recognise(
    """Some regrets are higher than any Gaussian q can reach. Is the whole KL in both ELBOs? Are both averaged over new
    draws, not the highest of many noisy values?""",
    lambda model, x: 1.2 * exact_regret(model, x) + 0.5,
)


EXERCISE.recognise(
    """Your regrets change from call to call, so that some are too high or too low by chance. Average both ELBOs over
    more draws.""",
    lambda model, x: exact_regret(model, x) + 6 * torch.randn(IMAGES),
)


EXERCISE.recognise(
    """Some regrets are too high, others too low, in every call. Is each the ELBO of this image's best q minus that of
    its encoder's q?""",
    lambda model, x: exact_regret(model, x) + torch.tensor([4.0, -3.0, 5.0, -4.0, 6.0, -5.0]),
)


EXERCISE.recognise(
    """Your result holds NaN or infinity: the search diverged, or you took the logarithm of a negative number. Try a
    smaller learning rate.""",
    lambda model, x: exact_regret(model, x) * float("nan"),
)


EXERCISE.recognise(
    """You return one number. Every image has a regret of its own, (B,): do not add up or average over the images.""",
    lambda model, x: exact_regret(model, x).sum(),
)


EXERCISE.recognise(
    """You return a column, (B, 1): one number per image is (B,).""",
    lambda model, x: exact_regret(model, x)[:, None],
)


EXERCISE.recognise(
    """You return (B, B): a column and a row were combined, and every image met every other one.""",
    lambda model, x: exact_regret(model, x)[:, None] - exact_regret(model, x),
)


EXERCISE.recognise(
    """You return one number per latent. One per image is asked for, (B,), the gain in ELBO.""",
    lambda model, x: model.encode(x)[0],
)


EXERCISE.recognise(
    """You return one number per pixel. One per image is asked for, (B,), the gain in ELBO.""",
    lambda model, x: x,
)


EXERCISE.recognise(
    """You return several numbers per image, it seems one for each draw or step. One per image is asked for, (B,).""",
    lambda model, x: exact_regret(model, x).expand(5, IMAGES),
)


EXERCISE.recognise(
    """Return one thing, the regrets (B,), and not several.""",
    lambda model, x: (exact_regret(model, x), exact_regret(model, x)),
)


@EXERCISE.mistake
def model_trained(model, x):
    """You change the model. Its weights must stay as they are: hand only mu and logvar to the optimiser."""
    with torch.no_grad():
        model.weight.mul_(1.001)
    return exact_regret(model, x)


@EXERCISE.mistake
def images_changed(model, x):
    """The regrets are right, but you change x, which was passed in."""
    result = exact_regret(model, x)
    x.mul_(1.5)
    return result


@EXERCISE.mistake
def no_gradient(model, x):
    """No gradient reaches mu and logvar: nothing may cut it, such as no_grad or detach around the loss, and both need
    requires_grad_()."""
    mu, _ = (value.detach() for value in model.encode(x))
    mu.sum().backward()


@EXERCISE.mistake
def not_a_leaf(model, x):
    """mu and logvar come out of the encoder, so they hang on its weights: detach() them before requires_grad_()."""
    torch.optim.Adam(list(model.encode(x)))


@EXERCISE.mistake
def several_losses(model, x):
    """backward() needs one number: add up the losses of the images."""
    model.encode(x)[0].sum(1).backward()


@EXERCISE.mistake
def graph_used_twice(model, x):
    """mu and logvar still hang on the encoder, whose graph is gone after the first step: detach() them before the
    search."""
    loss = model.encode(x)[0].square().sum()
    loss.backward()
    loss.backward()
