"""Exercises of lesson 01: shapes that fit, the best linear code, and what rebuilding gets wrong."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.exercises.exercise import Answer, Exercise, Prediction, Seen
from vae_lessons.exercises.probes import attempt, cut_off, each, listed, writes_into

# 1.1


def side_out(side_in: int, kernel: int, stride: int, padding: int) -> int:
    """The side of what a transposed convolution returns: patches one stride apart, the borders cut off."""
    return (side_in - 1) * stride + kernel - 2 * padding


SIDE = Exercise(
    number="1.1",
    title="The side of a picture",
    task="""A transposed convolution stamps one kernel x kernel patch for every cell of its input; the patches of
    neighbours begin stride pixels apart and may overlap. Then padding pixels are cut off at each border. Write
    side_out(side_in, kernel, stride, padding): the side of what it returns, in pixels, one number.""",
    minutes=5,
    difficulty=1,
    reference=side_out,
    probe=each(
        *(
            {"side_in": side_in, "kernel": kernel, "stride": stride, "padding": padding}
            for side_in, kernel, stride, padding in [
                (3, 5, 2, 0),
                (3, 5, 2, 1),
                (8, 4, 2, 1),
                (5, 6, 3, 2),
                (9, 4, 5, 0),
                (7, 3, 1, 1),
            ]
        )
    ),
    hints=(
        "Draw it: three cells, a kernel of 5, stride 2. Where does each patch begin, and where does the last one end?",
        "From the first patch to the last there are side_in - 1 strides; the last patch then adds its whole kernel.",
        "(side_in - 1) * stride + kernel, and padding goes off twice, once at each border.",
    ),
)
SIDE.recognise(
    """This is the formula of the ordinary convolution, which makes a picture smaller; a transposed one goes the other
    way. Solve it for side_in.""",
    lambda side_in, kernel, stride, padding: (side_in + 2 * padding - kernel) // stride + 1,
)
SIDE.recognise(
    """You count one stride per cell, but there is one fewer than cells: between three cells lie two strides.""",
    lambda side_in, kernel, stride, padding: side_in * stride + kernel - 2 * padding,
)
SIDE.recognise(
    """You take padding off once; a picture has two borders.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel - padding,
)
SIDE.recognise(
    """You add the padding. In an ordinary convolution it goes on before; in a transposed one it comes off
    afterwards.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel + 2 * padding,
)
SIDE.recognise(
    """Your answer does not depend on padding: so many pixels come off at each of the two borders.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel,
)
SIDE.recognise(
    """You set the patches one pixel apart: neighbours begin stride pixels apart.""",
    lambda side_in, kernel, stride, padding: side_in - 1 + kernel - 2 * padding,
)
SIDE.recognise(
    """You are one pixel short: the last patch adds its whole kernel, not kernel - 1 (which is right for how far it
    reaches beyond its first pixel).""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel - 1 - 2 * padding,
)
SIDE.recognise(
    """You are one pixel too far: the + 1 belongs to the ordinary convolution (or to an output_padding, which nobody
    asked for).""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel + 1 - 2 * padding,
)
SIDE.recognise(
    """You stop where the last patch begins: it is kernel pixels wide.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - 2 * padding,
)
SIDE.recognise(
    """You multiply the side by the stride. That is so only when kernel - stride = 2 * padding, as in this lesson's
    decoder: in general kernel and padding count too.""",
    lambda side_in, kernel, stride, padding: side_in * stride,
)
SIDE.recognise(
    """You add the stride once; it is the step from every patch to the next, so it counts side_in - 1 times.""",
    lambda side_in, kernel, stride, padding: side_in - 1 + stride + kernel - 2 * padding,
)
SIDE.recognise(
    """The strides are right, but kernel and padding have each other's sign: a larger kernel makes the picture larger,
    more padding makes it smaller.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - kernel + 2 * padding,
)
SIDE.recognise(
    """You subtract the kernel; here a larger kernel makes the picture larger.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - kernel - 2 * padding,
)
SIDE.recognise(
    """kernel and stride changed places: patches begin stride apart, and the last one is kernel wide.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * kernel + stride - 2 * padding,
)
SIDE.recognise(
    """You multiply everything by stride; only the steps between patches are, so check your brackets.""",
    lambda side_in, kernel, stride, padding: (side_in - 1 + kernel - 2 * padding) * stride,
)
SIDE.recognise(
    """You cut the padding off the input, before the patches are stamped: it comes off the result, in pixels, without
    the stride.""",
    lambda side_in, kernel, stride, padding: (side_in - 1 - 2 * padding) * stride + kernel,
)
SIDE.recognise(
    """side_in - 1 * stride takes the stride off once, because * goes before -: put brackets around side_in - 1.""",
    lambda side_in, kernel, stride, padding: side_in - 1 * stride + kernel - 2 * padding,
)
SIDE.recognise(
    """You count side_in + 1 strides; between three cells lie two.""",
    lambda side_in, kernel, stride, padding: (side_in + 1) * stride + kernel - 2 * padding,
)
SIDE.recognise(
    """You lay the patches side by side, kernel pixels each; neighbours begin stride pixels apart and overlap.""",
    lambda side_in, kernel, stride, padding: side_in * kernel - 2 * padding,
)
SIDE.recognise(
    """You return height and width; asked is one number, since both are the same.""",
    lambda side_in, kernel, stride, padding: (
        side_out(side_in, kernel, stride, padding),
        side_out(side_in, kernel, stride, padding),
    ),
)
SIDE.recognise(
    """This is the number of all pixels; asked is the side.""",
    lambda side_in, kernel, stride, padding: side_out(side_in, kernel, stride, padding) ** 2,
)


