"""Verdicts that the report tests share: one with a bit of everything, one clean, one from a hostile repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmlint.facts import FileError, ScanStats
from llmlint.judge.finding import Finding, FixSpec, Saving, Suppressed, Verdict
from llmlint.judge.rules import Example, Rule

CODE = """\
from anthropic import Anthropic

client = Anthropic()


def ask(text):
    return client.messages.create(
        model="claude-opus-4-7",
        system=SYSTEM,
        messages=[
            {"role": "user", "content": text},
        ],
    )


print(client.messages.create(model="m", messages=[]))
"""


def finding(**changes: Any) -> Finding:
    plain: dict[str, Any] = {
        "rule": "output-cap", "code": "LLM101", "severity": "warning", "path": "app/x.py", "line": 7, "end_line": 13,
        "column": 12, "end_column": 6,
        "message": "`messages.create` has no output limit, so an answer can be as long as the model likes.",
        "remedy": "Set `max_tokens=1024`.", "fix": FixSpec("set-keyword", {"keyword": "max_tokens", "value": 1024}),
        "docs": "https://example.org/LLM101", "fingerprint": "f1",
    }  # fmt: skip
    return Finding(**(plain | changes))


def rule(**changes: Any) -> Rule:
    plain: dict[str, Any] = {
        "name": "output-cap", "code": "LLM101", "summary": "A call without an output limit", "severity": "warning",
        "when": "true", "message": "m", "remedy": "r", "why": "Long answers cost money.", "parameters": {},
        "bad": (Example({"x.py": "create()  # ```"}),), "good": (Example({"x.py": "create(max_tokens=1)"}),),
        "path": "rules/output-cap.yaml", "docs": "https://example.org/LLM101",
    }  # fmt: skip
    return Rule(**(plain | changes))


def verdict(root: Path) -> Verdict:
    """Three findings in two files (a notebook among them), a suppressed one, two files not analysed."""
    (root / "app").mkdir(parents=True)
    (root / "app/x.py").write_text(CODE)
    cells = [{"cell_type": "markdown", "source": "hi"}, {"cell_type": "code", "source": ["a = 1\n", "ask(a)"]}]
    (root / "nb.ipynb").write_text(json.dumps({"cells": cells}))
    tier = {"rule": "model-tier", "code": "LLM201", "fix": None, "remedy": "", "docs": ""}
    return Verdict(
        root=str(root),
        findings=(
            finding(),
            finding(**tier, severity="error", line=16, end_line=16, column=7, end_column=53, fingerprint="f2",
                    message="Opus for a yes/no question.", saves=Saving(310.2, "12,000 calls a day"),
                    related=(("app/config.py", 3, "the model is named here"),)),
            finding(path="nb.ipynb", cell=1, line=2, end_line=2, column=1, end_column=7, severity="info", fix=None,
                    message="In a cell.", fingerprint="f3"),
        ),
        suppressed=(Suppressed(finding(line=16, end_line=16, fingerprint="f4"), "inline", 15, "measured, see wiki"),),
        errors=(FileError("bad.py", 3, "invalid syntax", True), FileError("py2.py", None, "Python 2", False)),
        stats=ScanStats(files=147, sifted=9, parsed=9, cached=0, call_sites=21, seconds=0.81),
    )  # fmt: skip


def failed(root: Path) -> Verdict:
    """A rule that failed, beside a file that was not analysed."""
    message = "rule `own`, when: division by zero (on app/x.py:7); so it does on 2 more calls"
    errors = (FileError("py2.py", None, "Python 2"), FileError("lint/own.yaml", 9, message, rule="own"))
    return Verdict(str(root), (finding(),), errors=errors, stats=ScanStats(files=3, call_sites=5, seconds=0.8))


def clean(root: Path) -> Verdict:
    return Verdict(root=str(root), stats=ScanStats(files=147, call_sites=21, seconds=0.81))


HOSTILE = (
    "`x` | </details><script>alert(1)</script> @everyone #12 https://evil.example\n"
    "::error::\x1b[31m\x00 ]]> %0A,:"
)


def hostile(root: Path) -> Verdict:
    path = "a,b:c%\n::error::`|<b>.py"
    (root / path.replace("/", "")).write_text("x = create('''\n```\n</details>\n\x1b[2J''')\n")
    bad = finding(path=path, message=HOSTILE, remedy=HOSTILE, line=1, end_line=4, column=5, end_column=9)
    suppressed, error = Suppressed(bad, "file", 1, HOSTILE), FileError(path, 2, HOSTILE, True)
    return Verdict(str(root), (bad,), (suppressed,), (error,), ScanStats(files=1))
