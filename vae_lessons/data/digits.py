"""Handwritten digits, drawn: the course's default data set, with the true factors behind every image.

A digit is a few pen strokes. Each writing style below lists the points that the pen passes through; a smooth
curve joins them, and chance bends, slants, turns, stretches and thickens it. Nothing here was copied or traced
from a data set.
"""

import numpy as np
import torch

# Pen paths in a box about 100 wide and 100 high, y pointing down: "x,y" is a point that the pen passes
# through, "!" after it makes it a sharp corner, "|" lifts the pen.
STYLES = [
    [
        # 0: oval, narrow, round, overlapping start, not quite closed, leaning and pointed, wide and open
        "50,0 22,13 10,50 22,87 50,100 78,87 90,50 78,13 50,0",
        "50,0 31,14 24,50 31,86 50,100 69,86 76,50 69,14 50,0",
        "52,2 18,14 0,50 16,88 52,100 88,86 100,50 86,14 52,2",
        "66,12 42,2 18,18 8,55 22,92 52,100 82,82 92,45 78,12 54,0 36,12",
        "58,2 30,8 12,35 10,68 30,97 62,95 84,70 88,35 72,10 48,8",
        "72,0 38,16 10,60 18,95 46,97 78,68 92,25 80,2 58,8",
        "40,14 16,36 10,70 34,98 66,94 88,62 86,24 60,2 34,4",
    ],
    [
        # 1: straight, bowed right, bent, bowed left, flag, short flag, flag and base
        "50,0 50,50 50,100",
        "50,0 55,50 50,100",
        "52,0 47,35 52,70 50,100",
        "51,0 45,50 50,100",
        "34,27 43,15 52,0! 52,50 51,100",
        "42,11 52,0! 51,50 50,100",
        "28,22 40,13 52,0! 52,50 52,100 | 22,100 52,100 82,99",
    ],
    [
        # 2: sharp foot, small loop, wavy foot, flat foot, curl at the start, wide loop, long foot, slim,
        #    big loop, round loop, rising foot, round head, flat head, low and long
        "10,22 30,3 60,1 80,22 68,52 40,77 10,100! 50,98 92,96",
        "12,20 38,0 70,8 74,38 50,72 22,95 6,88 18,74 45,84 70,98 95,88",
        "12,28 25,5 55,0 80,18 74,45 42,76 10,98! 35,90 65,98 95,90",
        "15,10 50,0 82,12 78,38 45,70 12,98! 55,98 96,98",
        "26,32 12,24 22,5 52,0 80,16 72,48 38,80 10,100! 50,96 92,98",
        "6,16 40,0 68,14 66,46 44,80 18,98 4,84 24,70 52,82 76,92 98,80",
        "12,20 28,2 52,4 56,32 36,66 6,92! 44,92 80,95 112,90",
        "18,16 36,0 54,12 50,40 36,70 22,94! 44,98 72,92",
        "22,24 40,0 70,6 74,40 54,76 28,98 2,92 2,70 26,62 54,78 78,98 104,94",
        "20,20 44,0 70,12 76,44 66,76 40,98 12,98 4,82 18,68 48,72 76,86 100,92",
        "20,14 36,0 52,14 46,46 30,76 4,84! 50,84 110,74",
        "24,34 20,12 44,0 72,10 78,40 62,74 34,96 10,90 14,72 40,74 68,92 92,96",
        "8,16 40,4 74,14 70,40 38,62 4,86! 50,86 104,84",
        "34,16 48,0 62,12 56,40 36,66 10,78 4,66 28,58 66,66 112,62",
    ],
    [
        # 3: two bowls, flat top, small loop in the middle, shallow waist, big lower bowl, small lower bowl,
        #    slim, rising tail, leaning and angular
        "12,12 45,0 78,14 70,38 38,47! 76,55 86,80 52,100 8,88",
        "14,3 48,2 82,2! 62,20 42,40! 76,48 88,74 56,99 8,88",
        "14,14 46,0 76,16 64,40 42,50 36,44 48,44 78,60 82,84 50,100 10,90",
        "18,8 52,0 74,18 66,38 46,48! 72,58 78,80 52,99 14,94",
        "20,8 50,0 70,14 62,30 38,38! 78,48 88,76 54,100 6,86",
        "8,16 44,0 82,14 76,42 36,54! 68,60 76,82 48,99 14,92",
        "24,12 46,0 66,12 62,32 44,46! 66,56 72,78 52,98 20,92",
        "22,14 48,0 72,10 66,32 40,46! 68,54 74,80 48,99 18,96 4,78",
        "20,10 50,1 76,8 64,28 34,46! 64,50 70,72 46,92 12,100",
    ],
    [
        # 4: open and square, open and round, closed, closed in two strokes, open and low, pen never lifted,
        #    slim, long bar
        "24,0 18,28 12,56! 50,57 90,54 | 74,8 71,50 68,100",
        "22,2 12,28 14,50 40,58 66,52 88,44 | 80,0 75,50 66,100",
        "70,100 70,50 72,0! 40,32 8,64! 50,64 96,62",
        "58,0 32,32 6,62! 50,63 94,60 | 66,30 64,65 62,100",
        "18,8 15,36 30,50 56,46 78,38 | 86,0 77,48 62,100",
        "16,4 12,30 22,52 52,54 80,36! 84,18 88,0! 80,50 70,100",
        "30,0 24,26 20,50! 48,52 78,48 | 70,4 66,50 60,100",
        "34,0 20,30 4,58! 50,56 104,50 | 70,20 62,60 56,100",
    ],
    [
        # 5: bar last, in one stroke, like an S, rising bar, small belly, big belly, slim, low,
        #    curled belly, leaning
        "22,2 19,22 16,42! 48,35 80,52 80,84 46,100 8,90 | 22,2 54,2 86,0",
        "86,2 58,3 28,4! 24,24 20,44! 54,38 82,58 76,88 42,100 8,92",
        "86,2 56,0 28,12 28,36 58,48 80,66 70,92 38,100 8,92",
        "32,12 28,30 24,46! 54,42 78,62 66,90 40,99 10,94 | 32,12 62,8 94,0",
        "38,6 30,26 22,48! 48,46 62,64 52,88 28,99 6,94 | 38,8 68,6 98,2",
        "80,0 56,1 30,2! 24,18 18,34! 56,28 88,52 82,88 44,100 6,86",
        "74,0 52,2 32,6! 30,24 28,42! 56,46 70,66 60,92 36,100 18,88",
        "36,14 28,32 24,48! 50,52 60,72 44,92 18,100 0,90 | 36,12 66,10 96,0",
        "88,4 58,2 36,4! 30,22 26,42! 56,36 84,56 78,86 46,100 20,88 30,72",
        "96,0 66,4 44,12! 36,28 30,40! 56,44 66,62 50,86 20,96 0,90",
    ],
    [
        # 6: curved, straight stem, curly, upright, hooked top, wide bowl, slim, low flat bowl, round
        "70,0 40,18 16,52 16,84 44,100 74,90 76,64 52,54 26,64 16,82",
        "58,0 36,34 16,68 28,97 60,98 76,78 60,60 34,66 20,84",
        "64,0 32,30 12,68 24,96 50,99 64,82 54,66 36,70 28,88",
        "36,0 20,38 16,74 36,99 68,94 78,72 58,58 32,64 18,80",
        "82,10 60,0 32,16 14,54 20,88 50,100 76,84 72,60 46,54 20,70",
        "54,0 26,30 10,66 26,96 62,98 90,78 78,56 46,58 18,78",
        "54,0 36,30 26,66 32,94 50,99 64,82 58,62 44,64 30,84",
        "40,0 24,36 14,74 28,98 66,98 92,84 82,70 52,74 24,94",
        "44,0 14,34 4,72 28,99 66,96 84,76 70,60 42,66 34,84",
    ],
    [
        # 7: plain, barred, serif, wavy top, round shoulder, barred with serif, hooked start, slim, round,
        #    round and barred, pointed, low bar, long hook
        "8,6 48,4 88,2! 64,48 44,100",
        "10,6 48,4 88,2! 66,48 46,100 | 30,54 54,50 80,48",
        "10,24 11,14 12,4! 50,5 88,2! 66,45 48,100",
        "6,14 28,2 58,8 90,2! 68,45 54,100",
        "8,10 42,3 78,5 84,22 66,58 52,100",
        "8,20 10,12 12,4! 50,4 90,2! 66,48 50,100 | 28,52 54,50 84,46",
        "10,38 18,12 34,4 58,10 84,2! 74,46 66,100",
        "22,8 46,4 72,2! 62,48 50,100",
        "10,20 30,4 60,2 78,12 70,38 50,70 38,100",
        "14,18 34,4 66,6 74,20 60,58 46,100 | 24,58 50,53 84,48",
        "4,20 46,14 92,8! 60,50 14,92",
        "22,12 40,2 66,2 72,16 56,54 44,100 | 18,62 48,54 86,46",
        "4,48 12,16 28,8 54,16 82,4! 76,46 68,100",
    ],
    [
        # 8: from the right, two rings, open top, slim, small head, large head, long start, narrow foot,
        #    crossed at the top, open and crossed, wide head
        "76,16 50,0 24,16 38,42 70,62 78,86 50,100 22,86 30,62 62,42 76,18",
        "50,46 24,36 22,12 50,0 78,12 76,36 50,46 20,62 18,88 50,100 82,88 80,62 50,46",
        "86,10 54,0 22,12 34,40 68,62 72,88 44,100 18,86 32,60 62,38 88,8",
        "74,14 50,0 26,14 36,40 64,62 74,86 48,100 24,86 34,62 64,40 74,14",
        "64,16 50,2 34,14 42,36 72,56 82,84 50,100 18,84 28,56 56,36 64,18",
        "82,16 52,0 18,16 34,46 64,66 68,88 48,100 28,88 34,66 68,44 82,18",
        "102,10 64,2 26,10 32,36 60,60 66,86 44,100 24,84 38,60 64,36 76,8",
        "82,26 66,2 34,4 20,28 42,50 66,72 58,98 32,97 30,72 54,50 82,28",
        "70,22 46,2 20,16 32,40 60,58 70,84 46,100 24,84 36,58 66,34 92,4",
        "74,12 46,0 22,18 38,42 64,64 62,90 38,98 26,80 50,54 96,6",
        "84,20 50,0 10,18 30,46 56,62 60,86 42,100 28,84 44,60 76,42 86,22",
    ],
    [
        # 9: straight tail, curved tail, hooked tail, in one sweep, round head, small head, angular, open head,
        #    slim, big head, short tail, open and curved, tiny head
        "76,12 50,0 24,12 20,38 46,50 72,34 78,6! 76,50 74,100",
        "78,24 58,2 28,8 16,34 36,52 64,42 80,16! 80,52 60,100",
        "78,24 56,0 24,8 16,34 38,50 66,40 80,16! 82,56 68,90 40,100 14,90",
        "80,26 54,0 20,16 18,42 46,54 74,36 80,12 76,56 66,100",
        "74,22 48,0 18,14 14,40 40,54 68,42 76,20! 68,60 50,100",
        "72,14 50,0 30,10 28,30 50,38 70,24 74,8! 74,52 64,100",
        "86,6 52,2 20,20 20,42 48,46 80,10! 68,54 54,100",
        "84,4 54,0 24,14 20,38 46,44 72,30 82,22! 72,60 60,100",
        "66,14 50,0 34,12 30,34 46,44 62,32 68,12! 64,56 54,100",
        "84,14 52,0 16,16 8,46 32,66 66,52 86,10! 88,56 86,100",
        "80,16 50,0 16,18 12,48 40,66 72,50 82,20! 84,60 72,100",
        "62,4 32,12 14,36 30,50 58,38 82,14! 74,56 60,100",
        "60,10 38,0 22,14 32,30 54,26 70,8! 72,50 60,100",
    ],
]