# 1.2


def bottleneck(latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """An encoder (B, 1, 28, 28) -> (B, latent_dim) and a decoder (B, latent_dim) -> logits (B, 1, 28, 28)."""
    encoder = nn.Sequential(
        nn.Flatten(),  # (B, 784)
        nn.Linear(784, 200),  # (B, 200)
        nn.ReLU(),
        nn.Linear(200, latent_dim),  # (B, latent_dim)
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, 200),  # (B, 200)
        nn.ReLU(),
        nn.Linear(200, 784),  # (B, 784)
        nn.Unflatten(1, (1, 28, 28)),  # (B, 1, 28, 28)
    )
    return encoder, decoder


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
    weights, values = list(named.values()), values.requires_grad_()
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
    slopes, failed = attempt(
        lambda: torch.autograd.grad((numbers**2).sum(), [values, *weights], allow_unused=True), given
    )
    learns = not failed and any(slope is not None and slope.abs().sum() > 0 for slope in slopes[1:])
    yield Seen(f"a gradient reaches the weights behind {name}", "yes" if learns else "no", given)
    if name == "x_logits" and learns and slopes[0] is not None:
        used = (slopes[0].abs().sum(0) > 0).sum().item()
        yield Seen(
            "latents that the decoder looks at", "all" if used == values.shape[1] else "not all", given
        )
    with torch.no_grad():  # large weights, so that no bias decides the sign and no bound stays unseen
        larger = torch.func.functional_call(
            part, {key: 10 * weight for key, weight in named.items()}, (values,)
        )
    sign = "both"
    if not (larger < 0).any():
        sign = "never negative, some exactly 0" if (numbers == 0).any() else "never negative"
    elif not (larger > 0).any():
        sign = "never positive"
    yield Seen(f"the sign of {name}", sign, given)
    bounded = bool((larger.abs() <= 1.001).all())
    yield Seen(f"{name} with weights 10 times as large", "stay within 1" if bounded else "grow", given)


BOTTLENECK = Exercise(
    number="1.2",
    title="A bottleneck that fits",
    task="""Write bottleneck(latent_dim), which returns two modules (encoder, decoder). encoder takes images (B, 1, 28,
    28) and returns codes (B, latent_dim); decoder takes codes and returns logits (B, 1, 28, 28). Codes and logits may
    be any real number. Any layers will do, as long as they fit for every B and every latent_dim.""",
    minutes=10,
    difficulty=2,
    reference=bottleneck,
    probe=bottleneck_probe,
    hints=(
        "Write the shape after each layer as a comment, batch first. Which layer has to know latent_dim?",
        "Fully connected is enough: flatten, two linear layers with a ReLU between, and the same backwards.",
        "The encoder ends in nn.Linear(200, latent_dim), the decoder in nn.Unflatten(1, (1, 28, 28)).",
    ),
)


def _bottleneck_mistake(
    sentence: str,
    encoder: Callable[[int], object] | None = None,
    decoder: Callable[[int], object] | None = None,
) -> None:
    """A wrong pair: encoder and decoder are latent_dim -> part; the reference's where nothing is given."""

    def answer(latent_dim: int) -> tuple[object, object]:
        right = bottleneck(latent_dim)
        return (
            encoder(latent_dim) if encoder else right[0],
            decoder(latent_dim) if decoder else right[1],
        )

    BOTTLENECK.recognise(sentence, answer)


