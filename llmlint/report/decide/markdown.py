"""Decisions → Markdown for a decision document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlint.report.decide import OUTCOMES, asked, closing, next_step
from llmlint.report.markdown import code_span, escaped

if TYPE_CHECKING:
    from llmlint.money.decide import Decision


def render(decisions: Sequence[Decision]) -> str:
    lines = ["## Where requests should run", "", escaped(closing(decisions)) + "."]
    for one in decisions:
        lines += ["", f"### {code_span(one.name)}: {OUTCOMES[one.outcome]}", ""]
        lines += [f"- {turn.question} **{escaped(turn.answer)}** – {escaped(turn.because)}" for turn in one.turns]
        step = next_step(one)
        if step:
            lines.append(f"- Next: {code_span(step) if step.startswith('llmlint roi') else escaped(step)}")
    if asked(decisions):
        lines += ["", "What would close the open ones:", ""]
        lines += [f"- {code_span(option)}: {escaped(leads)}" for option, leads in asked(decisions).items()]
    return "\n".join(lines) + "\n"