_STEP = 4.0  # distance of neighbouring curve points in template units, about 0.7 px: no beads
_SOFT = 1.1  # px over which ink fades to paper
_CHUNK = 64  # images drawn at once: their distance field fits the cache
_BUMPS = [(x, y) for y in (0, 50, 100) for x in (15, 85)]  # centres of the bumps that warp a glyph


def draw(n, seed=0):
    """Draw n digits and return (images, labels, factors), the same in every call with the same seed.

    images (n, 1, 28, 28) uint8, 0 paper to 255 ink; labels (n,) int64; factors, a dict of (n,) tensors: style
    (int64, position in STYLES[label]) and float32 slant and rotation (degrees; positive leans right, turns
    clockwise), thickness (px), scale (longest side with its ink, px), aspect (width factor) and sloppiness
    (1 is usual). The first m of n digits do not depend on n.
    Raises ValueError unless n and seed are whole numbers >= 0.

    >>> images, labels, factors = draw(60, seed=1)
    >>> images.shape, factors["slant"].shape
    (torch.Size([60, 1, 28, 28]), torch.Size([60]))
    """
    for name, value in (("n", n), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise ValueError(
                f"digits.draw: {name} must be a whole number >= 0, but is {value!r}.\n"
                "For example, draw(60, seed=0) draws sixty digits."
            )
    labels, factors, jitter, warp = _chance(int(n), int(seed))
    images = np.zeros((n, 28, 28), np.uint8)
    for digit, styles in enumerate(STYLES):
        for style, text in enumerate(styles):
            skeleton = _skeleton(text)
            alike = np.flatnonzero((labels == digit) & (factors["style"] == style))
            for start in range(0, len(alike), _CHUNK):
                some = alike[start : start + _CHUNK]
                f = {name: values[some] for name, values in factors.items()}
                x, y = _pen_path(*skeleton, f, jitter[some], warp[some])
                images[some] = _ink(x, y, f["thickness"])
    factors = {name: torch.from_numpy(values) for name, values in factors.items()}
    return torch.from_numpy(images)[:, None], torch.from_numpy(labels), factors


def _chance(n, seed):
    """All random numbers: one stream each, filled row by row, so that more images never change the first ones."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(10)]
    labels = streams[0].integers(0, 10, n)
    styles = np.array([len(styles) for styles in STYLES])[labels]  # how many there are to choose from
    normal = (stream.standard_normal(n, np.float32) for stream in streams[2:8])
    slant, thickness, scale, rotation, aspect, sloppiness = normal
    factors = {
        "style": (streams[1].random(n) * styles).astype(np.int64),
        "slant": np.clip(8 + 16 * slant, -32, 48),
        "thickness": 2.4 * np.exp(np.clip(0.32 * thickness, -0.7, 0.7)),
        "scale": np.clip(19.8 + 0.7 * scale, 17.5, 21.5),
        "rotation": np.clip(7 * rotation, -18, 18),
        "aspect": 0.94 * np.exp(np.clip(0.21 * aspect, -0.5, 0.5)),
        "sloppiness": np.exp(np.clip(0.4 * sloppiness, -1, 0.9)),
    }
    jitter = streams[8].standard_normal((n, 24, 2), np.float32)  # no style has more than 24 points
    warp = streams[9].standard_normal((n, len(_BUMPS), 2), np.float32)
    return labels, factors, jitter, warp


def _skeleton(text):
    """Points (P, 2) of a style; basis (S, P + bumps) from points and warp to S curve points; joined (S - 1,).

    joined is 1 between neighbours on one stroke, 0 where the pen is lifted.
    """
    points, runs = [], []  # a run is one smooth curve, as positions in points
    for stroke in text.split("|"):
        runs.append([])
        for word in stroke.split():
            runs[-1].append(len(points))
            points.append([float(number) for number in word.rstrip("!").split(",")])
            if word.endswith("!"):  # a corner ends one smooth curve and starts the next
                runs.append([runs[-1][-1]])
    points = np.array(points)
    spline = [_catmull_rom(points, run) for run in runs]
    joined = np.concatenate([np.arange(len(part)) < len(part) - 1 for part in spline])[:-1]
    spline = np.concatenate(spline)  # (S, P)
    away = (spline @ points)[:, None] - np.array(_BUMPS)  # (S, bumps, 2)
    bumps = np.exp(-(away**2).sum(2) / (2 * 40**2))  # (S, bumps)
    affine = np.column_stack([np.ones(len(spline)), spline @ points])  # (S, 3)
    bumps -= (
        affine @ np.linalg.lstsq(affine, bumps)[0]
    )  # now a warp bends, but neither slants, turns nor widens
    return [a.astype(np.float32) for a in (points, np.hstack([spline, bumps]), joined)]


def _catmull_rom(points, run):
    """Weights (S, P) of all points in each of S places along the smooth curve through points[run]."""
    pick = np.eye(len(points))[run]
    pick = np.vstack([2 * pick[0] - pick[1], pick, 2 * pick[-1] - pick[-2]])  # both ends go straight on
    parts = []
    for a, b, c, d in zip(pick, pick[1:], pick[2:], pick[3:], strict=False):  # from b to c
        count = int(np.ceil(np.hypot(*((c - b) @ points)) / _STEP))
        t = np.arange(count)[:, None] / count
        parts.append(b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))) / 2)
    return np.vstack([*parts, pick[-2:-1]])


def _pen_path(points, basis, joined, f, jitter, warp):
    """Curve points x and y (B, S) in px of B images of one style: bent, stretched, slanted, turned, fitted, centred."""
    sloppy = f["sloppiness"][:, None, None]
    moved = points + 2 * sloppy * jitter[:, : len(points)]
    knobs = np.concatenate([moved, 10 * sloppy * warp], 1)  # (B, P + bumps, 2)
    # A sum instead of a matrix product: the rounding of BLAS depends on how many images there are.
    path = sum(knobs[:, k, :, None] * basis[:, k] for k in range(basis.shape[1]))  # (B, 2, S)
    x, y = path[:, 0], path[:, 1]
    x = f["aspect"][:, None] * x - np.tan(np.radians(f["slant"]))[:, None] * y
    turn = np.radians(f["rotation"])[:, None]
    x, y = np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y
    zoom = ((f["scale"] - f["thickness"]) / np.maximum(np.ptp(x, 1), np.ptp(y, 1)))[:, None]
    ink = joined * np.hypot(np.diff(x), np.diff(y))  # (B, S - 1) length of the pen's path from point to point
    margin = f["thickness"][:, None] / 2 + 1.1  # px: the outermost pixels stay paper
    return [_centred(zoom * v, ink / ink.sum(1, keepdims=True), margin) for v in (x, y)]


def _centred(v, ink, margin):
    """Coordinates v (B, S) moved so that the ink balances on 14.5, as MNIST's does, and stays off the border."""
    middle = (ink * (v[:, 1:] + v[:, :-1]) / 2).sum(1, keepdims=True)
    low, high = v.min(1, keepdims=True), v.max(1, keepdims=True)
    return v + np.clip(14.5 - middle, margin - low, 28 - margin - high)


def _ink(x, y, thickness):
    """Images (B, 28, 28) uint8: ink where the nearest curve point is within half a thickness, with a soft edge."""
    pixels = np.arange(28, dtype=np.float32)[:, None] + np.float32(0.5)
    dx, dy = ((pixels - v.T[:, None]) ** 2 for v in (x, y))  # (S, 28, B), images last: long inner loops
    nearest = np.full((28, 28, len(x)), np.inf, np.float32)  # squared distance, H W B
    for s in range(len(dx)):
        np.minimum(nearest, dy[s, :, None] + dx[s], out=nearest)
    ink = np.clip(0.5 + (thickness / 2 - np.sqrt(nearest)) / _SOFT, 0, 1)
    return np.rint(255 * ink).astype(np.uint8).transpose(2, 0, 1)
