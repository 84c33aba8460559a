"""Folders of rules → their examples run, each failure one line with its place, and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmlint.errors import RuleError, UsageError

if TYPE_CHECKING:
    from llmlint.judge.rules import Rule


def run_examples(places: Sequence[Path], built_in: bool = False) -> int:
    """places: folders and rule files. Prints as it goes; 0 all is well, 1 an example is wrong, 2 a rule is broken."""
    from llmlint.judge.rules import load_rules, refuse_twins
    from llmlint.report.summary import counted

    known = load_rules()
    own, broken = _own(places)
    try:
        refuse_twins([*known, *own])
    except RuleError as error:
        _say(str(error))
        broken += 1
    rules = [*(known if built_in else ()), *own]
    wrong = sum(_run(rule) for rule in rules)
    examples = sum(len(rule.bad) + len(rule.good) for rule in rules)
    line = f"{counted(len(rules), 'rule')}, {counted(examples, 'example')}"
    line += f"; {counted(wrong, 'example')} wrong" if wrong else ""
    line += f"; {counted(broken, 'rule')} broken" if broken else ""
    click.echo(line if wrong or broken else f"{line}: all right")
    return 2 if broken else int(wrong > 0)


def _own(places: Sequence[Path]) -> tuple[list[Rule], int]:
    """The rules that can be read, and how many cannot; these are told at once, all of them."""
    from llmlint.judge.policy_document import display
    from llmlint.judge.rules import own_rule, rule_files

    own: list[Rule] = []
    broken = 0
    for place in places:
        if not place.exists():
            raise UsageError("there is no such folder", path=display(place), mend="name a folder of rules")
        files = [place] if place.is_file() else rule_files(place)
        if not files:
            raise UsageError("holds no rule (*.yaml)", path=display(place), mend="name the folder of the rules")
        for file in files:
            try:
                own.append(own_rule(file))
            except RuleError as error:
                _say(str(RuleError(error.message, display(Path(error.path or file)), error.line, error.mend)))
                broken += 1
    return own, broken


def _run(rule: Rule) -> int:
    """How many of its examples are wrong."""
    from llmlint.judge.examples import problems
    from llmlint.judge.policy_document import display

    wrong = 0
    for problem in problems(rule):
        place = display(Path(rule.path)) + (f":{problem.line}" if problem.line else "")
        _say(f"{place}: {rule.name}: {problem.message}")
        wrong += 1
    return wrong


def _say(line: str) -> None:
    from llmlint.report.spans import visible

    click.echo(visible(" ".join(line.split())))
