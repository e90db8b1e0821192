"""What the notebook called right is right in the grader's process too, however a submission is written."""

from dataclasses import asdict

import pytest

from vae_lessons.classroom.assessing import assessed
from vae_lessons.classroom.handed_in import steps

IMPORTS = "import math\nimport torch\nfrom vae_lessons.exercises import check"
HALF = "0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)"
KL = f"def kl(mu, logvar):\n    return {HALF}"
FORMS = {  # one right answer, as students write it, cell by cell
    "one cell": [f"{KL}\n\nkl = check('2.3', kl)"],
    "two cells": [KL, "kl = check('2.3', kl)"],
    "helper in a cell of its own": [
        "def half(terms):\n    return terms.sum(1) / 2",
        "def kl(mu, logvar):\n    return half(mu**2 + logvar.exp() - 1 - logvar)\n\nkl = check('2.3', kl)",
    ],
    "constant above": [f"HALF = 1 / 2\n{KL.replace('0.5', 'HALF')}\n\nkl = check('2.3', kl)"],
    "constant in another cell": ["HALF = math.sqrt(0.25)", KL.replace("0.5", "HALF"), "check('2.3', kl)"],
    "default from a constant": [
        f"HALF = 0.5\n{KL.replace('logvar):', 'logvar, half=HALF):').replace('0.5', 'half')}\n\ncheck('2.3', kl)"
    ],
    "tensor constant": ["ONE = torch.ones(())", KL.replace(" 1 ", " ONE "), "check('2.3', kl)"],
    "lambda": [f"kl = lambda mu, logvar: {HALF}", "kl = check('2.3', kl)"],
    "lambda within check": [f"kl = check('2.3', lambda mu, logvar: {HALF})"],
    "partial": [
        "from functools import partial",
        KL.replace("logvar):", "logvar, k=2):"),
        "kl = check('2.3', partial(kl, k=3))",
    ],
    "help": [f"kl?\n{KL}\n\nkl = check('2.3', kl)"],
    "shell": [f"files = !ls\n{KL}\n\nkl = check('2.3', kl)"],
    "timed cell": [f"%%time\n{KL}\n\nkl = check('2.3', kl)"],
    "line magics": [f"%matplotlib inline\n{KL}\nkl = check('2.3', kl)\n%timeit 1"],
    "module": ["import vae_lessons.exercises as ex", KL, "kl = ex.check('2.3', kl)"],
    "module from its package": ["from vae_lessons import exercises", KL, "exercises.check('2.3', kl)"],
    "another name": ["from vae_lessons.exercises import check as verify", KL, "kl = verify('2.3', kl)"],
    "a name of its own": ["verify = check", KL, "kl = verify('2.3', kl)"],
    "a number": [f"{KL}\n\nkl = check(2.3, kl)"],
    "keywords": [f"{KL}\n\nkl = check(number='2.3', answer=kl)"],
    "under a condition": [KL, "if True:\n    kl = check('2.3', kl)"],
    "a module": [
        f"class Kl(torch.nn.Module):\n    def forward(self, mu, logvar):\n        return {HALF}",
        "check('2.3', Kl())",
    ],
    "decorated": [f"@torch.no_grad()\ndef norm(x):\n    return x.norm()\n\n{KL}\n\ncheck('2.3', kl)"],
    "Windows line ends": [f"{KL}\n\nkl = check('2.3', kl)".replace("\n", "\r\n")],
    "printed": [KL, "print(check('2.3', kl))"],
    "a comment, and a broken cell": ["# my answer\nthis is no python", KL, "check('2.3', kl)"],
}


@pytest.mark.parametrize("form", FORMS)
def test_what_the_notebook_called_right_is_graded_right_in_every_form(form):
    found = [asdict(step) for step in steps([IMPORTS, *FORMS[form]])]
    (place,) = (place for place, step in enumerate(found) if step["number"])
    assert list(assessed([], found, {place: "2.3"})) == [("2.3", "right", "Right.")]
