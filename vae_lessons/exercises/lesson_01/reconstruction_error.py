"""Exercise 1.4: mend the reconstruction error."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import cut_off, listed, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def reconstruction_error(x_logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x|z) of each image, the cross-entropy summed over pixels: (B, 1, H, W) twice -> (B,) in nats."""
    error = F.binary_cross_entropy_with_logits(x_logits, x, reduction="none")  # (B, 1, H, W)
    return error.flatten(1).sum(1)


def reconstruction_error_given(x_logits, x):
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
    title="Mend this cell: the reconstruction error",
    task="""reconstruction_error(x_logits, x) returns -log p(x|z) of each image, (B,), in nats: the cross-entropy
    between pixels x (B, 1, H, W) and the decoder's logits, summed over pixels. The cell below runs, but its result
    stays far above 0 even when x is black and white and x_hat matches it. It has one bug: mend it.""",
    minutes=5,
    difficulty=1,
    reference=reconstruction_error,
    probe=each(
        {"x_logits": torch.tensor([[[[1.6]]]]), "x": torch.tensor([[[[0.7]]]])},
        {"x_logits": torch.tensor([[[[1.6, -2.7]]]]), "x": torch.tensor([[[[0.7, 0.2]]]])},
        {"x_logits": LOGITS, "x": PIXELS},
        {"x_logits": torch.tensor([[[[-20.0, 20.0, -9.0]]]]), "x": torch.tensor([[[[0.7, 1.0, 0.2]]]])},
        gradients=["x_logits"],
    ),
    hints=(
        "What does each line expect, and what does it get: logits or probabilities?",
        "A function whose name ends in with_logits applies the sigmoid itself. How often is it applied here?",
        "Test the cell with x_logits = 0: every pixel then has probability one half and must cost log 2 = 0.69 "
        "nats, whatever x is.",
    ),
    given=reconstruction_error_given,
)


