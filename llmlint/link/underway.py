"""What is being worked out right now, so that an answer that a cycle cut short is not kept.

Answers are asked for on demand, and a question can lead back to itself: the callers of `f` pass what `g` returns, and
`g` calls `f`. Whoever is asked a second time gives an incomplete answer (a cut). That answer is good enough for the one
that asked first, whose question it was; everything in between was answered too early and has to be asked again later.
This is the bookkeeping of tabled evaluation (Tarjan's low links): each question under way has a depth, a cut remembers
the least depth that it met, and an answer may be kept where no cut reached below its own question.
"""

from __future__ import annotations

from llmlint.light import dataclass

FAR = 1 << 30
MAX_TRIES = 3  # somewhere it has to end: the third incomplete answer is kept
MAX_REDONE = 3_000  # incomplete answers of a run; after so many all are kept, for asking again can multiply
PATIENT = 40  # for what many others depend on, and what is cheap to say again


@dataclass(slots=True)
class Question:
    """depth: 0 while nobody works on it. kept: may the latest answer be kept? After max_tries it is, come what may."""

    depth: int = 0
    tries: int = 0
    kept: bool = False
    max_tries: int = MAX_TRIES


def patient() -> Question:
    return Question(max_tries=PATIENT)


class Underway:
    """The questions that are being worked out, each inside the one before. One for each thread of work."""

    def __init__(self) -> None:
        self.depth = 0
        self.lowest = FAR
        self.redone = 0

    def cut(self, question: Question | None = None) -> None:
        """An incomplete answer was given: to `question`, which is under way, or for want of hops to all of them."""
        depth = question.depth if question is not None else 0
        if depth < self.lowest:
            self.lowest = depth

    def asked(self, question: Question) -> Asked:
        """Around the work on a question; afterwards `question.kept` says whether the answer may be kept."""
        return Asked(self, question)


class Asked:
    """Not a generator: there are tens of thousands of questions in a run."""

    __slots__ = ("outer", "question", "underway")

    def __init__(self, underway: Underway, question: Question) -> None:
        self.underway, self.question, self.outer = underway, question, FAR

    def __enter__(self) -> None:
        underway = self.underway
        self.outer, underway.lowest = underway.lowest, FAR
        underway.depth += 1
        self.question.depth = underway.depth

    def __exit__(self, *_: object) -> None:
        underway, question = self.underway, self.question
        whole = underway.lowest >= question.depth
        question.tries += not whole
        underway.redone += not whole
        question.kept = whole or question.tries >= question.max_tries or underway.redone > MAX_REDONE
        underway.lowest = self.outer if whole else min(self.outer, underway.lowest)
        underway.depth -= 1
        question.depth = 0


UNDERWAY = Underway()  # the analysis runs in one thread; outside of it nothing is under way
