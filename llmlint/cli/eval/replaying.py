"""`llmlint eval --replay`: a folder of recorded outcomes → the decision as JSON or text, and an exit code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmlint.errors import UsageError


def decide_from_recording(folder: Path, form: str, output: str | None, options: Mapping[str, Any]) -> int:
    """options: reference, margin, floor, target, alpha, seed. Exit code: 0 recommended, 3 undecided."""
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
    return 0 if replayed.result.recommendation is not None else 3
