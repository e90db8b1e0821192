"""Predictions of lesson 05."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="5-slerp",
        question="At the middle of the way, whose pictures will the judge take for digits more often?",
        choices=(
            "The straight line's: it is the shortest way",
            "The arc's",
            "Both the same, they meet in the middle",
        ),
        right=1,
        because="""Codes of many latents lie on a shell around 0, and the straight line cuts through its inside; the
        arc stays on it. Its middles are also sharper and, as a set, nearer to real digits.""",
    ),
    Prediction(
        key="5-gain",
        question="You ask for 20 degrees more slant along the attribute direction. What will be measured?",
        choices=(
            "About 13 degrees",
            "About 20 degrees, as asked",
            "About 27 degrees, since the decoder exaggerates",
            "About 2 degrees",
        ),
        right=0,
        because="""The decoder sees only the code, and digits of other slants share that code. It draws the best guess,
        and the best guess of the slant moves by R^2 degrees per degree asked; the instrument loses a little
        more.""",
    ),
)
