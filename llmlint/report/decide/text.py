"""Decisions → text for people in 80 columns: the answer, each turn on the way, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlint.report.decide import OUTCOMES, asked, closing, next_step
from llmlint.report.spans import Line, plain, visible, wrap

if TYPE_CHECKING:
    from llmlint.money.decide import Decision

WIDTH = 80
INDENT = " " * 4
STYLES = {"open": "warning"}


def render(decisions: Sequence[Decision]) -> str:
    return plain(layout(decisions, WIDTH))


def layout(decisions: Sequence[Decision], width: int) -> list[Line]:
    """The report as styled lines."""
    lines: list[Line] = []
    for one in decisions:
        head: Line = [("path", visible(one.name)), ("", "  "), (STYLES.get(one.outcome, "good"), OUTCOMES[one.outcome])]
        lines += wrap(head, width, INDENT)
        for turn in one.turns:
            why = f" – {visible(turn.because)}"
            told: Line = [("", INDENT + turn.question + " "), ("rule", turn.answer), ("dim", why)]
            lines += wrap(told, width, INDENT * 2)
        step = next_step(one)
        if step:
            lines += wrap([("", INDENT), ("help", "next: "), ("", step)], width, INDENT * 2)
        lines.append([])
    for option, leads in asked(decisions).items():
        lines += wrap([("help", option), ("", f": {leads}")], width, INDENT)
    return [*lines, *([[]] if asked(decisions) else []), *wrap([("rule", closing(decisions))], width)]
