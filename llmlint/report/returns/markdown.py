"""`Result` → Markdown for a decision document or a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlint.money.returns.working import usd
from llmlint.report.markdown import escaped
from llmlint.report.returns import words

if TYPE_CHECKING:
    from llmlint.money.returns.records import Result


def render(result: Result) -> str:
    lines = [f"## {escaped(words.headline(result))}", ""]
    lines += table(("", "", "how"), words.sums(result))
    lines += ["", escaped(words.turn(result)), ""]
    if result.flips:
        lines += [*table(("input", "now", "", "turns at"), [words.flip_row(result, one) for one in result.flips]), ""]
    lines += [f"What remains after {words.months(result.horizon)} with each input halved and doubled, in USD:", ""]
    swings = [(words.label(one.name), usd(one.at_low), usd(one.at_high)) for one in result.swings]
    lines += table(("input", "half", "twice"), swings)
    told = words.claim(result)
    if told:
        lines += ["", escaped(told)]
    lines += ["", "What it rests on:", ""]
    lines += table(("input", "value", "from"), [words.input_row(one) for one in result.inputs])
    if result.note:
        lines += ["", f"Note: {escaped(result.note)}."]
    return "\n".join(lines) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(escaped(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
