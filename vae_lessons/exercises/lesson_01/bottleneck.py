"""Exercise 1.2: an encoder and a decoder that fit around a bottleneck."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_01.bottleneck_probe import bottleneck_probe


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


EXERCISE = Exercise(
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
        "Write the shape after each layer as a comment, batch first. Which layers depend on latent_dim?",
        "Fully connected layers are enough: flatten, then two linear layers with a ReLU between; the decoder in "
        "reverse.",
        "The encoder's last layer has latent_dim outputs and nothing after it. The decoder's last layer has 784 "
        "outputs, which nn.Unflatten turns into images.",
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

    EXERCISE.recognise(sentence, answer)


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
    """Your encoder flattens the batch axis too, so several images become one long row: nn.Flatten() keeps axis 0,
    x.flatten() and nn.Flatten(0) do not.""",
    encoder=lambda n: nn.Sequential(nn.Flatten(0), nn.Linear(784, n)),
)


_bottleneck_mistake(
    """Your encoder expects flattened images, (B, 784), but they come as (B, 1, 28, 28).""",
    encoder=lambda n: nn.Linear(784, n),
)


_bottleneck_mistake(
    """The batch size is hard-coded in your encoder, so it works only for batches of that size; the last batch of an
    epoch is smaller.""",
    encoder=lambda n: _Does(nn.Linear(784, n), lambda layer, x: layer(x.view(64, 784))),
)


_bottleneck_mistake(
    """The batch size is hard-coded in your decoder, so it works only for batches of that size; the last batch of an
    epoch is smaller.""",
    decoder=lambda n: _Does(nn.Linear(n, 784), lambda layer, z: layer(z).view(64, 1, 28, 28)),
)


_bottleneck_mistake(
    """The length of your codes does not depend on latent_dim: either it is a fixed number, or the last layer, down to
    latent_dim, is missing.""",
    encoder=lambda n: _encoder(2),
    decoder=lambda n: _decoder(2),
)


_bottleneck_mistake(
    """Your decoder returns flat rows, (B, 784); an image has a channel, a height and a width.""",
    decoder=lambda n: _decoder(n)[:-1],
)


_bottleneck_mistake(
    """Your decoder's output lacks the channel axis: it is (B, 28, 28). Compared with x, (B, 1, 28, 28), it would
    broadcast every image against every other.""",
    decoder=lambda n: nn.Sequential(*_decoder(n)[:-1], nn.Unflatten(1, (28, 28))),
)


for _side in (14, 24, 25, 26, 27, 29, 30, 32, 34, 56):
    _bottleneck_mistake(
        f"""Your decoder returns {_side} x {_side} pixels instead of 28 x 28. Follow the side length through your
        layers with the formula of exercise 1.1 or with layer_shapes.""",
        decoder=lambda n, side=_side: nn.Sequential(nn.Linear(n, side**2), nn.Unflatten(1, (1, side, side))),
    )


_bottleneck_mistake(
    """Your decoder returns 3 channels, as for colour images; these images have one.""",
    decoder=lambda n: nn.Sequential(nn.Linear(n, 3 * 784), nn.Unflatten(1, (3, 28, 28))),
)


_bottleneck_mistake(
    """Your decoder's first layer has a fixed input size instead of latent_dim, so it accepts codes of one length
    only.""",
    decoder=lambda n: _decoder(2),
)


_bottleneck_mistake(
    """squeeze() also removes the batch axis when a batch holds a single image. Name the axes to squeeze, or use
    flatten(1).""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x).squeeze()),
)


_bottleneck_mistake(
    """Your codes have two axes too many, (B, latent_dim, 1, 1) instead of (B, latent_dim).""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Unflatten(1, (n, 1, 1))),
)


_bottleneck_mistake(
    """Your encoder returns two numbers for each latent; the code of a plain autoencoder is a point, latent_dim
    numbers.""",
    encoder=lambda n: _encoder(2 * n),
)


_bottleneck_mistake(
    """Your encoder returns several values; a plain autoencoder has one code, a tensor (B, latent_dim).""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: (layers(x), layers(x))),
)