class _Does(nn.Module):
    """A module with these layers, whose forward is do(layers, x); hidden: where an optimizer does not look."""

    def __init__(
        self, layers: nn.Module, do: Callable[[nn.Module, Tensor], object], hidden: bool = False
    ) -> None:
        super().__init__()
        self.layers = [layers] if hidden else nn.ModuleList([layers])
        self.do = do

    def forward(self, x: Tensor) -> object:
        return self.do(self.layers[0], x)


def _encoder(latent_dim: int) -> nn.Module:
    return bottleneck(latent_dim)[0]


def _decoder(latent_dim: int) -> nn.Module:
    return bottleneck(latent_dim)[1]


_bottleneck_mistake(
    """Your encoder flattens the batch away, so several images become one long row: nn.Flatten() keeps axis 0,
    x.flatten() and nn.Flatten(0) do not.""",
    encoder=lambda n: nn.Sequential(nn.Flatten(0), nn.Linear(784, n)),
)
_bottleneck_mistake(
    """Your encoder wants images that are flat already, (B, 784), but they come as (B, 1, 28, 28): begin with
    nn.Flatten().""",
    encoder=lambda n: nn.Linear(784, n),
)
_bottleneck_mistake(
    """The number of batch entries is written into your encoder, so it fits only batches of that size (the last batch
    of an epoch is smaller): reshape with len(x), or -1 on axis 0, or use nn.Flatten.""",
    encoder=lambda n: _Does(nn.Linear(784, n), lambda layer, x: layer(x.view(64, 784))),
)
_bottleneck_mistake(
    """The number of batch entries is written into your decoder, so it fits only batches of that size: reshape with
    len(z), or -1 on axis 0, or use nn.Unflatten.""",
    decoder=lambda n: _Does(nn.Linear(n, 784), lambda layer, z: layer(z).view(64, 1, 28, 28)),
)
_bottleneck_mistake(
    """Your encoder returns as many numbers whatever latent_dim is: either a fixed number stands where latent_dim
    belongs, or the last layer, down to latent_dim, is missing.""",
    encoder=lambda n: _encoder(2),
    decoder=lambda n: _decoder(2),
)
_bottleneck_mistake(
    """Your decoder returns flat rows, (B, 784); an image has a channel, a height and a width: end with
    nn.Unflatten(1, (1, 28, 28)) or a view.""",
    decoder=lambda n: _decoder(n)[:-1],
)
_bottleneck_mistake(
    """The channel axis is missing, (B, 28, 28); compared with x, (B, 1, 28, 28), it would broadcast every image
    against every other: unflatten to (1, 28, 28).""",
    decoder=lambda n: nn.Sequential(*_decoder(n)[:-1], nn.Unflatten(1, (28, 28))),
)
for _side in (14, 24, 25, 26, 27, 29, 30, 32, 34, 56):
    _bottleneck_mistake(
        f"""Your decoder draws {_side} x {_side} pixels instead of 28 x 28. Follow the side through your layers with the
        formula of exercise 1.1, or with layer_shapes, and change a kernel, a stride or a padding.""",
        decoder=lambda n, side=_side: nn.Sequential(nn.Linear(n, side**2), nn.Unflatten(1, (1, side, side))),
    )
