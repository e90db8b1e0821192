"""What an exercise is, and how an answer is assessed: by what it does on probes, never by its text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import getdoc

from vae_lessons.exercises.engine.comparing import (
    Answer,
    Probe,
    counter_example,
    first_difference,
    observe,
    own_lines,
)
from vae_lessons.exercises.engine.forms import by_position, what_it_is
from vae_lessons.exercises.engine.in_general import differs_by_chance, what_is_seen
from vae_lessons.exercises.engine.settings import settings_kept
from vae_lessons.exercises.engine.time_limit import TIME_LIMIT, within_time_limit

NOT_ATTEMPTED, RAISED, DIAGNOSED, WRONG, RIGHT = "not attempted", "raised", "diagnosed", "wrong", "right"


@dataclass(frozen=True)
class Verdict:
    """What a check found: a state, a sentence to the student, and lines that show it."""

    state: str
    sentence: str
    evidence: str = ""


@dataclass
class Exercise:
    """A task with its right answer, the probes that tell answers apart, and the mistakes it recognises.

    probe yields what an answer does, smallest input first. A mistake is a wrong answer that can be run; its
    docstring is the diagnosis. shown: what `solution` prints, the reference by default. given: the wrong answer that
    the notebook hands out to be mended, if it does. reads: for an answer that is read off the student's own run, the
    probe for what such a run measured; course_runs: what the course's own runs measured, by data set.
    """

    number: str  # lesson.exercise
    title: str
    task: str
    minutes: int
    difficulty: int  # 1 to 3
    reference: Answer
    hints: tuple[str, str, str]
    probe: Probe | None = None  # where it is read off: that of the first of the course's own runs
    shown: tuple[object, ...] = ()
    given: Answer | None = None
    reads: Callable[..., Probe] | None = None
    course_runs: dict[str, tuple] = field(default_factory=dict)
    seconds: float = TIME_LIMIT  # of computing that an answer may take
    mistakes: list[Answer] = field(default_factory=list)
    _truths: dict[int, dict] = field(default_factory=dict, repr=False)  # what the reference does, by seed

    def __post_init__(self) -> None:
        if self.probe is None:
            self.probe = self.reads(*next(iter(self.course_runs.values())))

    @property
    def lesson(self) -> str:
        """The lesson's number in two digits."""
        return lesson_of(self.number)

    @property
    def place(self) -> tuple[int, ...]:
        """What exercises are ordered by: 2.10 comes after 2.9."""
        return tuple(map(int, self.number.split(".")))

    def mistake(self, answer: Answer) -> Answer:
        """Add a wrong answer, as a decorator; its docstring tells the student what it is."""
        self.mistakes.append(answer)
        return answer

    def recognise(self, sentence: str, *answers: Answer) -> None:
        """Add short wrong answers that share one diagnosis."""
        for answer in answers:
            answer.__doc__ = sentence
            self.mistakes.append(answer)

    @cached_property
    def _known(self) -> list[tuple[str, dict]]:
        """Each mistake's diagnosis and what it does."""
        return [(diagnosis(answer), observe(self.probe, answer)) for answer in self.mistakes]

    def _truth(self, seed: int) -> dict:
        if seed not in self._truths:
            self._truths[seed] = observe(self.probe, self.reference)
        return self._truths[seed]

    def on_run(self, *measured: object) -> "Exercise":
        """The same exercise, to be read off another run; measured: what it measured, as the task says."""
        return replace(self, probe=self.reads(*measured), _truths={})

    def grade(self, answer: Answer) -> Verdict:
        """Assess an answer without the student's run: one that is read off must fit one of the course's own runs."""
        runs = [self.on_run(*measured) for measured in self.course_runs.values()] or [self]
        verdicts = [run.assess(answer) for run in runs]
        return next((verdict for verdict in verdicts if verdict.state == RIGHT), verdicts[0])

    def assess(self, answer: Answer, seed: int = 0) -> Verdict:
        """Compare what an answer does with what the reference does, then with each mistake.

        The answer runs in a thread of its own with a time limit; random states are put back. Raises nothing that the
        answer raises.
        """
        form = what_it_is(answer)
        if form:
            return Verdict(DIAGNOSED, form)
        with settings_kept(seed):
            truth = self._truth(seed)
        answer = by_position(answer, self.reference)
        try:
            seen = self._observed(answer, seed)
            with settings_kept(seed):
                verdict = self._known_verdict(seen, truth)
            if verdict is not None:
                return verdict
            again = self._observed(answer, seed + 1) if self.seconds == TIME_LIMIT else seen
        except TimeoutError:
            said = f"ran longer than {self.seconds:.0f} seconds. Is there a loop that never ends?"
            return Verdict(RAISED, f"Your function {said}")
        with settings_kept(seed + 1):
            exact = again is seen or not differs_by_chance(truth, self._truth(seed + 1), truth)
        shown = counter_example(*first_difference(seen, truth))
        sentence = (exact and differs_by_chance(seen, again, truth)) or what_is_seen(seen, truth)
        if sentence:
            return Verdict(DIAGNOSED, sentence, shown)
        return Verdict(
            WRONG,
            "Not right yet, and this check does not recognise the mistake. The smallest difference:",
            shown,
        )

    def _observed(self, answer: Answer, seed: int) -> dict:
        """What an answer does, in a thread of its own. Raises TimeoutError where it computes for too long."""
        with settings_kept(seed):
            return within_time_limit(lambda: observe(self.probe, answer), self.seconds)

    def _known_verdict(self, seen: dict, truth: dict) -> Verdict | None:
        """Right, not attempted, a mistake that is known, or an error; None for another mistake."""
        if all(isinstance(one.value, str) and one.value == "None" for one in seen.values()):
            said = "Nothing is returned yet. If you have written your lines, the last one still needs return."
            return Verdict(NOT_ATTEMPTED, said)
        if all(isinstance(one.error, NotImplementedError) for one in seen.values()):
            return Verdict(NOT_ATTEMPTED, "It still raises NotImplementedError: put your lines in its place.")
        difference = first_difference(seen, truth)
        if difference is None:
            return Verdict(RIGHT, "Right.")
        shown = counter_example(*difference)
        if self.given is not None and first_difference(seen, observe(self.probe, self.given)) is None:
            return Verdict(NOT_ATTEMPTED, "It still does the same as the cell you were given.")
        for aside, slack in ((True, 1), (True, 3), (False, 1), (False, 3)):
            for sentence, what_it_does in self._known:
                if first_difference(seen, what_it_does, slack, aside) is None:
                    return Verdict(DIAGNOSED, sentence, shown)
        error = next((one.error for one in seen.values() if one.error), None)
        if error is not None:
            return Verdict(RAISED, f"Your function stopped with {type(error).__name__}.", own_lines(error))
        return None


@dataclass(frozen=True)
class Prediction:
    """A question of a lesson, the choices offered, which of them comes true (counted from 0), and why."""

    key: str  # lesson-word
    question: str
    choices: tuple[str, ...]
    right: int
    because: str

    @property
    def lesson(self) -> str:
        """The lesson's number in two digits."""
        return lesson_of(self.key)

    @property
    def truth(self) -> str:
        """The choice that comes true."""
        return self.choices[self.right]

    @property
    def explanation(self) -> str:
        """Why, on one line."""
        return " ".join(self.because.split())


def lesson_of(number: str) -> str:
    """The lesson, in two digits, of an exercise's number or a prediction's key.

    >>> lesson_of("2.3"), lesson_of("10.1"), lesson_of("4-collapse")
    ('02', '10', '04')
    """
    return re.split("[.-]", number)[0].zfill(2)


def diagnosis(mistake: Answer) -> str:
    """The sentence of a mistake: its docstring on one line."""
    return " ".join((getdoc(mistake) or "").split())
