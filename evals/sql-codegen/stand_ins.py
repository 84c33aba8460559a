"""Local programs that write SQL while no key is set: they know `examples.jsonl` and fill in new names."""

from __future__ import annotations

import json
import re
from calendar import month_name
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent / "examples.jsonl"
MONTHS = [name.lower() for name in month_name[1:]]
COUNTRIES = {"germany": "DE", "austria": "AT", "denmark": "DK", "france": "FR"}
NAMES = {
    "city": ("Berlin", "Hamburg", "Köln", "Kiel", "Wien", "Graz", "Aarhus", "Odense", "Lyon", "Nantes"),
    "kind": ("cafe", "restaurant", "bakery", "retail"),
    "method": ("card", "cash", "voucher"),
    "queue": ("billing", "payouts", "hardware", "software", "account", "security", "sales"),
    "model": ("L2mini", "L1", "L2"),
}
SPOKEN = {"cafe": r"cafés?|cafes?", "bakery": r"bakery|bakeries", "restaurant": r"restaurants?"}
WRITES = re.compile(r"^\W*(please\s+)?(delete|remove|drop|set|update|insert|change|add)\b", re.I)


def nearest_question(request: Any) -> str:
    """The statement of the example whose words are most alike, as it stands."""
    return likest(request.values["input"], masked=False)[1]


def slot_filler(request: Any) -> str:
    """The same, with the question's own months and names filled in."""
    question, sql = likest(request.values["input"], masked=False)
    return filled(sql, slots(question), slots(request.values["input"]))


def template_reader(request: Any) -> str:
    """Months and names are masked before questions are compared; what wants to change data is refused."""
    asked = request.values["input"]
    if WRITES.search(asked):
        return "SELECT NULL"
    question, sql = likest(asked, masked=True)
    return filled(sql, slots(question), slots(asked))


@cache
def examples() -> tuple[tuple[str, str], ...]:
    """(question, statement) of each example."""
    with EXAMPLES.open(encoding="utf-8") as lines:
        return tuple((row["input"], row["sql"]) for row in map(json.loads, lines))


def likest(question: str, masked: bool) -> tuple[str, str]:
    """The example that shares the largest part of its words with the question."""
    words = words_of(question, masked)

    def alike(example: tuple[str, str]) -> float:
        other = words_of(example[0], masked)
        return sum((words & other).values()) / sum((words | other).values())

    return max(examples(), key=alike)


def words_of(question: str, masked: bool) -> Counter[str]:
    text = question
    if masked:
        for kind, (_, spoken) in slots(question).items():
            text = text.replace(spoken, f"{kind}slot")
    return Counter(re.findall(r"\w+", text.casefold()))


def slots(question: str) -> dict[str, tuple[str, str]]:
    """Kind of name → (as the database writes it, as the question does)."""
    found: dict[str, tuple[str, str]] = {}
    month = re.search(rf"({'|'.join(MONTHS)}) (20\d\d)", question, re.I)
    if month:
        found["month"] = (f"{month[2]}-{MONTHS.index(month[1].lower()) + 1:02d}", month[0])
    for spoken, code in COUNTRIES.items():
        if spoken in question.casefold():
            found["country"] = (code, spoken.capitalize())
    for kind, names in NAMES.items():
        for name in names:
            hit = re.search(rf"\b({SPOKEN.get(name, re.escape(name))})\b", question, re.I)
            if hit and kind not in found:
                found[kind] = (name, hit[0])
    version = re.search(r"\b\d+\.\d+\.\d+\b", question)
    if version:
        found["firmware"] = (version[0], version[0])
    return found


def filled(sql: str, old: dict[str, tuple[str, str]], new: dict[str, tuple[str, str]]) -> str:
    """The statement with the names of one question in place of those of another."""
    for kind in old.keys() & new.keys():
        before, after = old[kind][0], new[kind][0]
        if kind == "month":
            for one, other in ((before, after), (following(before), following(after))):
                sql = sql.replace(f"'{one}-01'", f"'{other}-01'")
        else:
            sql = sql.replace(f"'{before}'", f"'{after}'")
    return sql


def following(month: str) -> str:
    """2026-12 → 2027-01."""
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"
