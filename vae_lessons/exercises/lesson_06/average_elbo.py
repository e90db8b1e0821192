"""Exercise 6.5: mend the loop that averages the ELBO over images."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt
from vae_lessons.exercises.lesson_06.inputs import _IMAGES
from vae_lessons.kl import kl_closed_form, kl_per_latent
from vae_lessons.likelihoods import bernoulli_log_likelihood


class Recorder(nn.Module):
    """A conditional VAE without chance, which notes how it was called and sees its images differently while
    training."""

    in_words = "a small conditional VAE in training mode"

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(11)
        self.table = nn.Parameter(torch.randn(3, 2, generator=numbers))
        self.weight = nn.Parameter(0.7 * torch.randn(2, 6, generator=numbers))
        self.out = nn.Parameter(torch.randn(6, 2, generator=numbers))
        self.modes, self.slopes, self.sizes = [], [], []

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if len(x) != len(y):
            raise ValueError(f"{len(x)} images came with {len(y)} labels")
        self.modes.append("training" if self.training else "eval")
        self.slopes.append("on" if torch.is_grad_enabled() else "off")
        self.sizes.append(str(len(x)))
        h = (x.flatten(1) - 0.5) * (1.5 if self.training else 1.0)
        mu = h @ self.weight.T + self.table[y]
        return (mu @ self.out.T).view_as(x), mu, 0.5 * mu - 0.8

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        return bernoulli_log_likelihood(x_logits, x)


def average_elbo(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> float:
    """The ELBO averaged over all images (N, 1, H, W), in nats per image; leaves the model in eval mode."""
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            x_logits, mu, logvar = model(x, y)
            total += (model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum().item()
    return total / len(images)


def average_elbo_as_given(model, images, labels, batch_size):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            x = images[start : start + batch_size]
            y = labels[start : start + batch_size]
            x_logits, mu, logvar = model(x, y)
            elbo = model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)
            total += elbo.mean().item()
    return total / len(images)


_MANY = torch.cat([_IMAGES, _IMAGES.flip(0).sqrt(), _IMAGES[:1] ** 3])  # (7, 1, 2, 3)


_THEIR_LABELS = torch.tensor([2, 0, 1, 1, 0, 2, 0])


def elbo_probe(answer: Answer) -> Iterator[Seen]:
    for count, batch_size in ((2, 2), (4, 2), (7, 3)):
        model = Recorder()
        inputs = {"images": _MANY[:count], "labels": _THEIR_LABELS[:count], "batch_size": batch_size}
        given = f"{count} images, their labels, batch_size = {batch_size}"
        handed = [inputs["images"].clone(), inputs["labels"].clone(), batch_size]
        with torch.enable_grad():
            returned, failed = attempt(lambda model=model, handed=handed: answer(model, *handed), given)
            slopes_after = "on" if torch.is_grad_enabled() else "off"
        if failed or returned is None:
            yield failed or Seen("the result", "None", given)
            return
        yield Seen("the model's mode at work", " and ".join(sorted(set(model.modes))), given)
        yield Seen("gradients at work", " and ".join(sorted(set(model.slopes))), given)
        yield Seen("the model's mode afterwards", "training" if model.training else "eval", given)
        yield Seen("gradients afterwards", slopes_after, given)
        yield Seen("images per batch", ", ".join(model.sizes), given)
        yield Seen("the average ELBO", as_tensor(returned), given)


EXERCISE = Exercise(
    number="6.5",
    title="Mend this cell: an evaluation loop",
    task="""average_elbo(model, images, labels, batch_size) should return the ELBO of a conditional VAE, averaged over
    all images (N, 1, H, W), in nats per image: one number. model(x, y) gives x_logits, mu, logvar, and
    model.log_likelihood(x_logits, x) and kl_closed_form(mu, logvar) are (B,). It works on batch_size images at a
    time, in eval mode, without building gradients, and leaves the model in eval mode. The cell runs, but its number
    depends on batch_size. Find the one bug and mend it.""",
    minutes=10,
    difficulty=3,
    reference=average_elbo,
    probe=elbo_probe,
    hints=(
        "Take 7 images in batches of 3: how much does each image count in the result?",
        "elbo.mean() has already divided by the images of its batch. Which numbers have to be added up, and what is "
        "their sum divided by? (Not by the number of batches: the last one is not full.)",
        "A batch has to contribute in proportion to its images. Test yourself: 7 images give the same number with "
        "batch_size 1, 3 and 7.",
    ),
    given=average_elbo_as_given,
)


def _elbo_mistake(
    sentence: str,
    before=nn.Module.eval,
    slopes=torch.no_grad,
    labels_of=lambda labels, start, x: labels[start : start + len(x)],
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)
    ),
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item() / len(images),
    after=lambda model: None,
    rows=lambda images, batch_size: list(range(0, len(images), batch_size)),
) -> None:
    """A wrong average_elbo: the steps that differ."""

    def answer(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> object:
        before(model)
        values = []
        with slopes():
            for start in rows(images, batch_size):
                x = images[start : start + batch_size]
                x_logits, mu, logvar = model(x, labels_of(labels, start, x))
                values.append(score(model, x, x_logits, mu, logvar))
        result = together(values, len(values), images, batch_size)
        after(model)
        return result

    EXERCISE.recognise(sentence, answer)


def _of_batches(values: list[Tensor], batches: int, images: Tensor, batch_size: int) -> float:
    return sum(batch.mean().item() for batch in values) / batches


def _full_batches(images: Tensor, batch_size: int) -> list[int]:
    return list(range(0, len(images) - batch_size + 1, batch_size))


_elbo_mistake(
    """The average is right, but the model is measured in training mode, where dropout and the like change its
    numbers.""",
    before=lambda model: None,
    after=lambda model: model.eval(),
)


_elbo_mistake(
    """The average is mended, but model.eval() is gone: in training mode dropout and the like change the model's
    numbers.""",
    before=lambda model: None,
)


_elbo_mistake(
    """The model is in training mode, and the averages of batches are averaged, so the images of the last batch count
    too much.""",
    before=lambda model: None,
    together=_of_batches,
)


_elbo_mistake(
    """The number is right, but gradients are recorded and thrown away, which costs memory and time.""",
    slopes=torch.enable_grad,
)


_elbo_mistake(
    """The average is mended, but model.eval() and torch.no_grad() are gone.""",
    before=lambda model: None,
    slopes=torch.enable_grad,
)


_elbo_mistake(
    """The number is right, but you leave the model in training mode.""",
    after=lambda model: model.train(),
)


_elbo_mistake(
    """The number is right, but gradients stay switched off for everything that follows: use `with torch.no_grad():`,
    which restores them.""",
    after=lambda model: torch.set_grad_enabled(False),
)


_elbo_mistake(
    """You leave out the last batch when it is not full, so some images never count.""",
    rows=_full_batches,
    together=lambda values, batches, images, batch_size: torch.cat(values).mean().item(),
)


_elbo_mistake(
    """You leave out the last batch when it is not full, but still divide by the number of all images.""",
    rows=_full_batches,
)


_elbo_mistake(
    """You divide by the number of batches times batch_size, as if the last batch were full.""",
    together=lambda values, batches, images, batch_size: (
        torch.cat(values).sum().item() / (batches * batch_size)
    ),
)


_elbo_mistake(
    """You multiply each batch's average by batch_size, but the last batch has fewer images.""",
    together=lambda values, batches, images, batch_size: (
        sum(batch.mean().item() for batch in values) * batch_size / len(images)
    ),
)


