"""`llmlint eval --replay`: a folder of recorded outcomes → the decision as JSON or text, and an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.evals.replay import Replayed


def decide_from_recording(
    folder: Path, form: str, output: str | None, options: Mapping[str, Any], match: str | None = None
) -> int:
    """options: reference, margin, floor, target, alpha, seed. match: "path" or "path:function", the call sites for
    which a decision is written. Exit code: 0 recommended, 3 undecided."""
    try:
        import numpy  # noqa: F401
    except ImportError:
        raise UsageError("`llmlint eval` needs numpy", mend="pip install 'llmlint[eval]'") from None
    from llmlint.evals.replay import read_recording, replay
    from llmlint.report.output import write_file, write_stdout

    chosen = dict(options)
    if chosen["reference"] is None and chosen["floor"] is None:
        raise UsageError("no reference model", mend="--reference MODEL, one of the folder's meta.yaml")
    if chosen["margin"] is None and chosen["floor"] is None:
        chosen["margin"] = 0.03
    replayed = replay(read_recording(folder), chosen)
    if form == "json":
        from llmlint.report.eval.decision_json import render_replayed as render
    else:
        from llmlint.report.eval.decision_text import render_replayed as render
    text = render(replayed, chosen)
    if output in (None, "-"):
        write_stdout(text)
    else:
        assert output is not None
        write_file(output, text)
    if match is not None:
        _write_decision(replayed, chosen, folder, match)
    return 0 if replayed.result.recommendation is not None else 3


def _write_decision(replayed: Replayed, options: Mapping[str, Any], folder: Path, match: str) -> None:
    from llmlint.cli.scanning import note
    from llmlint.evals.decision_file import replayed_row, write_row
    from llmlint.judge.decisions import decision_file
    from llmlint.judge.policy import load_policy
    from llmlint.judge.policy_document import display
    from llmlint.judge.records import today

    policy = load_policy(Path.cwd())
    path, _, function = match.partition(":")
    sites = {"path": path, **({"function": function} if function else {})}
    age = (policy.extra.get("evals") or {}).get("max_age_days")
    file = decision_file(policy, replayed.task)
    write_row(file, replayed_row(replayed, options, folder, sites, today(), age))
    note(f"decision: {display(file)}")
