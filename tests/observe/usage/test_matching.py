"""Usage → call sites: what the source names, how sure the match is, and what none was."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llmlint.cli.traffic import known_traffic
from llmlint.facts import CallSite
from llmlint.judge.policy import Policy
from llmlint.money.traffic import Traffic
from llmlint.money.usage import Usage
from llmlint.observe.usage.importing import import_rows
from llmlint.observe.usage.matching import match
from llmlint.observe.usage.reckoning import reckon
from llmlint.observe.usage.records import Row, Subject
from llmlint.observe.usage.store import DAY, DayRow, UsageStore
from llmlint.observe.usage.values import key_of
from tests.judge.sites import facts, site

ASK = site("app/x.py", 10, end_line=14, function="Agent.ask", model={"values": ("gpt-5",)})
SUM = site("app/x.py", 30, end_line=31, function="summarize", model={"values": ("claude-haiku-4-5",)})
OTHER = site("lib/x.py", 10, end_line=12, function="ask", model={"values": ("gpt-5-mini",)})
DYNAMIC = site("app/y.py", 5, end_line=5, function="route", model={"values": (), "how": "dynamic"})
TEST = site("tests/test_x.py", 5, function="test_it", model={"values": ("o3",)})
ALL = facts(ASK, SUM, OTHER, DYNAMIC, TEST)
LABELS = {SUM.place: "digest", ASK.place: "both", OTHER.place: "both"}


def day(number: int = 100, requests: int | None = 10, usage: Usage = Usage(1_000, 50, 200), **subject: Any) -> DayRow:  # noqa: B008
    nano = subject.pop("nano", None)
    source = subject.pop("source", "otlp")
    return DayRow(number, source, Subject(**subject), 0, number * DAY, 10, requests, usage, nano)


@pytest.mark.parametrize(
    ("subject", "how", "sites"),
    [
        ({"path": "/srv/app/x.py", "line": 12}, "exact", [ASK]),
        ({"path": "C:\\srv\\app\\x.py", "line": 31}, "exact", [SUM]),
        ({"path": "app/x.py", "line": 99, "function": "app.x.Agent.ask"}, "function", [ASK]),
        ({"path": "/old/home/app/x.py", "line": 99, "function": "summarize"}, "function", [SUM]),
        ({"path": "/srv/app/x.py", "line": 31, "function": "Agent.ask"}, "function", [ASK]),  # lines moved since
        ({"path": "/srv/app/x.py", "line": 12, "function": "app.x.Agent.ask.<locals>.f"}, "exact", [ASK]),
        ({"path": "x.py", "line": 12}, None, []),  # of two files alike neither is meant
        ({"path": "/site-packages/openai/x.py", "line": 12}, None, []),
        ({"path": "/srv/app/x.py", "line": 99}, None, []),
        ({"label": "digest"}, "label", [SUM]),
        ({"label": "both"}, "shared", [ASK, OTHER]),
        ({"label": "both", "model": "gpt-5-mini-2025-08-07"}, "label", [OTHER]),
        ({"function": "Agent.ask", "model": "gpt-5"}, "function", [ASK]),
        ({"function": "ask", "model": "gpt-5-mini"}, "function", [OTHER]),
        ({"function": "app.y.route", "model": "any"}, "function", [DYNAMIC]),
        ({"function": "app.x.ask", "model": "gpt-5-mini"}, None, []),
        ({"function": "nowhere", "model": "gpt-5"}, None, []),
        ({"model": "openai/gpt-5-2025-08-07"}, "model", [ASK]),
        ({"model": "o3"}, None, []),  # a test is no traffic
        ({"model": ""}, None, []),
        ({"model": "unheard-of"}, None, []),
    ],
)
def test_who_it_was(subject: dict[str, Any], how: str | None, sites: list[CallSite]) -> None:
    ((_, meant),) = match([day(**subject)], ALL, LABELS).rows
    assert (meant.how if meant else None, list(meant.sites) if meant else []) == (how, sites)


def test_traffic_is_an_average_over_the_days() -> None:
    rows = [day(100, 10, path="app/x.py", line=10), day(103, 30, path="app/x.py", line=11, cache_told=True)]
    traffic = match(rows, ALL, {}).traffic()[ASK.place]
    assert (traffic.calls_per_day, traffic.basis, traffic.source) == (10, "observed", "usage.db, 4 days, matched by exact")
    assert (traffic.input_tokens, traffic.output_tokens, traffic.cache_read_tokens) == (60, Decimal("2.5"), 10)


def test_the_model_asked_most_is_observed() -> None:
    rows = [day(100, n, path="app/y.py", line=5, model=m) for n, m in ((10, "gpt-5"), (8, "o3"), (8, "o3"))]
    assert match(rows, ALL, {}).traffic()[DYNAMIC.place].model == "o3"


def test_an_equal_share_is_an_assumption_and_loses_nothing() -> None:
    twin = replace(OTHER, path="lib/z.py")
    found = match([day(100, 10, model="gpt-5-mini")], facts(OTHER, twin), {}).traffic()
    assert {t.basis for t in found.values()} == {"assumed"} and sum(t.calls_per_day or 0 for t in found.values()) == 10


def test_without_a_number_of_requests_nothing_is_known_of_one() -> None:
    assert match([day(100, None, model="gpt-5")], ALL, {}).traffic() == {}


def test_views_of_one_spend_count_once() -> None:
    def price(row: DayRow) -> Decimal | None:
        return Decimal(7)

    spans = day(100, provider="openai", model="gpt-5")
    totals = day(100, provider="openai", model="gpt-5", layer="totals", source="openai")
    bill = day(100, None, Usage(), provider="openai", model="gpt-5", layer="bill", source="openai", nano=10 * 10**9)
    alone = day(101, None, Usage(), provider="openai", layer="bill", source="openai", nano=10**9)
    found = reckon([spans, totals, bill, alone], price)
    assert set(found.rows) == {spans, alone} and found.unseen == {"openai": Decimal(3)} and not found.overcounted
    dear = day(100, None, Usage(), layer="bill", provider="openai", source="openai", nano=2 * 10**9)
    assert reckon([spans, dear], price).overcounted == {"openai": (Decimal(7), Decimal(2))}
    twice = day(100, provider="", model="gpt-5", source="litellm")
    assert reckon([spans, twice], price).overlapping == ("litellm and otlp",)


def test_observed_goes_before_declared_and_a_share_only_fills_a_gap(tmp_path: Path) -> None:
    project = facts(ASK, SUM, OTHER, replace(OTHER, path="lib/z.py"), root=str(tmp_path))
    policy = Policy(extra={"traffic": [{"match": {"path": "lib/x.py"}, "calls_per_day": 5}]})
    assert set(known_traffic(policy, project)) == {OTHER.place}
    subjects = (Subject(path="app/x.py", line=10), Subject(model="gpt-5-mini"))
    with UsageStore(tmp_path / ".llmlint" / "usage.db") as store:
        rows = [Row(key_of(i), 100 * DAY, 0, s, 4, Usage(8)) for i, s in enumerate(subjects)]
        import_rows(store, "otlp", "x", rows, 0)
    known = known_traffic(policy, project)
    assert {p: (t.calls_per_day, t.basis) for p, t in known.items()} == {
        ASK.place: (4, "observed"), OTHER.place: (5, "declared"), "lib/z.py:10": (2, "assumed"),
    }  # fmt: skip
    assert isinstance(known[ASK.place], Traffic)
