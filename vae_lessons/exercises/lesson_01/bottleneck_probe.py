"""What exercise 1.2 looks at in an encoder and a decoder."""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.probes import attempt


def bottleneck_probe(answer: Answer) -> Iterator[Seen]:
    for latent_dim in (7, 37):  # 37 numbers of both signs, whatever the draw of the weights
        given = f"latent_dim = {latent_dim}"
        pair, failed = attempt(lambda n=latent_dim: answer(n), given)
        two = isinstance(pair, tuple | list) and len(pair) == 2
        if failed or pair is None or (two and pair[0] is None and pair[1] is None):
            yield failed or Seen("the result", "None", given)
            return
        if not (two and all(callable(part) for part in pair)):
            yield Seen("the result", f"not a pair of modules, but a {type(pair).__name__}", given)
            return
        for part in pair:
            if isinstance(part, nn.Module):
                attempt(part.eval, given)  # dropout and batch statistics aside
        images = 3 * torch.randn(5, 1, 28, 28)
        codes = yield from _first_look(
            answer, "the encoder", pair[0], images, (5, latent_dim), f"{given}, 5 images"
        )
        if codes is None:
            return
        seen = yield from _first_look(
            answer, "the decoder", pair[1], torch.randn(5, latent_dim), (5, 1, 28, 28), f"{given}, 5 codes"
        )
        if seen is None:
            return
    for name, part, values in (
        ("codes", pair[0], 3 * torch.randn(24, 1, 28, 28)),
        ("x_logits", pair[1], 10 * torch.randn(24, latent_dim)),
    ):
        given = f"latent_dim = {latent_dim}, 24 {_taken(name)}"
        facts, failed = attempt(lambda look=(name, part, values, given): list(_closer_look(*look)), given)
        yield from [failed] if failed else facts


def _taken(name: str) -> str:
    return "images" if name == "codes" else "codes"


def _first_look(
    answer: Answer, who: str, part: Callable, taken: Tensor, expected: tuple, given: str
) -> Iterator[Seen]:
    """Does a part return what it should have? If not, in which way; returns its output, or None."""
    returned, failed = attempt(lambda: part(taken), given)
    if failed:
        yield Seen(f"what {who} does", _why(part, taken, expected) or failed.value, given, error=failed.error)
        return None
    if not isinstance(returned, Tensor):
        yield Seen(f"what {who} returns", f"a {type(returned).__name__}, not a tensor", given)
        return None
    shape = tuple(returned.shape)
    if (
        who == "the encoder"
        and len(shape) == 2
        and shape != expected
        and _same_for_any_length(answer, shape, taken)
    ):
        yield Seen(f"what {who} returns", "the same number of codes for every latent_dim", given)
        return None
    yield Seen(f"the shape of what {who} returns", str(shape), given)
    return returned if shape == expected else None


def _why(part: Callable, taken: Tensor, expected: tuple) -> str:
    """What a part that fails would have taken instead, or nothing."""

    def shape_for(other: Tensor) -> tuple:
        returned, _ = attempt(lambda: part(other), "")
        return tuple(returned.shape) if isinstance(returned, Tensor) else ()

    if taken.ndim == 4 and shape_for(taken.flatten(1)) == expected:
        return "fails, but takes images laid out as (5, 784)"
    if taken.ndim == 4 and shape_for(torch.randn(5, expected[1]))[-2:] == (28, 28):
        return "fails, but takes codes and returns images"
    single = shape_for(taken[:1])
    if single and single == expected[1:]:
        return "fails for 5, and drops the batch axis of a single one"
    if taken.ndim == 2 and any(shape_for(torch.randn(5, length)) == expected for length in FAMILIAR_LENGTHS):
        return "fails, but takes codes of another length"
    if any(shape_for(torch.cat([taken] * 52)[:size]) == (size, *expected[1:]) for size in FAMILIAR_SIZES):
        return "fails for 5, but not for some other number"
    return ""


FAMILIAR_LENGTHS = (*range(1, 33), 50, 64, 100, 128, 200, 256, 400, 512, 784)  # of a code


FAMILIAR_SIZES = (1, 2, 3, 4, 8, 10, 16, 32, 50, 64, 100, 128, 200, 256)  # of a batch


def _same_for_any_length(answer: Answer, shape: tuple, images: Tensor) -> bool:
    other, failed = attempt(lambda: answer(shape[1] + 8)[0](images), "")
    return not failed and isinstance(other, Tensor) and tuple(other.shape) == shape


