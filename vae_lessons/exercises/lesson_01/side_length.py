"""Exercise 1.1: the side length that a convolution leaves."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def side_out(side_in: int, kernel: int, stride: int, padding: int) -> int:
    """The side of what a transposed convolution returns: patches one stride apart, the borders cut off."""
    return (side_in - 1) * stride + kernel - 2 * padding


EXERCISE = Exercise(
    number="1.1",
    title="The side length of an image",
    task="""A transposed convolution places one kernel x kernel patch for every cell of its input; neighbouring
    patches begin stride pixels apart and may overlap. Then padding pixels are cut off at each border. Write
    side_out(side_in, kernel, stride, padding): the side length of its output in pixels, one number.""",
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
        "Draw it for three cells, a kernel of 5 and stride 2. Where does each patch begin, and where does the last "
        "one end?",
        "From the first patch to the last there are side_in - 1 strides; the last patch then adds its whole kernel.",
        "Cut off the padding at both borders. Check: 3 cells, a kernel of 5 and stride 2 give 9 pixels without "
        "padding, 7 with a padding of 1.",
    ),
)


EXERCISE.recognise(
    """This is the formula of an ordinary convolution, which makes an image smaller; a transposed convolution goes the
    other way.""",
    lambda side_in, kernel, stride, padding: (side_in + 2 * padding - kernel) // stride + 1,
)


EXERCISE.recognise(
    """You count one stride per cell, but between three cells there are only two strides.""",
    lambda side_in, kernel, stride, padding: side_in * stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You subtract the padding once, but an image has two borders.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel - padding,
)


EXERCISE.recognise(
    """You add the padding. An ordinary convolution adds it before; a transposed convolution cuts it off
    afterwards.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel + 2 * padding,
)


EXERCISE.recognise(
    """Your answer does not depend on padding, the number of pixels cut off at each border.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel,
)


EXERCISE.recognise(
    """You place the patches one pixel apart; neighbours begin stride pixels apart.""",
    lambda side_in, kernel, stride, padding: side_in - 1 + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You are one pixel short: the last patch is kernel pixels wide, not kernel - 1.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel - 1 - 2 * padding,
)


EXERCISE.recognise(
    """You are one pixel too far: the + 1 belongs to the ordinary convolution (or to output_padding, which is 0
    here).""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel + 1 - 2 * padding,
)


EXERCISE.recognise(
    """You stop where the last patch begins, but it is kernel pixels wide.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - 2 * padding,
)


EXERCISE.recognise(
    """You multiply the side by the stride. That holds only when kernel - stride = 2 * padding, as in this lesson's
    decoder.""",
    lambda side_in, kernel, stride, padding: side_in * stride,
)


EXERCISE.recognise(
    """You add the stride once, but it is the step from every patch to the next.""",
    lambda side_in, kernel, stride, padding: side_in - 1 + stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """The strides are right, but kernel and padding both have the wrong sign.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - kernel + 2 * padding,
)


EXERCISE.recognise(
    """You subtract the kernel, but a larger kernel makes the output larger.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - kernel - 2 * padding,
)


EXERCISE.recognise(
    """kernel and stride are swapped: patches begin stride pixels apart and are kernel pixels wide.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * kernel + stride - 2 * padding,
)


EXERCISE.recognise(
    """You multiply everything by stride; it applies only to the steps between patches.""",
    lambda side_in, kernel, stride, padding: (side_in - 1 + kernel - 2 * padding) * stride,
)


EXERCISE.recognise(
    """You cut the padding off the input; it is cut off the output, in pixels.""",
    lambda side_in, kernel, stride, padding: (side_in - 1 - 2 * padding) * stride + kernel,
)


EXERCISE.recognise(
    """side_in - 1 * stride subtracts the stride once, because * binds more tightly than -.""",
    lambda side_in, kernel, stride, padding: side_in - 1 * stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You count side_in + 1 strides; between three cells there are only two.""",
    lambda side_in, kernel, stride, padding: (side_in + 1) * stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You place the patches side by side, kernel pixels apart; neighbours begin stride pixels apart and may
    overlap.""",
    lambda side_in, kernel, stride, padding: side_in * kernel - 2 * padding,
    lambda side_in, kernel, stride, padding: side_in * max(kernel, stride) - 2 * padding,
)


EXERCISE.recognise(
    """You return height and width; return one number, since both are the same.""",
    lambda side_in, kernel, stride, padding: (
        side_out(side_in, kernel, stride, padding),
        side_out(side_in, kernel, stride, padding),
    ),
)


EXERCISE.recognise(
    """This is the number of pixels in the image; the task asks for its side length.""",
    lambda side_in, kernel, stride, padding: side_out(side_in, kernel, stride, padding) ** 2,
)


for _kernel, _stride, _padding in ((4, 2, 1), (3, 2, 1), (5, 2, 0), (3, 1, 1)):
    EXERCISE.recognise(
        f"""Kernel {_kernel}, stride {_stride} and padding {_padding} are written into your function, so the arguments
        have no effect.""",
        lambda side_in, kernel, stride, padding, k=_kernel, s=_stride, p=_padding: (
            (side_in - 1) * s + k - 2 * p
        ),
    )