_bottleneck_mistake(
    """Your decoder draws 3 channels, as for colour images; these have one.""",
    decoder=lambda n: nn.Sequential(nn.Linear(n, 3 * 784), nn.Unflatten(1, (3, 28, 28))),
)
_bottleneck_mistake(
    """Your decoder's first layer has a fixed number where latent_dim belongs: it takes codes of one length only.""",
    decoder=lambda n: _decoder(2),
)
_bottleneck_mistake(
    """A squeeze() also removes the batch axis when a batch holds a single image: squeeze only the axes you mean, or
    use flatten(1).""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x).squeeze()),
)
_bottleneck_mistake(
    """Your codes come as little images, (B, latent_dim, 1, 1): flatten them to (B, latent_dim).""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Unflatten(1, (n, 1, 1))),
)
_bottleneck_mistake(
    """Your encoder returns two numbers for each latent; a plain autoencoder's code is a point, latent_dim numbers.""",
    encoder=lambda n: _encoder(2 * n),
)
_bottleneck_mistake(
    """Your encoder returns several things; a plain autoencoder has one code, a tensor (B, latent_dim).""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: (layers(x), layers(x))),
)
_bottleneck_mistake(
    """Your decoder ends in a sigmoid (or softmax), so it returns ink between 0 and 1; asked are logits, any real
    numbers: the loss applies the sigmoid itself.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.Sigmoid()),
)
_bottleneck_mistake(
    """Your decoder ends in a ReLU, so no logit is below 0 and no pixel can be paler than half ink: nothing comes
    after its last layer.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.ReLU()),
)
_bottleneck_mistake(
    """Your decoder ends in a tanh (or a clamp), so no pixel can be surer than 73 per cent: nothing comes after its
    last layer.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.Tanh()),
)
_bottleneck_mistake(
    """Your decoder returns the logarithm of a probability, never above 0; asked are logits, any real numbers: nothing
    comes after its last layer.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.LogSigmoid()),
)
_bottleneck_mistake(
    """Your codes pass a ReLU, so none is ever negative and some latents may stay at 0 for all images: nothing comes
    after the encoder's last layer.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.ReLU()),
)
_bottleneck_mistake(
    """Your codes all lie between -1 and 1, as after a tanh or a normalisation; the bottleneck is to be narrow, not
    short: nothing comes after the encoder's last layer.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Tanh()),
)
_bottleneck_mistake(
    """Your codes pass a sigmoid (or softmax), so all of them lie between 0 and 1: nothing comes after the encoder's
    last layer.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Sigmoid()),
)
_bottleneck_mistake(
    """Your codes are never negative, as after a softplus or exp: nothing comes after the encoder's last layer.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Softplus()),
)
_bottleneck_mistake(
    """Your decoder draws the same whatever the code is: is z used in its forward, or something that z was multiplied
    away from?""",
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(torch.zeros_like(z))),
)
_bottleneck_mistake(
    """Your encoder returns the same code for every image: is x used in its forward?""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(torch.zeros_like(x))),
)
_bottleneck_mistake(
    """Your decoder looks at some of the latents only, so the others can never tell it anything: hand all of z to its
    first layer.""",
    decoder=lambda n: _Does(_decoder(2), lambda layers, z: layers(z[:, :2])),
)
_bottleneck_mistake(
    """Your encoder's layers stand where PyTorch does not look, in a plain list or outside the module: no optimizer
    would find their weights. Use nn.Sequential, nn.ModuleList or attributes of self.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x), hidden=True),
)
_bottleneck_mistake(
    """Your decoder's layers stand where PyTorch does not look, in a plain list or outside the module: no optimizer
    would find their weights. Use nn.Sequential, nn.ModuleList or attributes of self.""",
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(z), hidden=True),
)
_bottleneck_mistake(
    """The layers of both stand where PyTorch does not look, in plain lists, or in functions that are no modules: no
    optimizer would find their weights. Use nn.Sequential, nn.ModuleList or attributes of self.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x), hidden=True),
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(z), hidden=True),
)
_bottleneck_mistake(
    """Your encoder makes new layers (or new noise) in every call, so one image gets another code each time and
    nothing is ever learnt: make the layers once, in __init__.""",
    encoder=lambda n: _Does(nn.Linear(1, 1), lambda layers, x: _encoder(n)(x)),
)
_bottleneck_mistake(
    """The images of a batch get mixed up in your encoder: a view to (784, B) does not turn rows into columns, it
    deals the pixels out anew. Flatten from axis 1.""",
    encoder=lambda n: _Does(_encoder(n)[1:], lambda layers, x: layers(x.reshape(784, -1).T)),
)
_bottleneck_mistake(
    """The codes carry no gradient, so your encoder cannot learn: look for .detach(), .data or no_grad in its
    forward.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x).detach()),
)
_bottleneck_mistake(
    """The logits carry no gradient, so neither decoder nor encoder can learn: look for .detach(), .data or no_grad in
    the decoder's forward.""",
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(z).detach()),
)
BOTTLENECK.recognise(
    """You return the decoder first: (encoder, decoder), in this order.""",
    lambda latent_dim: bottleneck(latent_dim)[::-1],
)
BOTTLENECK.recognise(
    """You return both in one nn.Sequential; hand them back as two, return encoder, decoder, so that codes can be
    looked at and chosen.""",
    lambda latent_dim: nn.Sequential(*bottleneck(latent_dim)),
)


