"""A task → its decision, asked anew only where it has to be; for those who call llmlint from a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.cli.eval.session import Asked, Prepared


@dataclass(frozen=True, slots=True)
class Decided:
    """code: the exit code of `llmlint eval`; text: what it says, the sentence last."""

    code: int
    text: str


def decide_again(asked: Asked) -> Decided:
    """As `llmlint eval --ci`: nobody is asked where the decision on record holds for the same data, prompt and models.
    The decision and the HTML report are written. Raises UserError."""
    from llmlint.cli.eval.outputs import write_page
    from llmlint.cli.eval.session import overruled, prepare, run
    from llmlint.evals.decision_file import write_decision
    from llmlint.judge.records import today
    from llmlint.report.eval.text import render

    ready = prepare(asked)
    standing = on_record(ready)
    if isinstance(standing, Decided):
        return standing
    found, conclusion = run(ready)
    decision, _ = write_decision(found, conclusion, ready.policy, today())
    dearer = overruled(ready, found, conclusion)
    text = decision.read_text(encoding="utf-8") if decision is not None else None
    write_page(found, conclusion, text)
    return Decided(conclusion.exit_code(found, dearer), render(found, conclusion, dearer))


def on_record(ready: Prepared) -> Decided | str:
    """What the decision on record says; a text: why it must be decided anew."""
    from llmlint.cli.eval.session import in_use
    from llmlint.cli.scanning import Request, scan
    from llmlint.evals.decision_file import changed, known
    from llmlint.evals.runner import fingerprint
    from llmlint.judge.decisions import decision_file
    from llmlint.judge.records import today

    old = known(decision_file(ready.policy, ready.task.name))
    if old is None:
        return "no decision on record"
    if old.stand_in != ready.cast.stand_ins:
        return "the decision on record is of stand-ins" if old.stand_in else "the decision on record is of models"
    what = changed(old, ready.task.data_hash, fingerprint(ready.task, ready.cast))
    if what is not None:
        return f"changed since {old.date}: {what}; it is decided anew"
    if not old.holds(today()):
        return f"the decision of {old.date} held until {old.expires}: it is decided anew"
    dearer: list[str] = []
    if ready.task.match and not old.stand_in:
        policy, facts = scan(Request((), ready.asked.policy_file), quiet=True)
        dearer = in_use(old, policy, facts.call_sites)
    decided = f"decided for {old.model}" if old.model else "undecided"
    text = "".join(f"in use: {place}\n" for place in dearer)
    text += f"{ready.task.name}: nothing changed since {old.date}, {decided}; nobody was asked\n"
    return Decided(3 if old.model is None else 1 if dearer else 0, text)
