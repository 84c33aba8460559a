"""`llmlint eval --ci`: a decision on record for the same data, prompt and models → its exit code; nobody is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlint.cli.eval.session import Prepared


def still_decided(ready: Prepared) -> int | None:
    """None: it must be decided anew. 0 in line with the decision, 1 a dearer model is in use, 3 it was undecided."""
    from llmlint.cli.eval.session import in_use
    from llmlint.cli.scanning import Request, note, scan
    from llmlint.evals.decision_file import is_same, known
    from llmlint.evals.runner import fingerprint
    from llmlint.judge.decisions import decision_file
    from llmlint.judge.records import today
    from llmlint.report.output import write_stdout

    file = decision_file(ready.policy, ready.task.name)
    old = known(file)
    if old is None:
        note("no decision on record")
        return None
    if old.stand_in != ready.cast.stand_ins:
        note("the decision on record is of stand-ins" if old.stand_in else "the decision on record is of models")
        return None
    if not is_same(old, ready.task.data_hash, fingerprint(ready.task, ready.cast)):
        note(f"data, prompt, graders or models changed since {old.date}: it is decided anew")
        return None
    if not old.holds(today()):
        note(f"the decision of {old.date} held until {old.expires}: it is decided anew")
        return None
    dearer: list[str] = []
    if ready.task.match and not old.stand_in:
        policy, facts = scan(Request((), ready.asked.policy_file), quiet=True)
        dearer = in_use(old, policy, facts.call_sites)
    decided = f"decided for {old.model}" if old.model else "undecided"
    write_stdout(f"{ready.task.name}: nothing changed since {old.date}, {decided}; nobody was asked\n")
    for place in dearer:
        write_stdout(f"  {place}\n")
    return 3 if old.model is None else 1 if dearer else 0