@BOTTLENECK.mistake
def bottleneck_sigmoid_and_relu(latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """Both ends are squashed: the codes pass a ReLU, so none is negative, and the decoder ends in a sigmoid where
    logits are asked. Nothing comes after either last layer."""
    encoder, decoder = bottleneck(latent_dim)
    return nn.Sequential(encoder, nn.ReLU()), nn.Sequential(decoder, nn.Sigmoid())


# 1.3


def pca_error(x: Tensor, latent_dim: int) -> Tensor:
    """Squared error per image of the best linear rebuilding with latent_dim numbers: x (N, D) -> a scalar."""
    centred = x - x.mean(0)  # (N, D)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:latent_dim]  # (J, D) the widest directions
    z = centred @ axes.T  # (N, J)
    return ((centred - z @ axes) ** 2).sum(1).mean()


PLATES = torch.tensor(
    [
        [0.9, 2.6, -1.3, 0.4, 5.2],
        [1.7, 3.9, -0.2, -2.8, 6.1],
        [-0.6, 2.2, 0.7, 1.9, 4.3],
        [2.8, 4.4, -2.1, -0.9, 7.6],
        [0.3, 3.1, 1.6, 2.7, 5.8],
        [-1.4, 1.8, 0.5, -1.6, 3.7],
        [1.2, 2.9, -0.8, 3.3, 6.9],
    ]
)  # (N, D) with a mean far from 0

PCA = Exercise(
    number="1.3",
    title="PCA by hand",
    task="""Write pca_error(x, latent_dim): the error that the best linear code of latent_dim numbers leaves. x is (N,
    D), N images as rows of D pixels. Return one number: the squared error, summed over pixels and averaged over
    images, like the lesson's 'squared error per image'. (torch.pca_lowrank is not exact enough.)""",
    minutes=10,
    difficulty=3,
    reference=pca_error,
    probe=each(
        {"x": torch.tensor([[1.5, 0.2], [2.7, 1.9], [4.1, 1.3]]), "latent_dim": 1},
        *({"x": PLATES, "latent_dim": latent_dim} for latent_dim in (2, 1, 3, 5)),
    ),
    hints=(
        "The best lines pass through the mean image. Subtract it; which decomposition gives the widest directions?",
        "torch.linalg.svd(centred).Vh has them as rows, widest first; torch.linalg.eigh as columns, widest last.",
        "centred @ axes.T are the codes, times axes the rebuilt images. Square what is left, .sum(1), then .mean().",
    ),
)


def _squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    return ((x - x_hat) ** 2).sum(1).mean()


def _axes(x: Tensor, latent_dim: int) -> Tensor:
    return torch.linalg.svd(x, full_matrices=False).Vh[:latent_dim]  # (J, D)


def _widths(x: Tensor) -> Tensor:
    return torch.linalg.svdvals(x - x.mean(0))  # (D,) singular values, largest first


@PCA.mistake
def pca_not_centred(x: Tensor, latent_dim: int) -> Tensor:
    """You did not subtract the mean image, so the first direction is spent on pointing at it: the best lines pass
    through the mean of x."""
    axes = _axes(x, latent_dim)
    return _squared_error(x, x @ axes.T @ axes)


@PCA.mistake
def pca_projects_uncentred(x: Tensor, latent_dim: int) -> Tensor:
    """Your directions are right, but you project x itself: subtract the mean image before encoding too, and compare
    with what was encoded."""
    axes = _axes(x - x.mean(0), latent_dim)
    return _squared_error(x, x @ axes.T @ axes)


@PCA.mistake
def pca_mean_not_added(x: Tensor, latent_dim: int) -> Tensor:
    """You encode what is left after subtracting the mean image, and then compare with x: add the mean back to x_hat,
    or compare with the centred x."""
    centred = x - x.mean(0)
    axes = _axes(centred, latent_dim)
    return _squared_error(x, centred @ axes.T @ axes)


@PCA.mistake
def pca_axes_uncentred(x: Tensor, latent_dim: int) -> Tensor:
    """You look for the directions in x itself and subtract the mean image afterwards: subtract it before the
    decomposition."""
    centred = x - x.mean(0)
    axes = _axes(x, latent_dim)
    return _squared_error(centred, centred @ axes.T @ axes)


PCA.recognise(
    """You subtract from each image the mean of its pixels, axis 1; asked is the mean image, over axis 0.""",
    lambda x, latent_dim: _squared_error(*_rebuilt(x - x.mean(1, keepdim=True), latent_dim)),
)
PCA.recognise(
    """You subtract one number, the mean of the whole tensor; every pixel has a mean of its own, x.mean(0).""",
    lambda x, latent_dim: _squared_error(*_rebuilt(x - x.mean(), latent_dim)),
)


def _rebuilt(x: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    axes = _axes(x, latent_dim)
    return x, x @ axes.T @ axes


PCA.recognise(
    """You divide every pixel by its standard deviation, so all count alike and the error has another unit: only
    subtract the mean.""",
    lambda x, latent_dim: _squared_error(*_rebuilt((x - x.mean(0)) / x.std(0), latent_dim)),
)
PCA.recognise(
    """You average over pixels as well; in this course an error is summed over the pixels of an image, then averaged
    over images.""",
    lambda x, latent_dim: pca_error(x, latent_dim) / x.shape[1],
)
PCA.recognise(
    """You add up all images, so the error grows with N (squared singular values do so too): divide by the number of
    images.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x),
)
PCA.recognise(
    """You divide by N - 1, as torch.cov and var do; the average over images divides by N.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x) / (len(x) - 1),
)
PCA.recognise(
    """You return one error per image, (N,): average them.""",
    lambda x, latent_dim: ((x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]) ** 2).sum(1),
)
PCA.recognise(
    """You keep the narrowest directions and lose the widest: eigh sorts upwards, so the widest are the last columns;
    svd sorts downwards.""",
    lambda x, latent_dim: (_widths(x).flip(0)[latent_dim:] ** 2).sum() / len(x),
)
PCA.recognise(
    """You keep one direction too many: latent_dim of them.""",
    lambda x, latent_dim: pca_error(x, latent_dim + 1),
)
PCA.recognise(
    """You keep one direction too few: latent_dim of them.""",
    lambda x, latent_dim: pca_error(x, latent_dim - 1),
)
PCA.recognise(
    """You count only the first direction that is lost; all those after it are lost as well: add them up.""",
    lambda x, latent_dim: (_widths(x)[latent_dim : latent_dim + 1] ** 2).sum() / len(x),
)


