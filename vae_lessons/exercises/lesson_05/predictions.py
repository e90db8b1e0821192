"""Predictions of lesson 05."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="5-slerp",
        question="Half way between two codes, whose images will be judged digits more often?",
        choices=(
            "The straight line's: it is the shortest path",
            "The arc's",
            "Both the same, they meet in the middle",
        ),
        right=1,
        because="""With many latents, codes lie near a shell around 0. The straight line cuts through its inside; the
        arc stays on it. Its midpoints are also sharper and, as a set, nearer to real digits.""",
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
        because="""The decoder sees only the code, and digits of other slants share that code. It draws its best guess,
        whose slant moves by R^2 degrees per degree asked; measuring it from the picture loses a little more.""",
    ),
)