_elbo_mistake(
    """You add up the images of each batch, but divide by the number of batches.""",
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item() / batches,
)


_elbo_mistake(
    """You average the averages of the batches, so the few images of the last one count as much as those of a full
    batch.""",
    together=_of_batches,
)


_elbo_mistake(
    """You divide the sum by batch_size instead of by the number of all images.""",
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item() / batch_size,
)


_elbo_mistake(
    """This is the sum over all images, not their average.""",
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item(),
)


_elbo_mistake(
    """You return one number for each image; the task asks for their average.""",
    together=lambda values, batches, images, batch_size: torch.cat(values),
)


_elbo_mistake(
    """You return one number for each batch; the task asks for the average over all images.""",
    together=lambda values, batches, images, batch_size: [batch.mean().item() for batch in values],
)


_elbo_mistake(
    """Only the last batch counts: the total is overwritten in every round.""",
    together=lambda values, batches, images, batch_size: values[-1].mean().item(),
)


_elbo_mistake(
    """You return the last batch's sum divided by the number of all images: the total is overwritten in every round.""",
    together=lambda values, batches, images, batch_size: values[-1].sum().item() / len(images),
)


_elbo_mistake(
    """You return after the first batch: the return is inside the loop.""",
    rows=lambda images, batch_size: [0],
    together=lambda values, batches, images, batch_size: values[0].mean().item(),
)