@PCA.mistake
def pca_only_one_axis(x: Tensor, latent_dim: int) -> Tensor:
    """You keep a single direction, the one at place latent_dim: keep the first latent_dim of them, with a colon."""
    widths = _widths(x) ** 2
    return (widths.sum() - widths[latent_dim - 1]) / len(x)


PCA.recognise(
    """You add up singular values as they are; a squared error is made of their squares.""",
    lambda x, latent_dim: _widths(x)[latent_dim:].sum() / len(x),
)
PCA.recognise(
    """You square eigenvalues; they are squared lengths already (singular values are not).""",
    lambda x, latent_dim: ((_widths(x)[latent_dim:] ** 2 / len(x)) ** 2).sum(),
)
PCA.recognise(
    """This is what the code keeps; the error is what it loses: the directions after the first latent_dim.""",
    lambda x, latent_dim: (_widths(x)[:latent_dim] ** 2).sum() / len(x),
)


@PCA.mistake
def pca_share_lost(x: Tensor, latent_dim: int) -> Tensor:
    """This is the share of the variance that is lost, from 0 to 1; asked is the error itself, in squared ink per
    image."""
    widths = _widths(x) ** 2
    return widths[latent_dim:].sum() / widths.sum()


@PCA.mistake
def pca_share_kept(x: Tensor, latent_dim: int) -> Tensor:
    """This is the share of the variance that is kept, often called explained; asked is the error that is left."""
    widths = _widths(x) ** 2
    return widths[:latent_dim].sum() / widths.sum()


PCA.recognise(
    """You take a root at the end; the lesson's error stays squared.""",
    lambda x, latent_dim: pca_error(x, latent_dim).sqrt(),
)
PCA.recognise(
    """You average distances, the root of each image's squared error: average the squares themselves.""",
    lambda x, latent_dim: (x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]).norm(dim=1).mean(),
)
PCA.recognise(
    """You add up distances pixel by pixel without squaring them: PCA is best by squares, and they are asked.""",
    lambda x, latent_dim: (x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]).abs().sum(1).mean(),
)


@PCA.mistake
def pca_columns_of_vh(x: Tensor, latent_dim: int) -> Tensor:
    """You take columns of Vh; its rows are the directions (torch returns V transposed): Vh[:latent_dim]."""
    centred = x - x.mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:, :latent_dim]  # (D, J)
    return _squared_error(centred, centred @ axes @ axes.T)


@PCA.mistake
def pca_rows_of_eigenvectors(x: Tensor, latent_dim: int) -> Tensor:
    """You take rows of eigh's eigenvectors; its columns are the directions: [:, -latent_dim:]."""
    centred = x - x.mean(0)
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors[-latent_dim:]  # (J, D)
    return _squared_error(centred, centred @ axes.T @ axes)


