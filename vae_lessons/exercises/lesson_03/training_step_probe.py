"""What exercise 3.4 looks at in a step of training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import Tensor, equal, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.probes import attempt
from vae_lessons.vae import VAE


class GradientDescent:
    """The plainest optimizer; those of torch take seconds to wake up."""

    def __init__(self, weights: Iterator[Tensor], lr: float) -> None:
        self.param_groups = [{"params": list(weights), "lr": lr}]
        self.steps: list[str] = []  # for each call of step, whether there were gradients

    def zero_grad(self, set_to_none: bool = True) -> None:
        for weight in self.param_groups[0]["params"]:
            weight.grad = None if set_to_none or weight.grad is None else torch.zeros_like(weight)

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        loss = None if closure is None else closure()
        weights = [one for one in self.param_groups[0]["params"] if one.grad is not None]
        self.steps.append("with gradients" if any(bool(one.grad.any()) for one in weights) else "without")
        with torch.no_grad():
            for weight in weights:
                weight -= self.param_groups[0]["lr"] * weight.grad
        return loss


IMAGES = torch.linspace(0.05, 0.95, 3 * 784).view(3, 1, 28, 28)


LEARNING_RATE = 1e-4


def step_probe(answer: Answer) -> Iterator[Seen]:
    given = "a small VAE, its optimizer, and a batch of three images"
    torch.manual_seed(5)
    start = VAE(latent_dim=5, hidden_dim=6)
    with torch.no_grad():
        start.to_logvar.weight.zero_()
        start.to_logvar.bias.fill_(-30.0)  # q(z|x) so narrow that chance does not show in the numbers below
        for weights in (start.to_mu.weight, start.decoder[0].weight):
            weights.mul_(4)
    model = deepcopy(start)
    optimizer = GradientDescent(model.parameters(), LEARNING_RATE)
    order: list[int] = []  # how often step had been called at each time that gradients arrived
    called: list[int] = []  # the same for each time that backward was called
    for weight in model.parameters():
        weight.register_hook(lambda _: order.append(len(optimizer.steps)))
    before = _weights(model)
    for count in ("first", "second"):
        x = IMAGES.clone()
        with _watched_backward(lambda: called.append(len(optimizer.steps))):
            loss, failed = attempt(lambda: answer(model, optimizer, x), given)  # noqa: B023  (called at once)
        if failed:
            yield failed
            return
        now, failed = attempt(lambda: _weights(model), given)
        if failed or now.shape != before.shape:
            yield failed or Seen("the model", "has other weights", given)
            return
        step, before = now - before, now
        if count == "first":
            if loss is None and not step.any() and not order:
                yield Seen("the result", "None", given)
                return
            moved = _how_moved(bool(step.any()), order, optimizer.steps, called)
            yield Seen("the weights after the first step", moved, given)
            if moved != "moved":
                return
        what = "a tuple" if isinstance(loss, tuple | list) else as_tensor(loss)
        yield Seen(f"the loss of the {count} step", what, given, tolerance=1e-3)
        yield Seen(f"the length of the {count} step", step.norm(), given, tolerance=1e-3)
        yield Seen(f"the {count} step, weight by weight", step / step.norm(), given, tolerance=3e-3)
        yield Seen("x after the call", "as it was" if equal(x, IMAGES) else "changed", given)
    yield Seen("the model afterwards", "in training mode" if model.training else "in evaluation mode", given)
    yield from _wide_regions(answer, start)


def _how_moved(moved: bool, order: list[int], steps: list[str], called: list[int]) -> str:
    """Whether the weights moved, and if not, why; order, steps and called as in step_probe."""
    if moved:
        return "moved" if steps else "moved, and not by the optimizer handed in"
    if not steps:
        return "where they were: step is never called"
    if not called:
        return "where they were: backward is never called"
    if not order:
        return "where they were: no gradient reaches them"
    if min(order) > 0:
        return "where they were: backward comes after step"
    return (
        "where they were: no gradients are left at step"
        if "with gradients" not in steps
        else "where they were"
    )


@contextmanager
def _watched_backward(tell: Callable[[], None]) -> Iterator[None]:
    """Inside, tell is called with every backward of a tensor."""
    original = Tensor.backward

    def backward(tensor: Tensor, *arguments: object, **named: object) -> None:
        tell()
        original(tensor, *arguments, **named)

    Tensor.backward = backward
    try:
        yield
    finally:
        Tensor.backward = original


def _wide_regions(answer: Answer, start: VAE) -> Iterator[Seen]:
    """What chance does: q(z|x) is made wide, and enough images averaged for its effect to be the same each time."""
    given = "the same VAE with a wide q(z|x), and 150 images"
    start.to_logvar.bias.data.fill_(1.5)
    x = IMAGES.repeat(50, 1, 1, 1)
    losses, states, steps = [], [], []
    for seed in (1, 2):
        model = deepcopy(start)
        optimizer = GradientDescent(model.parameters(), LEARNING_RATE)
        torch.manual_seed(seed)
        loss, failed = attempt(lambda: answer(model, optimizer, x.clone()), given)  # noqa: B023  (called at once)
        if failed or not isinstance(as_tensor(loss), Tensor) or as_tensor(loss).numel() != 1:
            yield failed or Seen("a later loss", "None" if loss is None else "another kind of thing", given)
            return
        losses.append(as_tensor(loss).flatten())
        states.append(torch.random.get_rng_state())
        steps.append((model.to_logvar.bias - start.to_logvar.bias).detach() / LEARNING_RATE)
    yield Seen("z is drawn by chance", str(not equal(*losses)), given)
    yield Seen("the seed afterwards", "reset by the call" if equal(*states) else "left alone", given)
    if equal(*losses):
        return
    yield Seen("the loss", (losses[0] + losses[1]) / 2, given, tolerance=0.1)
    yield Seen("the step of the bias of logvar", (steps[0] + steps[1]).mean() / 2, given, tolerance=0.25)


def _weights(model: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()]).double()
