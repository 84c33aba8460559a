"""Graders that compare texts and numbers: exact, normalized, contains, regex, number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmlint.errors import TaskError
from llmlint.evals.graders.answers import alternatives, as_text, expected_of, normalized, text_of
from llmlint.evals.records import Grade, Item, Reply

NUMBER = re.compile(
    r"(?:(?<!\w)[-+−])?(?:\d{1,3}(?:[,.'’\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
)
MAX_SHOWN = 200  # characters of an answer in a grade


@dataclass(frozen=True, slots=True)
class Exact:
    """The answer is the expected text, or one of several; spaces around it apart. loose: both normalized."""

    column: str | None
    field: str | None = None
    loose: bool = False

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column)

    def grade(self, item: Item, reply: Reply) -> Grade:
        tidy = normalized if self.loose else str.strip
        answer, wanted = text_of(reply, self.field), alternatives(expected_of(item, self.column))
        return Grade(float(tidy(answer) in map(tidy, wanted)), wanted[0][:MAX_SHOWN], answer.strip()[:MAX_SHOWN])


@dataclass(frozen=True, slots=True)
class Contains:
    """The share of the expected texts that the answer holds."""

    column: str | None
    field: str | None = None
    ignore_case: bool = False

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column)

    def grade(self, item: Item, reply: Reply) -> Grade:
        fold = str.casefold if self.ignore_case else str
        answer, wanted = fold(text_of(reply, self.field)), alternatives(expected_of(item, self.column))
        return Grade(sum(fold(one) in answer for one in wanted) / len(wanted))


@dataclass(frozen=True, slots=True)
class Regex:
    """The pattern matches somewhere; where it has a group, what the first one holds is the expected text."""

    pattern: re.Pattern[str]
    column: str | None
    field: str | None = None

    def objection(self, item: Item) -> str | None:
        return no_expected(item, self.column) if self.pattern.groups else None

    def grade(self, item: Item, reply: Reply) -> Grade:
        found = self.pattern.search(text_of(reply, self.field))
        if not self.pattern.groups:
            return Grade(float(found is not None))
        wanted = alternatives(expected_of(item, self.column))
        held = (found[1] or "").strip() if found else None
        flags = self.pattern.flags & re.IGNORECASE
        same = held is not None and any(one.strip() == held or (flags and one.strip().casefold() == held.casefold())
                                        for one in wanted)  # fmt: skip
        return Grade(float(same), wanted[0][:MAX_SHOWN], (held or "")[:MAX_SHOWN])


def compiled(pattern: str, ignore_case: bool, path: str, line: int) -> re.Pattern[str]:
    """Raises TaskError."""
    try:
        return re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise TaskError(f"the pattern is none: {error}", path, line, "a Python regular expression") from None


@dataclass(frozen=True, slots=True)
class Number:
    """The last number of the answer is the expected one, within a tolerance, absolute or relative: the larger."""

    column: str | None
    field: str | None = None
    tolerance: float = 0.0
    relative: float = 0.0

    def objection(self, item: Item) -> str | None:
        value = expected_of(item, self.column)
        return None if as_number(value) is not None else f"{self.column} {as_text(value)[:40]!r} is no number"

    def grade(self, item: Item, reply: Reply) -> Grade:
        wanted, found = as_number(expected_of(item, self.column)), as_number(text_of(reply, self.field))
        assert wanted is not None
        allowed = max(self.tolerance, self.relative * abs(wanted)) + 1e-9 * abs(wanted)
        near = found is not None and abs(found - wanted) <= allowed
        return Grade(float(near), f"{wanted:g}", "" if found is None else f"{found:g}")


def as_number(value: object) -> float | None:
    """A number, or the last one in a text ("about 1,234.50 €"); None where there is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    found = NUMBER.findall(value) if isinstance(value, str) else []
    return _read(found[-1]) if found else None


def _read(digits: str) -> float:
    """The last of two kinds of separator is the decimal one; a single one before three digits is no decimal comma."""
    text = re.sub(r"['’\u00a0\u202f]", "", digits.replace("−", "-"))
    comma, point = text.rfind(","), text.rfind(".")
    if comma >= 0 and point >= 0:
        thousands = "," if comma < point else "."
        text = text.replace(thousands, "")
    elif text.count(",") > 1 or text.count(".") > 1:
        text = text.replace(",", "").replace(".", "")
    elif comma >= 0 and re.fullmatch(r"[-+]?\d{1,3},\d{3}", text):
        text = text.replace(",", "")
    return float(text.replace(",", "."))


def no_expected(item: Item, column: str | None) -> str | None:
    """There must be something to compare with."""
    value = expected_of(item, column)
    return f"{column!r} is empty: there is nothing to compare an answer with" if value in (None, "", []) else None
