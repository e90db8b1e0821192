"""Exercise 1.4: mend the reconstruction error."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import cut_off, listed, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


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


EXERCISE = Exercise(
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


EXERCISE.recognise(
    """The sigmoid is right now, but you average over the pixels: -log p(x|z) of an image is the sum over its pixels,
    as it was.""",
    lambda x_logits, x: rebuilding_error(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """The sigmoid is right now, but you average over the batch too: keep one number per image, (B,), as it was.""",
    lambda x_logits, x: rebuilding_error(x_logits, x).mean(),
)


EXERCISE.recognise(
    """The sigmoid is right now, but you add up all images: keep one number per image, (B,), as it was.""",
    lambda x_logits, x: rebuilding_error(x_logits, x).sum(),
)


EXERCISE.recognise(
    """This is PyTorch's loss as it comes, averaged over pixels and images: keep reduction='none' and the sum over the
    pixels of each image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x),
)


EXERCISE.recognise(
    """The sigmoid is right now, but you return one number per pixel: add up the pixels of each image, as before.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)


EXERCISE.recognise(
    """You add up axis 0, the images, and keep the pixels: flatten(1).sum(1), as it was.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").flatten(1).sum(0),
)


EXERCISE.recognise(
    """You add up one axis of the image only: flatten(1) makes one axis of all pixels first.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(-1),
)


EXERCISE.recognise(
    """You add up height and width and leave the channel axis, (B, 1), which broadcasts against any (B,) it meets:
    flatten(1) makes one axis of all three.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum((2, 3)),
)


EXERCISE.recognise(
    """The sigmoid is right now, but this is log p(x|z), which is negative; an error is minus that.""",
    lambda x_logits, x: -rebuilding_error(x_logits, x),
)


EXERCISE.recognise(
    """You flipped the sign, and the bug is still there; the sign was right. Ask of every function whether it wants
    logits or probabilities.""",
    lambda x_logits, x: -rebuilding_error_given(x_logits, x),
)


EXERCISE.recognise(
    """You average over pixels now, and the bug is still there; the sum was right. Ask of every function whether it
    wants logits or probabilities.""",
    lambda x_logits, x: rebuilding_error_given(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """You average over the batch now, and the bug is still there; one number per image was right. Ask of every
    function whether it wants logits or probabilities.""",
    lambda x_logits, x: rebuilding_error_given(x_logits, x).mean(),
)


EXERCISE.recognise(
    """Now no sigmoid is left: F.binary_cross_entropy wants probabilities and gets logits. Use either x_hat with
    it, or x_logits with the function that ends in with_logits.""",
    lambda x_logits, x: F.binary_cross_entropy(x_logits, x, reduction="none").flatten(1).sum(1),
)


EXERCISE.recognise(
    """You swapped the arguments: the image is taken for logits. The prediction comes first, the target second.""",
    lambda x_logits, x: rebuilding_error(x, x_logits),
)


EXERCISE.recognise(
    """You swapped the arguments: the image is taken for logits, and x_hat for the target. The prediction comes
    first.""",
    lambda x_logits, x: rebuilding_error(x, x_logits.sigmoid()),
)


EXERCISE.recognise(
    """You swapped x and x_hat: what is measured is how surprising x_hat would be if x were the prediction. The
    prediction comes first, the target second.""",
    lambda x_logits, x: F.binary_cross_entropy(x, x_logits.sigmoid(), reduction="none").flatten(1).sum(1),
)


EXERCISE.recognise(
    """You apply the sigmoid to x; pixels are ink from 0 to 1 already.""",
    lambda x_logits, x: rebuilding_error(x_logits, x.sigmoid()),
)


EXERCISE.recognise(
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the error has no lowest
    point.""",
    lambda x_logits, x: rebuilding_error(x_logits, 2 * x - 1),
)


EXERCISE.recognise(
    """You round x to black and white; take the grey values as they come.""",
    lambda x_logits, x: rebuilding_error(x_logits, (x > 0.5).float()),
)


EXERCISE.recognise(
    """This is a squared error, in squared ink; asked is the cross-entropy, in nats.""",
    lambda x_logits, x: ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """This is a squared error between logits and ink, which are different things; asked is the cross-entropy, in
    nats.""",
    lambda x_logits, x: ((x_logits - x) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """This is the distance in ink, pixel by pixel; asked is the cross-entropy, in nats.""",
    lambda x_logits, x: (x_logits.sigmoid() - x).abs().flatten(1).sum(1),
)


EXERCISE.recognise(
    """You count the ink and forget the paper, so painting everything black would be best: add the share 1 - x.""",
    lambda x_logits, x: -(x * F.logsigmoid(x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You count the paper and forget the ink, so an empty page would be best: add the share x.""",
    lambda x_logits, x: -((1 - x) * F.logsigmoid(-x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You use the logarithm to the base 2, which counts bits; this course counts nats, the natural logarithm.""",
    lambda x_logits, x: rebuilding_error(x_logits, x) / torch.tensor(2.0).log(),
)


EXERCISE.recognise(
    """You replaced the sigmoid by its logarithm; with_logits wants the raw x_logits, with nothing done to them.""",
    lambda x_logits, x: rebuilding_error(F.logsigmoid(x_logits), x),
)


EXERCISE.mistake(cut_off(rebuilding_error))


EXERCISE.mistake(listed(rebuilding_error))


EXERCISE.mistake(writes_into(rebuilding_error, 0))