PCA.recognise(
    """You keep the first latent_dim pixels and lose the others; the best code mixes all pixels: it projects on
    directions.""",
    lambda x, latent_dim: ((x - x.mean(0)) ** 2)[:, latent_dim:].sum(1).mean(),
)
PCA.recognise(
    """This is the error of the mean image alone, without any code: take off what the first latent_dim directions
    explain.""",
    lambda x, latent_dim: pca_error(x, 0),
)
PCA.mistake(writes_into(pca_error, 0))


# 1.4


def rebuilding_error(x_logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x|z) of each image, the cross-entropy summed over pixels: (B, 1, H, W) twice -> (B,) in nats."""
    error = F.binary_cross_entropy_with_logits(x_logits, x, reduction="none")  # (B, 1, H, W)
    return error.flatten(1).sum(1)


def rebuilding_error_given(x_logits, x):
    x_hat = x_logits.sigmoid()
    error = F.binary_cross_entropy_with_logits(x_hat, x, reduction="none")
    return error.flatten(1).sum(1)


LOGITS = torch.tensor(
    [[1.9, -0.4, 0.7, -2.6, 1.2, -0.3], [-1.1, 0.6, 2.2, -0.8, 0.35, -1.7], [0.9, -2.3, 2.9, 1.4, -0.6, 0.5]]
).view(3, 1, 2, 3)
PIXELS = torch.tensor(
    [[0.8, 0.3, 0.65, 0.15, 0.7, 0.4], [0.25, 0.9, 0.85, 0.45, 0.6, 0.1], [0.55, 0.2, 0.95, 0.35, 0.05, 0.75]]
).view(3, 1, 2, 3)  # (B, C, H, W)

REBUILDING = Exercise(
    number="1.4",
    title="Mend this cell: the rebuilding error",
    task="""rebuilding_error(x_logits, x) returns -log p(x|z) of each image, (B,), in nats: the cross-entropy between
    pixels x (B, 1, H, W) and the decoder's logits, summed over pixels. The cell below runs, but its result stays far
    above 0 however well x_hat matches x. It has one bug: mend it.""",
    minutes=5,
    difficulty=1,
    reference=rebuilding_error,
    probe=each(
        {"x_logits": torch.tensor([[[[1.6]]]]), "x": torch.tensor([[[[0.7]]]])},
        {"x_logits": torch.tensor([[[[1.6, -2.7]]]]), "x": torch.tensor([[[[0.7, 0.2]]]])},
        {"x_logits": LOGITS, "x": PIXELS},
        gradients=["x_logits"],
    ),
    hints=(
        "Which numbers does each line want, and which does it get: logits, or probabilities?",
        "A function whose name ends in with_logits applies the sigmoid itself. How often is it applied here?",
        "Hand x_logits to it as they are, or keep x_hat and use the function without with_logits.",
    ),
    given=rebuilding_error_given,
)
REBUILDING.recognise(
    """The sigmoid is right now, but you average over the pixels: -log p(x|z) of an image is the sum over its pixels,
    as it was.""",
    lambda x_logits, x: rebuilding_error(x_logits, x) / x[0].numel(),
)
REBUILDING.recognise(
    """The sigmoid is right now, but you average over the batch too: keep one number per image, (B,), as it was.""",
    lambda x_logits, x: rebuilding_error(x_logits, x).mean(),
)
REBUILDING.recognise(
    """The sigmoid is right now, but you add up all images: keep one number per image, (B,), as it was.""",
    lambda x_logits, x: rebuilding_error(x_logits, x).sum(),
)
REBUILDING.recognise(
    """This is PyTorch's loss as it comes, averaged over pixels and images: keep reduction='none' and the sum over the
    pixels of each image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x),
)
REBUILDING.recognise(
    """The sigmoid is right now, but you return one number per pixel: add up the pixels of each image, as before.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)
REBUILDING.recognise(
    """You add up axis 0, the images, and keep the pixels: flatten(1).sum(1), as it was.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").flatten(1).sum(0),
)
REBUILDING.recognise(
    """You add up one axis of the image only: flatten(1) makes one axis of all pixels first.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(-1),
)
REBUILDING.recognise(
    """You add up height and width and leave the channel axis, (B, 1), which broadcasts against any (B,) it meets:
    flatten(1) makes one axis of all three.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum((2, 3)),
)
REBUILDING.recognise(
    """The sigmoid is right now, but this is log p(x|z), which is negative; an error is minus that.""",
    lambda x_logits, x: -rebuilding_error(x_logits, x),
)
REBUILDING.recognise(
    """You flipped the sign, and the bug is still there; the sign was right. Ask of every function whether it wants
    logits or probabilities.""",
    lambda x_logits, x: -rebuilding_error_given(x_logits, x),
)
REBUILDING.recognise(
    """You average over pixels now, and the bug is still there; the sum was right. Ask of every function whether it
    wants logits or probabilities.""",
    lambda x_logits, x: rebuilding_error_given(x_logits, x) / x[0].numel(),
)
REBUILDING.recognise(
    """You average over the batch now, and the bug is still there; one number per image was right. Ask of every
    function whether it wants logits or probabilities.""",
    lambda x_logits, x: rebuilding_error_given(x_logits, x).mean(),
)
REBUILDING.recognise(
    """Now no sigmoid is left: F.binary_cross_entropy wants probabilities and gets logits. Use either x_hat with
    it, or x_logits with the function that ends in with_logits.""",
    lambda x_logits, x: F.binary_cross_entropy(x_logits, x, reduction="none").flatten(1).sum(1),
)
REBUILDING.recognise(
    """You swapped the arguments: the image is taken for logits. The prediction comes first, the target second.""",
    lambda x_logits, x: rebuilding_error(x, x_logits),
)
REBUILDING.recognise(
    """You swapped the arguments: the image is taken for logits, and x_hat for the target. The prediction comes
    first.""",
    lambda x_logits, x: rebuilding_error(x, x_logits.sigmoid()),
)
REBUILDING.recognise(
    """You swapped x and x_hat: what is measured is how surprising x_hat would be if x were the prediction. The
    prediction comes first, the target second.""",
    lambda x_logits, x: F.binary_cross_entropy(x, x_logits.sigmoid(), reduction="none").flatten(1).sum(1),
)
REBUILDING.recognise(
    """You apply the sigmoid to x; pixels are ink from 0 to 1 already.""",
    lambda x_logits, x: rebuilding_error(x_logits, x.sigmoid()),
)
REBUILDING.recognise(
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the error has no lowest
    point.""",
    lambda x_logits, x: rebuilding_error(x_logits, 2 * x - 1),
)
REBUILDING.recognise(
    """You round x to black and white; take the grey values as they come.""",
    lambda x_logits, x: rebuilding_error(x_logits, (x > 0.5).float()),
)
REBUILDING.recognise(
    """This is a squared error, in squared ink; asked is the cross-entropy, in nats.""",
    lambda x_logits, x: ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1),
)
REBUILDING.recognise(
    """This is a squared error between logits and ink, which are different things; asked is the cross-entropy, in
    nats.""",
    lambda x_logits, x: ((x_logits - x) ** 2).flatten(1).sum(1),
)
REBUILDING.recognise(
    """This is the distance in ink, pixel by pixel; asked is the cross-entropy, in nats.""",
    lambda x_logits, x: (x_logits.sigmoid() - x).abs().flatten(1).sum(1),
)
REBUILDING.recognise(
    """You count the ink and forget the paper, so painting everything black would be best: add the share 1 - x.""",
    lambda x_logits, x: -(x * F.logsigmoid(x_logits)).flatten(1).sum(1),
)
REBUILDING.recognise(
    """You count the paper and forget the ink, so an empty page would be best: add the share x.""",
    lambda x_logits, x: -((1 - x) * F.logsigmoid(-x_logits)).flatten(1).sum(1),
)
REBUILDING.recognise(
    """You use the logarithm to the base 2, which counts bits; this course counts nats, the natural logarithm.""",
    lambda x_logits, x: rebuilding_error(x_logits, x) / torch.tensor(2.0).log(),
)
REBUILDING.recognise(
    """You replaced the sigmoid by its logarithm; with_logits wants the raw x_logits, with nothing done to them.""",
    lambda x_logits, x: rebuilding_error(F.logsigmoid(x_logits), x),
)
REBUILDING.mistake(cut_off(rebuilding_error))
REBUILDING.mistake(listed(rebuilding_error))
REBUILDING.mistake(writes_into(rebuilding_error, 0))

EXERCISES = (SIDE, BOTTLENECK, PCA, REBUILDING)

PREDICTIONS = (
    Prediction(
        key="1-pca",
        question="A linear autoencoder is trained until it hardly improves. Its error will be",
        right=1,
        because="""PCA solves the same problem exactly, so nothing linear can do better; and gradient descent, which
        knows nothing of PCA, comes within a thousandth of it. Two routes to one number: so the training
        loop works.""",
    ),
)
