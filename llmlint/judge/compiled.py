"""A `Rule` → its condition and templates, each compiled when first needed; a failure → a RuleError at its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from llmlint.errors import RuleError
from llmlint.judge.finding import FixSpec
from llmlint.judge.rules import Rule
from llmlint.judge.sandbox import BadExpression, Sandbox
from llmlint.judge.scope import shapes

MAX_MESSAGE = 2_000
T = TypeVar("T")
Evaluator = Callable[[Mapping[str, Any]], Any]


class CompiledRule:
    """A rule ready to judge. Every method raises RuleError, naming the rule file, where the rule itself is at fault."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._sandbox = Sandbox(shapes(rule))

    def compile_all(self) -> None:
        """Everything at once, to refuse a broken rule when it is read."""
        if self.rule.when:
            _ = self._when
        _ = self._message, self._remedy, self._fix_when, self._arguments, self._once

    def speaks(self, scope: Mapping[str, Any]) -> bool:
        """Is the condition true here? null is not."""
        return self._run("when", lambda: bool(self._when(scope)))

    def message(self, scope: Mapping[str, Any]) -> str:
        """What is wrong, on one line."""
        text = self._run("message", lambda: " ".join(self._message(scope).split()))
        return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"

    def remedy(self, scope: Mapping[str, Any]) -> str:
        """What to write instead; code may take several lines."""
        return self._run("remedy", lambda: str(self._remedy(scope)).strip())

    def once(self, scope: Mapping[str, Any]) -> str | None:
        """What calls have in common of which only one is told; None where each is told of."""
        if not self.rule.once:
            return None
        same = self._run("once", lambda: self._once(scope))
        return None if same is None else str(same)

    def fix(self, scope: Mapping[str, Any]) -> FixSpec | None:
        """The edit with its arguments filled in; None where the rule has none for this call."""
        fix = self.rule.fix
        if fix is None or not self._run("fix", lambda: bool(self._fix_when(scope))):
            return None
        return FixSpec(fix.operator, self._run("fix", lambda: _filled(self._arguments, scope)), fix.safety)

    @cached_property
    def _when(self) -> Evaluator:
        return self._run("when", lambda: self._sandbox.expression(self.rule.when))

    @cached_property
    def _message(self) -> Evaluator:
        return self._run("message", lambda: self._sandbox.template(self.rule.message))

    @cached_property
    def _remedy(self) -> Evaluator:
        return self._run("remedy", lambda: self._sandbox.template(self.rule.remedy))

    @cached_property
    def _once(self) -> Evaluator:
        return self._run("once", lambda: self._sandbox.expression(self.rule.once or "none"))

    @cached_property
    def _fix_when(self) -> Evaluator:
        return self._run("fix", lambda: self._sandbox.expression(self.rule.fix_when or "true"))

    @cached_property
    def _arguments(self) -> Any:
        return self._run("fix", lambda: self._prepared(dict(self.rule.fix.arguments) if self.rule.fix else {}))

    def _prepared(self, value: Any) -> Any:
        """Literals stay, texts become evaluators."""
        if isinstance(value, str):
            return self._sandbox.value(value)
        if isinstance(value, dict):
            return {key: self._prepared(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._prepared(item) for item in value]
        return value

    def _run(self, key: str, work: Callable[[], T]) -> T:
        try:
            return work()
        except BadExpression as bad:
            first = self.rule.lines.get(key)
            source = {"when": self.rule.when, "message": self.rule.message, "remedy": self.rule.remedy}.get(key, "")
            line = first + bad.line if first and "\n" in source.strip() else first
            raise RuleError(
                f"rule `{self.rule.name}`, {key}: {bad.message}", path=self.rule.path, line=line, mend=bad.mend
            ) from None


@lru_cache(maxsize=256)
def compiled(rule: Rule) -> CompiledRule:
    """One for all equal rules: what is compiled once serves every run of the process."""
    return CompiledRule(rule)


def _filled(prepared: Any, scope: Mapping[str, Any]) -> Any:
    if callable(prepared):
        return prepared(scope)
    if isinstance(prepared, dict):
        return {key: _filled(item, scope) for key, item in prepared.items()}
    if isinstance(prepared, list):
        return [_filled(item, scope) for item in prepared]
    return prepared