_bottleneck_mistake(
    """Your decoder ends in a sigmoid (or softmax), so it returns values between 0 and 1. The task asks for logits,
    which may be any real number; the loss applies the sigmoid itself.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.Sigmoid()),
)


_bottleneck_mistake(
    """Your decoder ends in a ReLU, so no logit is below 0 and no pixel's probability of ink is below one half.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.ReLU()),
)


_bottleneck_mistake(
    """Your decoder ends in a tanh (or a clamp), so no logit exceeds 1 and no probability of ink exceeds 73 per
    cent.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.Tanh()),
)


_bottleneck_mistake(
    """Your decoder returns the logarithm of a probability, which is never above 0. The task asks for logits, which
    may be any real number.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.LogSigmoid()),
)


_bottleneck_mistake(
    """Your codes pass through a ReLU, so none is ever negative, and some latents may be 0 for all images.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.ReLU()),
)


_bottleneck_mistake(
    """Your codes all lie between -1 and 1, as after a tanh or a normalisation. A bottleneck limits how many numbers a
    code has, not how large they are.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Tanh()),
)


_bottleneck_mistake(
    """Your codes pass through a sigmoid (or softmax), so all of them lie between 0 and 1; they may be any real
    number.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Sigmoid()),
)


_bottleneck_mistake(
    """Your codes are never negative, as after a softplus or exp; they may be any real number.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Softplus()),
)


for _limited in (nn.ELU, nn.SiLU, nn.GELU):
    _bottleneck_mistake(
        """Your codes pass through an activation that stops a little below 0, like ELU, SiLU or GELU, so none can lie
        far on the negative side; they may be any real number.""",
        encoder=lambda n, limited=_limited: nn.Sequential(_encoder(n), limited()),
    )
    _bottleneck_mistake(
        """Your decoder ends in an activation that stops a little below 0, like ELU, SiLU or GELU, so no pixel can be
        surely white; logits may be any real number.""",
        decoder=lambda n, limited=_limited: nn.Sequential(_decoder(n), limited()),
    )


_bottleneck_mistake(
    """Your codes are clamped, or pass through a tanh that was stretched: beyond a limit nothing changes any more. They
    may be any real number.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.Hardtanh(-5, 5)),
)


_bottleneck_mistake(
    """Your logits are clamped, or pass through a tanh that was stretched: beyond a limit nothing changes any more.
    They may be any real number.""",
    decoder=lambda n: nn.Sequential(_decoder(n), nn.Hardtanh(-5, 5)),
)


_bottleneck_mistake(
    """Your codes are normalised, image by image: all have one length, or one mean and spread, so a part of what they
    could say is lost. A single latent would say nothing at all.""",
    encoder=lambda n: nn.Sequential(_encoder(n), nn.LayerNorm(n)),
)


_bottleneck_mistake(
    """Your codes all have length 1, as after a normalisation: only their direction is left. They may be any real
    number.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: nn.functional.normalize(layers(x), dim=1)),
)


_bottleneck_mistake(
    """Your encoder fails in training when a batch holds a single image, as the last one of an epoch may: a BatchNorm1d
    needs two. Leave it out, or use LayerNorm between the layers.""",
    encoder=lambda n: nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.BatchNorm1d(30), nn.Linear(30, n)),
)


_bottleneck_mistake(
    """Your decoder fails in training when a batch holds a single code, as the last one of an epoch may: a BatchNorm1d
    needs two. Leave it out, or use LayerNorm between the layers.""",
    decoder=lambda n: nn.Sequential(
        nn.Linear(n, 30), nn.BatchNorm1d(30), nn.Linear(30, 784), nn.Unflatten(1, (1, 28, 28))
    ),
)


