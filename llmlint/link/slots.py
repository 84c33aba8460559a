"""A call's keyword arguments + the SDK's keyword paths → what was passed for model, cap, prompt … and how surely."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice, product
from typing import Literal

from llmlint.facts import CapFact, How, ModelFact
from llmlint.light import dataclass
from llmlint.link.values import (
    RANK,
    UNKNOWN,
    Const,
    External,
    Hole,
    Instance,
    Made,
    Map,
    ModelValue,
    Text,
    Unknown,
    Value,
    alternatives,
    as_text,
    force,
    join,
    possible_none,
)

Known = dict[int, tuple[Value, list[Const]]]
State = Literal["present", "maybe", "absent", "open"]
MAX_MODELS = 16  # a call that any of more models can reach has its model chosen elsewhere;
MAX_ID = 300  # characters; what is longer is no model's name, but a text
MAX_OPEN_MODELS = 8  # so has one that any of these, or one that is not known, can reach
MAX_NESTED_TEXTS = 8  # texts in the holes of texts; one may hold itself
WORSE: dict[State, int] = {"present": 0, "maybe": 1, "open": 2, "absent": 3}


@dataclass(frozen=True, slots=True)
class Slot:
    """`present`: on every way; `maybe`: on some; `open`: an unknown splat may carry it; `absent`: it is not passed."""

    state: State
    value: Value = UNKNOWN
    path: str = ""

    @property
    def passed(self) -> bool:
        return self.state in ("present", "maybe")


def slot(kw: Map, paths: Sequence[str]) -> Slot:
    """The surest of several alternative keyword paths (`max_tokens`, `config.max_output_tokens`)."""
    best = Slot("open" if kw.open else "absent")
    for path in paths:
        found = follow(kw, path.split("."), path)
        if found.state == "maybe" and best.state == "maybe":
            # `max_tokens` in one branch and `max_completion_tokens` in the other
            best = Slot("maybe", join([best.value, found.value]), best.path)
        elif WORSE[found.state] < WORSE[best.state]:
            best = found
    return best


def follow(kw: Map, keys: list[str], path: str) -> Slot:
    entry = kw.entries.get(keys[0])
    if entry is None:
        return Slot("open" if kw.open else "absent", path=path)
    if len(keys) == 1:
        return Slot("maybe" if entry.maybe else "present", entry.value, path)
    found: list[Slot] = []
    for one in alternatives(entry.value):
        inner = as_map(one)
        if inner is not None:
            found.append(follow(inner, keys[1:], path))
        elif isinstance(one, Const):
            found.append(Slot("absent", path=path))
        else:
            found.append(Slot("open", path=path))
    states = {f.state for f in found}
    value = join([f.value for f in found if f.state in ("present", "maybe")])
    if states == {"present"}:
        return Slot("maybe" if entry.maybe else "present", value, path)
    if states == {"absent"}:
        return Slot("absent", path=path)
    if states & {"present", "maybe"}:
        return Slot("maybe", value, path)
    return Slot("open", path=path)


def as_map(value: Value) -> Map | None:
    if isinstance(value, Map):
        return value
    if isinstance(value, Made):
        return Map({**value.args.kw.entries}, value.args.kw.open)
    if isinstance(value, ModelValue):
        return value.kw
    if isinstance(value, Instance):
        from llmlint.link.values import Entry

        return Map({k: Entry(v) for k, v in value.attrs.items()})
    if isinstance(value, Const) and isinstance(value.value, str) and value.value.lstrip()[:1] == "{":
        try:
            data = json.loads(value.value)
        except ValueError:
            return None
        from llmlint.link.library import from_data

        inner = from_data(data, value.source)
        return inner if isinstance(inner, Map) else None
    return None


def exclusive_branches(kw: Map, paths: Sequence[str]) -> bool:
    """Two different keywords for the same thing, each on some ways only: one for each branch."""
    present = [p for p in paths if "." not in p and p in kw.entries]
    return len(present) >= 2 and all(kw.entries[p].maybe for p in present) and not kw.open


# model ----------------------------------------------------------------------------------------------------------------


def string_values(value: Value, limit: int = MAX_MODELS + 1) -> list[Const]:
    """Every string constant that `value` can be; an f-string of known parts is put together."""
    return _strings(value, limit, 0, {})


def _strings(value: Value, limit: int, depth: int, known: Known) -> list[Const]:
    """known: what was found for a value, kept so that no other gets its id; texts that hold each other repeat."""
    value = force(value)
    if id(value) in known:
        return known[id(value)][1]
    if depth > MAX_NESTED_TEXTS:
        return []
    out: list[Const] = []
    for one in alternatives(value):
        if isinstance(one, Const) and isinstance(one.value, str):
            out.append(one)
        elif isinstance(one, Text):
            choices: list[list[Const]] = []
            for part in one.parts:
                found = [Const(part)] if isinstance(part, str) else _strings(part.value, 4, depth + 1, known)
                if not found:
                    break
                choices.append(found)
            else:
                for combination in islice(product(*choices), limit):
                    how = max((c.how for c in combination), key=RANK.__getitem__)
                    out.append(Const("".join(str(c.value) for c in combination), how))
        out = list({c.value: c for c in reversed(out)}.values())[::-1]
        if len(out) >= limit:
            break
    known[id(value)] = value, out[:limit]
    return out[:limit]


def model_fact(found: Slot) -> ModelFact:
    if found.state not in ("present", "maybe"):
        return ModelFact()
    constants = [c for c in string_values(found.value) if str(c.value).strip() and len(str(c.value)) <= MAX_ID]
    values = tuple(sorted({str(c.value) for c in constants}))
    is_open = any(not isinstance(v, (Const, Text)) for v in alternatives(found.value))
    if not values or len(values) > (MAX_OPEN_MODELS if is_open else MAX_MODELS):
        return ModelFact()
    how: How = max((c.how for c in constants), key=RANK.__getitem__)
    return ModelFact(values, how)


# output cap -----------------------------------------------------------------------------------------------------------


def cap_fact(kw: Map, paths: Sequence[str], keyword: str | None, required: bool) -> CapFact:
    found = slot(kw, paths)
    if found.state == "absent":
        return CapFact("missing", None, keyword, required)
    if found.state == "open":
        return CapFact("unknown", None, keyword, required)
    values = list(alternatives(found.value))
    numbers = [
        v.value for v in values if isinstance(v, Const) and isinstance(v.value, int) and not isinstance(v.value, bool)
    ]
    number = max(numbers) if numbers else None
    written = found.path.rpartition(".")[2] or keyword
    if found.state == "maybe" and not exclusive_branches(kw, paths):
        return CapFact("unknown", number, written, required)
    nones = [v for v in values if isinstance(v, Const) and v.value is None]
    if nones and len(nones) == len(values):
        literal = all(v.how in ("literal", "constant") for v in nones if isinstance(v, Const))
        return CapFact("missing" if literal else "unknown", None, written, required)
    if possible_none(found.value):
        return CapFact("unknown", number, written, required)
    return CapFact("set", number, written, required)


# flags ----------------------------------------------------------------------------------------------------------------


def flag(found: Slot) -> bool | None:
    """A true/false keyword: None where it cannot be known."""
    if found.state == "absent":
        return False
    if found.state == "open":
        return None
    values = list(alternatives(found.value))
    if any(not isinstance(v, Const) for v in values):
        return None
    truths = {bool(v.value) for v in values if isinstance(v, Const)}
    if found.state == "maybe":
        return None if True in truths else False
    return truths.pop() if len(truths) == 1 else None


def given(found: Slot) -> bool | None:
    """Is something other than None or nothing passed?"""
    if found.state == "absent":
        return False
    if found.state == "open":
        return None
    values = list(alternatives(found.value))
    empty = [v for v in values if (isinstance(v, Const) and v.value in (None, "", False)) or is_empty(v)]
    if len(empty) == len(values):
        return False
    if empty or found.state == "maybe" or any(isinstance(v, Unknown) for v in values):
        return None if found.state == "maybe" or empty else True
    return True


def is_empty(value: Value) -> bool:
    from llmlint.link.values import Seq

    return (isinstance(value, Seq) and not value.items and not value.open) or (
        isinstance(value, Map) and not value.entries and not value.open
    )


def whole_number(found: Slot) -> int | None:
    """The least of those that are written."""
    known = [one.value for one in alternatives(found.value) if isinstance(one, Const)] if found.passed else []
    return min((n for n in known if isinstance(n, int) and not isinstance(n, bool)), default=None)


def written(found: Slot) -> str | None:
    """A short constant as it stands: "high", 16000; a library's `ThinkingLevel.HIGH` is one too. None for several."""
    words: set[str | None] = set()
    for one in alternatives(found.value) if found.passed else ():
        if isinstance(one, External) and one.dotted.rpartition(".")[2].isupper():
            words.add(one.dotted.rpartition(".")[2].lower()[:40])
        elif not isinstance(one, Const):
            words.add(None)
        elif one.value is not None:
            words.add(str(one.value)[:40])
    return words.pop() if len(words) == 1 else None


__all__ = [
    "Hole",
    "Slot",
    "as_text",
    "cap_fact",
    "flag",
    "force",
    "given",
    "model_fact",
    "slot",
    "string_values",
    "whole_number",
    "written",
]