EXERCISE.recognise(
    """The sigmoid is right now, but you average over the pixels; -log p(x|z) of an image is the sum over its
    pixels.""",
    lambda x_logits, x: reconstruction_error(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """The sigmoid is right now, but you average over the batch; the task asks for one number per image, (B,).""",
    lambda x_logits, x: reconstruction_error(x_logits, x).mean(),
)


EXERCISE.recognise(
    """The sigmoid is right now, but you add up all images; the task asks for one number per image, (B,).""",
    lambda x_logits, x: reconstruction_error(x_logits, x).sum(),
)


EXERCISE.recognise(
    """This is PyTorch's loss with its default, the average over pixels and images; the task asks for the sum over the
    pixels of each image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x),
)


EXERCISE.recognise(
    """The sigmoid is right now, but you return one number per pixel; the task asks for one per image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)


EXERCISE.recognise(
    """You sum over axis 0, the images, and keep the pixels.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").flatten(1).sum(0),
)


EXERCISE.recognise(
    """You sum over only one axis of the image; its pixels lie along three, C, H and W.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(-1),
)


EXERCISE.recognise(
    """You sum over height and width but keep the channel axis: (B, 1) broadcasts against any (B,) it meets.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum((2, 3)),
)


EXERCISE.recognise(
    """The sigmoid is right now, but this is log p(x|z), which is negative; the error is minus that.""",
    lambda x_logits, x: -reconstruction_error(x_logits, x),
)


EXERCISE.recognise(
    """You flipped the sign, which was right, and the bug is still there. Does each function expect logits or
    probabilities?""",
    lambda x_logits, x: -reconstruction_error_given(x_logits, x),
)


EXERCISE.recognise(
    """You average over the pixels now, although the sum was right, and the bug is still there. Does each function
    expect logits or probabilities?""",
    lambda x_logits, x: reconstruction_error_given(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """You average over the batch now, although one number per image was right, and the bug is still there. Does each
    function expect logits or probabilities?""",
    lambda x_logits, x: reconstruction_error_given(x_logits, x).mean(),
)


EXERCISE.recognise(
    """Now no sigmoid is left: F.binary_cross_entropy expects probabilities and gets logits.""",
    lambda x_logits, x: F.binary_cross_entropy(x_logits, x, reduction="none").flatten(1).sum(1),
)


EXERCISE.recognise(
    """You swapped the arguments: the image is used as logits. The prediction comes first, the target second.""",
    lambda x_logits, x: reconstruction_error(x, x_logits),
)


EXERCISE.recognise(
    """You swapped the arguments: the image is used as logits, and x_hat as the target. The prediction comes
    first.""",
    lambda x_logits, x: reconstruction_error(x, x_logits.sigmoid()),
)


EXERCISE.recognise(
    """You swapped x and x_hat, so x is used as the prediction. The prediction comes first, the target second.""",
    lambda x_logits, x: F.binary_cross_entropy(x, x_logits.sigmoid(), reduction="none").flatten(1).sum(1),
)


EXERCISE.recognise(
    """You apply the sigmoid to x, but pixels are between 0 and 1 already.""",
    lambda x_logits, x: reconstruction_error(x_logits, x.sigmoid()),
)


EXERCISE.recognise(
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the error has no
    minimum.""",
    lambda x_logits, x: reconstruction_error(x_logits, 2 * x - 1),
)


EXERCISE.recognise(
    """You round x to black and white; use the grey values as they are.""",
    lambda x_logits, x: reconstruction_error(x_logits, (x > 0.5).float()),
)


EXERCISE.recognise(
    """This is the squared error of x_hat; the task asks for the cross-entropy, in nats.""",
    lambda x_logits, x: ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """This is the squared error between logits and pixels, which are different quantities; the task asks for the
    cross-entropy, in nats.""",
    lambda x_logits, x: ((x_logits - x) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """This is the absolute error of x_hat; the task asks for the cross-entropy, in nats.""",
    lambda x_logits, x: (x_logits.sigmoid() - x).abs().flatten(1).sum(1),
)


EXERCISE.recognise(
    """You count only the ink, so an all-black image would be best: the term with 1 - x is missing.""",
    lambda x_logits, x: -(x * F.logsigmoid(x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You count only the paper, so an empty image would be best: the term with x is missing.""",
    lambda x_logits, x: -((1 - x) * F.logsigmoid(-x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You use the logarithm to base 2, which gives bits; this course uses nats, the natural logarithm.""",
    lambda x_logits, x: reconstruction_error(x_logits, x) / torch.tensor(2.0).log(),
)


EXERCISE.recognise(
    """You replaced the sigmoid by its logarithm; with_logits expects the raw x_logits.""",
    lambda x_logits, x: reconstruction_error(F.logsigmoid(x_logits), x),
)


EXERCISE.recognise(
    """You subtract the entropy of the pixels, which makes a KL of it, 0 where x_hat equals x. -log p(x|z) of grey
    pixels is never 0.""",
    lambda x_logits, x: (
        reconstruction_error(x_logits, x) - F.binary_cross_entropy(x, x, reduction="none").flatten(1).sum(1)
    ),
)


for _eps in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
    EXERCISE.recognise(
        """Right for small logits, but a small number is added within the logarithm (or the probabilities are clamped),
        so a pixel that is surely wrong costs too little. A function that takes logits needs no such number.""",
        lambda x_logits, x, eps=_eps: (
            -(x * (x_logits.sigmoid() + eps).log() + (1 - x) * (1 - x_logits.sigmoid() + eps).log())
            .flatten(1)
            .sum(1)
        ),
        lambda x_logits, x, eps=_eps: reconstruction_error(x_logits.sigmoid().logit(eps=eps), x),
        lambda x_logits, x, eps=_eps: (
            F.binary_cross_entropy(x_logits.sigmoid().clamp(eps, 1 - eps), x, reduction="none")
            .flatten(1)
            .sum(1)
        ),
    )


EXERCISE.recognise(
    """Right for small logits, but where a pixel is sure, log(1 - x_hat) is log 0, and 0 times that is not a number. A
    function that takes logits has no such limit.""",
    lambda x_logits, x: (
        -(x * x_logits.sigmoid().log() + (1 - x) * (1 - x_logits.sigmoid()).log()).flatten(1).sum(1)
    ),
)


EXERCISE.mistake(cut_off(reconstruction_error))


EXERCISE.mistake(listed(reconstruction_error))


EXERCISE.mistake(writes_into(reconstruction_error, 0))