_bottleneck_mistake(
    """Encoder and decoder fail in training when a batch holds a single image: a BatchNorm1d needs two. Leave it out,
    or use LayerNorm between the layers.""",
    encoder=lambda n: nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.BatchNorm1d(30), nn.Linear(30, n)),
    decoder=lambda n: nn.Sequential(
        nn.Linear(n, 30), nn.BatchNorm1d(30), nn.Linear(30, 784), nn.Unflatten(1, (1, 28, 28))
    ),
)


_bottleneck_mistake(
    """In training your decoder returns something else than in evaluation, probabilities or values with limits; both
    should be logits.""",
    decoder=lambda n: _Does(
        _decoder(n), lambda layers, z: layers(z).sigmoid() if layers.training else layers(z)
    ),
)


_bottleneck_mistake(
    """Your decoder returns the same image for every code. Is z used in its forward, or multiplied by 0?""",
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(torch.zeros_like(z))),
)


_bottleneck_mistake(
    """Your encoder returns the same code for every image. Is x used in its forward?""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(torch.zeros_like(x))),
)


_bottleneck_mistake(
    """Your decoder uses only some of the latents; the others have no effect on the image.""",
    decoder=lambda n: _Does(_decoder(2), lambda layers, z: layers(z[:, :2])),
)


_bottleneck_mistake(
    """Your encoder's layers are not registered: they are in a plain list or outside the module, where no optimizer
    finds their weights. Use nn.Sequential, nn.ModuleList or attributes of self.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x), hidden=True),
)


_bottleneck_mistake(
    """Your decoder's layers are not registered: they are in a plain list or outside the module, where no optimizer
    finds their weights. Use nn.Sequential, nn.ModuleList or attributes of self.""",
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(z), hidden=True),
)


_bottleneck_mistake(
    """The layers of encoder and decoder are not registered: they are in plain lists, or in functions that are not
    modules, where no optimizer finds their weights. Use nn.Sequential, nn.ModuleList or attributes of self.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x), hidden=True),
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(z), hidden=True),
)


_bottleneck_mistake(
    """Your encoder creates new layers (or new noise) in every call, so the same image gets a different code each time
    and nothing is learnt.""",
    encoder=lambda n: _Does(nn.Linear(1, 1), lambda layers, x: _encoder(n)(x)),
)


_bottleneck_mistake(
    """The images of a batch get mixed up in your encoder: a view with shape (784, B) does not transpose, it mixes
    pixels of different images. Flatten from axis 1.""",
    encoder=lambda n: _Does(_encoder(n)[1:], lambda layers, x: layers(x.reshape(784, -1).T)),
)


_bottleneck_mistake(
    """The codes carry no gradient, so your encoder cannot learn. Look for .detach(), .data or no_grad in its
    forward.""",
    encoder=lambda n: _Does(_encoder(n), lambda layers, x: layers(x).detach()),
)


_bottleneck_mistake(
    """The logits carry no gradient, so neither decoder nor encoder can learn. Look for .detach(), .data or no_grad in
    the decoder's forward.""",
    decoder=lambda n: _Does(_decoder(n), lambda layers, z: layers(z).detach()),
)


EXERCISE.recognise(
    """You return the decoder first; the order is (encoder, decoder).""",
    lambda latent_dim: bottleneck(latent_dim)[::-1],
)


EXERCISE.recognise(
    """You return both in one nn.Sequential, so the codes in between cannot be read or chosen. Return a pair: encoder,
    decoder.""",
    lambda latent_dim: nn.Sequential(*bottleneck(latent_dim)),
)


@EXERCISE.mistake
def bottleneck_sigmoid_and_relu(latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """Both outputs are squashed: the codes pass through a ReLU, so none is negative, and the decoder ends in a
    sigmoid, although the task asks for logits."""
    encoder, decoder = bottleneck(latent_dim)
    return nn.Sequential(encoder, nn.ReLU()), nn.Sequential(decoder, nn.Sigmoid())