_elbo_mistake(
    """You return after the first batch, divided by the number of all images: the return is inside the loop.""",
    rows=lambda images, batch_size: [0],
)


_elbo_mistake(
    """All batches get the labels of the first one.""",
    labels_of=lambda labels, start, x: labels[: len(x)],
)


_elbo_mistake(
    """Every batch gets all labels, more than it has images.""",
    labels_of=lambda labels, start, x: labels,
    rows=lambda images, batch_size: (
        [0] if len(images) == batch_size else list(range(0, len(images), batch_size))
    ),
)


_elbo_mistake(
    """The labels are in reverse order, so images get those of others.""",
    labels_of=lambda labels, start, x: labels.flip(0)[start : start + len(x)],
)


_elbo_mistake(
    """You ignore the labels and give the model 0 each time.""",
    labels_of=lambda labels, start, x: torch.zeros(len(x), dtype=torch.int64),
)


_elbo_mistake(
    """The KL is missing, so this is log p(x|z) alone.""",
    score=lambda model, x, x_logits, mu, logvar: model.log_likelihood(x_logits, x),
)


_elbo_mistake(
    """You add the KL, so a larger KL would raise the ELBO.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)
    ),
)


_elbo_mistake(
    """This is minus the ELBO, a loss.""",
    score=lambda model, x, x_logits, mu, logvar: (
        kl_closed_form(mu, logvar) - model.log_likelihood(x_logits, x)
    ),
)


_elbo_mistake(
    """You average over the pixels, so a whole image counts as one pixel beside its KL: log_likelihood has summed them
    already.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) / x[0].numel() - kl_closed_form(mu, logvar)
    ),
)


_elbo_mistake(
    """You average the KL over the latents, but they add up, as in kl_closed_form.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) - kl_per_latent(mu, logvar).mean(1)
    ),
)


_elbo_mistake(
    """You pass log_likelihood the sigmoid, but it applies sigmoid itself: pass x_logits.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits.sigmoid(), x) - kl_closed_form(mu, logvar)
    ),
)


_elbo_mistake(
    """You swapped the arguments of log_likelihood: x_logits first, then x.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x, x_logits) - kl_closed_form(mu, logvar)
    ),
)


_elbo_mistake(
    """You swapped mu and logvar in the KL: mu comes first.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) - kl_closed_form(logvar, mu)
    ),
)


EXERCISE.recognise(
    """The number is right, but all images go through the model at once, which may not fit in memory for a whole test
    set.""",
    lambda model, images, labels, batch_size: average_elbo(model, images, labels, len(images)),
)


EXERCISE.recognise(
    """The number is right, but you go image by image, which takes long.""",
    lambda model, images, labels, batch_size: average_elbo(model, images, labels, 1),
)


def _in_batches(
    model: nn.Module, images: Tensor, labels: Tensor, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """log_px_z and kl of each batch, as they should be computed."""
    model.eval()
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            x_logits, mu, logvar = model(x, y)
            yield model.log_likelihood(x_logits, x), kl_closed_form(mu, logvar)


@EXERCISE.mistake
def by_the_last_batch(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> float:
    """You add up all images, and divide by the number in the last batch; the average divides by all of them."""
    terms = list(_in_batches(model, images, labels, batch_size))
    return sum((log_px_z - kl).sum().item() for log_px_z, kl in terms) / len(terms[-1][0])


@EXERCISE.mistake
def one_term_averaged(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> float:
    """You add up log p(x|z) over the images of a batch, but average the KL, so the KL counts too little."""
    terms = _in_batches(model, images, labels, batch_size)
    return sum((log_px_z.sum() - kl.mean()).item() for log_px_z, kl in terms) / len(images)


@EXERCISE.mistake
def other_term_averaged(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> float:
    """You add up the KL over the images of a batch, but average log p(x|z), so the KL counts too much."""
    terms = _in_batches(model, images, labels, batch_size)
    return sum((log_px_z.mean() - kl.sum()).item() for log_px_z, kl in terms) / len(images)
