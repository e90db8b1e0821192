"""Predictions of lesson 05."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="5-slerp",
        question="Half way between two codes, which path's pictures will be judged digits more often?",
        choices=(
            "The straight line's: it is the shortest path",
            "The arc's",
            "Both the same, they meet in the middle",
        ),
        right=1,
        because="""Codes are about equally long. The straight line passes nearer to 0, while the arc
        keeps the length. Its midpoints are also sharper and, as a set, nearer to test images.""",
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