def _closer_look(name: str, part: Callable, values: Tensor, given: str) -> Iterator[Seen]:
    """What a part with the right shapes does: is it a module that can learn, and which numbers does it return?"""
    named = dict(part.named_parameters()) if isinstance(part, nn.Module) else {}
    yield Seen(f"weights that an optimizer finds for {name}", "some" if named else "none", given)
    if not named:
        return
    part, asked = _without_zeros(part), values
    weights, values = list(part.parameters()), values.requires_grad_()
    numbers, again, alone = part(values.clone()), part(values.clone()), part(values[:1].clone())
    finite = bool(numbers.isfinite().all())
    yield Seen(f"{name} are numbers", "all" if finite else "not all", given)
    if not finite:
        return
    size = numbers.detach().abs().max() + 1e-12
    same = bool((numbers - again).abs().max() < 1e-4 * size)
    yield Seen(f"{name} in two calls", "the same" if same else "differ", given)
    if not same:
        return
    by_itself = (
        alone.numel() == numbers[:1].numel()
        and (alone.view(-1) - numbers[0].view(-1)).abs().max() < 1e-3 * size
    )
    yield Seen(f"{name} of one depend on the others in the batch", "no" if by_itself else "yes", given)
    yield Seen(f"the axes of {name} for a batch of one", str(alone.ndim), given)
    varies = bool((numbers - numbers[:1]).abs().max() > 1e-4 * size)
    yield Seen(f"different {_taken(name)} give different {name}", "yes" if varies else "no", given)
    yield Seen(f"{name} of each have the same size", _normalised(numbers.detach()), given)
    slopes, failed = attempt(
        lambda: torch.autograd.grad((numbers**2).sum(), [values, *weights], allow_unused=True), given
    )
    learns = not failed and any(slope is not None and slope.abs().sum() > 0 for slope in slopes[1:])
    yield Seen(f"a gradient reaches the weights behind {name}", "yes" if learns else "no", given)
    if name == "x_logits" and learns and slopes[0] is not None:
        used = (slopes[0].abs().sum(0) > 0).sum().item()
        yield Seen("latents that the decoder uses", "all" if used == values.shape[1] else "not all", given)
    larger = _with_weights(part, 10)(asked).detach()  # so that no bias decides the sign
    sign = "both"
    if not (larger < 0).any():
        sign = "never negative, some exactly 0" if (numbers == 0).any() else "never negative"
    elif not (larger > 0).any():
        sign = "never positive"
    yield Seen(f"the sign of {name}", sign, given)
    bounded = bool((larger.abs() <= 1.001).all())
    yield Seen(f"{name} with weights 10 times as large", "stay within 1" if bounded else "grow", given)
    yield Seen(f"how far {name} can go", _limits(part, asked), given)
    training, failed = attempt(lambda: _trained(part)(asked[:1]), given)
    alike = not failed and isinstance(training, Tensor) and training.shape == alone.shape
    yield Seen(f"a batch of one, in training, for {name}", "works" if alike else "fails", given)
    if alike:
        yield Seen(f"how far {name} can go in training", _limits(_trained(part), asked), given)


def _copied(part: nn.Module) -> nn.Module:
    """A copy whose weights may be changed; where there is no copy, the module itself."""
    twin, _ = attempt(lambda: copy.deepcopy(part), "")
    return part if twin is None else twin


def _without_zeros(part: nn.Module) -> nn.Module:
    """The module with chance in the matrices that begin as zeros, as last layers sometimes do."""
    twin, generator = _copied(part), torch.Generator().manual_seed(0)
    for weight in twin.parameters():
        if weight.ndim > 1 and not weight.any():
            drawn = torch.randn(weight.shape, generator=generator) / weight[0].numel() ** 0.5
            weight.data.copy_(drawn)
    return twin


def _with_weights(part: nn.Module, factor: float) -> nn.Module:
    """The module with all weights so many times as large."""
    twin = _copied(part)
    for weight in twin.parameters():
        weight.data.mul_(factor)
    return twin


def _trained(part: nn.Module) -> nn.Module:
    """A copy in the mode that training puts a model in."""
    return _copied(part).train()


def _limits(part: nn.Module, values: Tensor) -> str:
    """Whether numbers grow with the weights in both directions, or stop at a limit, as after an activation."""
    with torch.no_grad():
        far, farther = (_with_weights(part, factor)(values).nan_to_num() for factor in (30, 300))
    above, below = bool(farther.max() > 3 * far.max().abs()), bool(-farther.min() > 3 * far.min().abs())
    if above and below:
        return "as far as one likes"
    return (
        "no lower than a limit"
        if above
        else "no higher than a limit"
        if below
        else "no farther than two limits"
    )


def _normalised(numbers: Tensor) -> str:
    """Whether the numbers of every image have one length, or one mean and spread, as after a normalisation."""
    rows = numbers.flatten(1)  # (B, J)
    varies = (rows - rows.mean(0)).norm(dim=1).mean()  # from image to image
    if varies < 1e-4 * rows.norm(dim=1).mean():
        return "no"  # all alike, which is another finding
    one_length = rows.norm(dim=1).std() < 1e-2 * varies
    one_spread = max(rows.std(1).std(), rows.mean(1).std()) < 1e-2 * varies / rows.shape[1] ** 0.5
    return "yes" if one_length or one_spread else "no"
