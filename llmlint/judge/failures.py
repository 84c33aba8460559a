"""RuleErrors while judging → one entry in the report for each rule, however many calls it fails on."""

from __future__ import annotations

import os
from dataclasses import replace

from llmlint.errors import RuleError
from llmlint.facts import CallSite, FileError
from llmlint.judge.rules import Rule


class Failures:
    """Which rules failed. root: the absolute folder that the paths of rule files are relative to where they can be."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._first: dict[str, FileError] = {}
        self._counts: dict[str, int] = {}

    def note(self, rule: Rule, error: RuleError, site: CallSite) -> None:
        """site: the call that the rule failed on. The first one is told, the others are counted."""
        self._counts[rule.name] = self._counts.get(rule.name, 0) + 1
        if rule.name not in self._first:
            mend = f" ({error.mend})" if error.mend else ""
            message = f"{error.message} (on {site.path}:{site.line}){mend}"
            path = self._below_root(error.path or rule.path)
            self._first[rule.name] = FileError(path, error.line, message, rule=rule.name)

    def __contains__(self, rule: str) -> bool:
        return rule in self._first

    def errors(self) -> tuple[FileError, ...]:
        """In the order in which the rules first failed."""
        return tuple(
            replace(error, message=f"{error.message}; so it does on {more:,} more call{'' if more == 1 else 's'}")
            if (more := self._counts[name] - 1) else error
            for name, error in self._first.items()
        )  # fmt: skip

    def _below_root(self, path: str) -> str:
        inside = self._root.rstrip(os.sep) + os.sep
        return path[len(inside) :].replace(os.sep, "/") if path.startswith(inside) else path
