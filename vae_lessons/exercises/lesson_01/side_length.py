"""Exercise 1.1: the side length that a convolution leaves."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def side_out(side_in: int, kernel: int, stride: int, padding: int) -> int:
    """The side of what a transposed convolution returns: patches one stride apart, the borders cut off."""
    return (side_in - 1) * stride + kernel - 2 * padding


EXERCISE = Exercise(
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


EXERCISE.recognise(
    """This is the formula of the ordinary convolution, which makes a picture smaller; a transposed one goes the other
    way. Solve it for side_in.""",
    lambda side_in, kernel, stride, padding: (side_in + 2 * padding - kernel) // stride + 1,
)


EXERCISE.recognise(
    """You count one stride per cell, but there is one fewer than cells: between three cells lie two strides.""",
    lambda side_in, kernel, stride, padding: side_in * stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You take padding off once; a picture has two borders.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel - padding,
)


EXERCISE.recognise(
    """You add the padding. In an ordinary convolution it goes on before; in a transposed one it comes off
    afterwards.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel + 2 * padding,
)


EXERCISE.recognise(
    """Your answer does not depend on padding: so many pixels come off at each of the two borders.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel,
)


EXERCISE.recognise(
    """You set the patches one pixel apart: neighbours begin stride pixels apart.""",
    lambda side_in, kernel, stride, padding: side_in - 1 + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You are one pixel short: the last patch adds its whole kernel, not kernel - 1 (which is right for how far it
    reaches beyond its first pixel).""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel - 1 - 2 * padding,
)


EXERCISE.recognise(
    """You are one pixel too far: the + 1 belongs to the ordinary convolution (or to an output_padding, which nobody
    asked for).""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride + kernel + 1 - 2 * padding,
)


EXERCISE.recognise(
    """You stop where the last patch begins: it is kernel pixels wide.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - 2 * padding,
)


EXERCISE.recognise(
    """You multiply the side by the stride. That is so only when kernel - stride = 2 * padding, as in this lesson's
    decoder: in general kernel and padding count too.""",
    lambda side_in, kernel, stride, padding: side_in * stride,
)


EXERCISE.recognise(
    """You add the stride once; it is the step from every patch to the next, so it counts side_in - 1 times.""",
    lambda side_in, kernel, stride, padding: side_in - 1 + stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """The strides are right, but kernel and padding have each other's sign: a larger kernel makes the picture larger,
    more padding makes it smaller.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - kernel + 2 * padding,
)


EXERCISE.recognise(
    """You subtract the kernel; here a larger kernel makes the picture larger.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * stride - kernel - 2 * padding,
)


EXERCISE.recognise(
    """kernel and stride changed places: patches begin stride apart, and the last one is kernel wide.""",
    lambda side_in, kernel, stride, padding: (side_in - 1) * kernel + stride - 2 * padding,
)


EXERCISE.recognise(
    """You multiply everything by stride; only the steps between patches are, so check your brackets.""",
    lambda side_in, kernel, stride, padding: (side_in - 1 + kernel - 2 * padding) * stride,
)


EXERCISE.recognise(
    """You cut the padding off the input, before the patches are stamped: it comes off the result, in pixels, without
    the stride.""",
    lambda side_in, kernel, stride, padding: (side_in - 1 - 2 * padding) * stride + kernel,
)


EXERCISE.recognise(
    """side_in - 1 * stride takes the stride off once, because * goes before -: put brackets around side_in - 1.""",
    lambda side_in, kernel, stride, padding: side_in - 1 * stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You count side_in + 1 strides; between three cells lie two.""",
    lambda side_in, kernel, stride, padding: (side_in + 1) * stride + kernel - 2 * padding,
)


EXERCISE.recognise(
    """You lay the patches side by side, kernel pixels each; neighbours begin stride pixels apart and overlap.""",
    lambda side_in, kernel, stride, padding: side_in * kernel - 2 * padding,
)


EXERCISE.recognise(
    """You return height and width; asked is one number, since both are the same.""",
    lambda side_in, kernel, stride, padding: (
        side_out(side_in, kernel, stride, padding),
        side_out(side_in, kernel, stride, padding),
    ),
)


EXERCISE.recognise(
    """This is the number of all pixels; asked is the side.""",
    lambda side_in, kernel, stride, padding: side_out(side_in, kernel, stride, padding) ** 2,
)
