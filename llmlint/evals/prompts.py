"""The prompt of a task + an item → the request that is sent; texts are sandboxed Jinja2, `str.format`, or plain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from llmlint.errors import TaskError
from llmlint.evals.records import Candidate, Item, Request

Syntax = Literal["jinja", "format", "plain"]
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
MAX_CHARS = 10_000_000  # of one rendered text


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a prompt. path, line: where it begins, for messages."""

    text: str
    syntax: Syntax = "jinja"
    path: str = field(default="", compare=False)
    line: int = field(default=1, compare=False)

    def columns(self) -> frozenset[str]:
        """The columns that it asks for. Raises TaskError where it cannot be read."""
        return _compiled(self).columns

    def render(self, values: Mapping[str, Any]) -> str:
        """Raises TaskError where the values lack a column, or the text cannot be made."""
        return _compiled(self).render(values)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent for every item. messages: (role, text). schema: of the answer; max_tokens: of it.

    variables: names that the texts use for a column of another name.
    """

    messages: tuple[tuple[str, Text], ...]
    system: Text | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> tuple[Text, ...]:
        return (*((self.system,) if self.system else ()), *(text for _, text in self.messages))

    def fingerprint(self) -> str:
        """sha256 of all that is sent, the items apart."""
        from llmlint.evals.task import digest

        texts = [[role, text.syntax, text.text] for role, text in self.messages]
        system = [self.system.syntax, self.system.text] if self.system else None
        return digest([system, texts, list(self.tools), self.schema, self.max_tokens, dict(self.variables)])

    def request(self, candidate: Candidate, item: Item, hidden: frozenset[str] = frozenset()) -> Request:
        """hidden: the columns that nobody may see. Raises TaskError where a text cannot be made of the item."""
        values = {name: value for name, value in item.values.items() if name not in hidden}
        named = values | {name: values[column] for name, column in self.variables.items() if column in values}
        own = next((candidate.parameters[k] for k in LIMITS if candidate.parameters.get(k) is not None), None)
        return Request(
            candidate=candidate,
            messages=tuple({"role": role, "content": text.render(named)} for role, text in self.messages),
            system=self.system.render(named) if self.system else None,
            static_system=self.system is None or not self.system.columns(),
            tools=self.tools,
            schema=self.schema,
            max_tokens=self.max_tokens if own is None else own,
            item=item.id,
            values=values,
        )


@dataclass(frozen=True, slots=True)
class _Compiled:
    columns: frozenset[str]
    render: Callable[[Mapping[str, Any]], str]


@lru_cache(maxsize=256)
def _compiled(text: Text) -> _Compiled:
    if text.syntax == "plain":
        return _Compiled(frozenset(), lambda values: text.text)
    return _format(text) if text.syntax == "format" else _jinja(text)


def _jinja(text: Text) -> _Compiled:
    from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0)
    try:
        parsed = environment.parse(text.text)
        template = environment.from_string(text.text)
    except TemplateSyntaxError as error:
        message = f"the prompt is no valid Jinja2: {error.message}"
        raise TaskError(message, text.path, text.line + error.lineno - 1, "braces of its own: {% raw %}…{% endraw %}") \
            from None  # fmt: skip

    def render(values: Mapping[str, Any]) -> str:
        parts, size = [], 0
        try:
            for part in template.generate(values):
                size += len(part)
                if size > MAX_CHARS:
                    raise TaskError(f"the prompt has over {MAX_CHARS:,} characters", text.path, text.line)
                parts.append(part)
        except UndefinedError as error:
            raise TaskError(f"the prompt cannot be made: {error.message}", text.path, text.line) from None
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, OverflowError) as error:
            raise TaskError(f"the prompt cannot be made: {error}", text.path, text.line) from None
        return "".join(parts)

    return _Compiled(frozenset(meta.find_undeclared_variables(parsed)) - set(environment.globals), render)


def _format(text: Text) -> _Compiled:
    """`{column}` and `{{` as `str.format` reads them; no attribute, no index: a row is data."""
    from string import Formatter

    try:
        pieces = [(before, name) for before, name, _, _ in Formatter().parse(text.text)]
    except ValueError as error:
        message = f"the prompt is no format string: {error}"
        raise TaskError(message, text.path, text.line, "braces of its own are doubled: {{ }}") from None
    wrong = next((name for _, name in pieces if name is not None and not name.isidentifier()), None)
    if wrong is not None:
        raise TaskError(f"{{{wrong}}} names no column", text.path, text.line, "braces of its own are doubled: {{ }}")

    def render(values: Mapping[str, Any]) -> str:
        missing = next((name for _, name in pieces if name is not None and name not in values), None)
        if missing is not None:
            raise TaskError(f"the prompt cannot be made: '{missing}' is undefined", text.path, text.line)
        return "".join(before + ("" if name is None else str(values[name])) for before, name in pieces)

    return _Compiled(frozenset(name for _, name in pieces if name is not None), render)


def line_of(text: Text, column: str) -> int:
    """The line on which a text names a column, as far as can be told."""
    rows: Sequence[str] = text.text.split("\n")
    return text.line + next((i for i, row in enumerate(rows) if column in row), 0)
