"""Reports of evals: what they say, that nothing in an answer can break out of them, and that they are whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree as Xml

import pytest

from llmlint.evals.conclusion import conclude
from llmlint.evals.run import Run
from llmlint.report.eval import html, junit, markdown, run_json, text
from tests.report.runs import HOSTILE, run_of

VOID = {"meta", "br", "img", "hr", "input", "link", "path"}


@pytest.fixture(scope="module")
def run() -> Run:
    return run_of()


class Page(HTMLParser):
    """Counts what opens and closes, and what could be loaded or run."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loaded += [f"{tag} {name}={value}" for name, value in attrs
                        if name in ("src", "href", "xlink:href") or name.startswith("on")]  # fmt: skip
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
            self.open.pop()


def parsed(page: str) -> Page:
    out = Page()
    out.feed(page)
    return out


def test_the_text_ends_with_the_sentence(run: Run) -> None:
    said = conclude(run)
    shown = text.render(run, said)
    assert shown.rstrip().endswith(said.sentence)
    assert "haiku meets quality" in said.sentence and "of the cost of opus" in said.sentence
    for word in ("opus", "haiku", "mini", "reference", "of the traffic that these 900 items were drawn from"):
        assert word in shown


def test_json_has_the_contract_of_a_decision(run: Run) -> None:
    told = json.loads(run_json.render(run, conclude(run)))
    contract = {"schema", "task", "recommendation", "reference", "margin", "alpha", "target", "calls", "full_grid_calls", "usd",
                "full_grid_usd", "candidates", "seed"}  # fmt: skip
    assert contract <= set(told)
    row = {"model", "verdict", "difference", "interval", "n", "usd_per_1k_items"}
    assert all(row <= set(one) for one in told["candidates"])
    assert told["calls"] == len(run.outcomes) <= told["full_grid_calls"] == 2700


@pytest.mark.parametrize("stand_ins", [False, True])
def test_stand_ins_are_named_in_every_output(stand_ins: bool) -> None:
    run = run_of(300, stand_ins=stand_ins)
    said = conclude(run)
    for shown in (text.render(run, said), markdown.render(run, said), junit.render(run, said), html.render(run, said),
                  run_json.render(run, said)):  # fmt: skip
        assert bool(re.search(r"stand-in|\"stand_ins\": true", shown)) is stand_ins


def test_the_page_is_whole_and_loads_nothing(run: Run) -> None:
    page = html.render(run, conclude(run))
    found = parsed(page)
    assert found.open == []
    assert found.loaded == []
    assert not found.tags & {"script", "link", "iframe", "object", "img", "foreignobject"}
    assert page.count("<svg") >= 3
    for heading in ("Candidates", "Quality and cost", "Both claims", "Slices", "Classes (F1)", "Latency", "Spend", "disagree"):
        assert heading in page


def test_nothing_in_an_answer_breaks_out() -> None:
    run = run_of(300, hostile=HOSTILE)
    said = conclude(run)
    page = html.render(run, said)
    assert "<script" not in page.lower() and "\x1b" not in page
    assert parsed(page).open == []
    assert "\x1b" not in text.render(run, said)
    assert "<script" not in markdown.render(run, said)
    table = [line for line in markdown.render(run, said).splitlines() if line.startswith("| ")]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1
    Xml.fromstring(junit.render(run, said))


def test_missing_answers_are_shown_both_ways() -> None:
    run = run_of(300, broken=0.1)
    shown = text.render(run, conclude(run))
    assert "without them" in shown and "with them as wrong" in shown and "failed" in shown


def test_without_the_library_of_charts_the_page_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = html.render(run, conclude(run))
    assert "llmlint[report]" in page and "<svg" not in page


@pytest.mark.parametrize(
    ("change", "tag"),
    [({}, None), ({"outcomes": ()}, "error")],
)
def test_junit_tells_what_became_of_the_decision(run: Run, change: dict[str, object], tag: str | None) -> None:
    changed = replace(run, **change)  # type: ignore[arg-type]
    suite = Xml.fromstring(junit.render(changed, conclude(changed)))
    case = next(one for one in suite.iter("testcase") if one.get("name") == "decision")
    assert [child.tag for child in case if child.tag != "system-out"] == ([tag] if tag else [])


def test_junit_fails_where_a_dearer_model_is_in_use(run: Run) -> None:
    suite = Xml.fromstring(junit.render(run, conclude(run), ["app.py:12 asks opus"]))
    assert suite.get("failures") == "1"
    assert "app.py:12 asks opus" in "".join(suite.itertext())


def test_what_was_paid_before_is_told_apart(run: Run) -> None:
    outcomes = tuple(replace(one, reply=replace(one.reply, stored=True)) for one in run.outcomes)
    again = replace(run, outcomes=outcomes, usd=Decimal(0), saved_usd=run.usd)
    assert again.calls == 0
    assert "was paid for by earlier runs" in text.render(again, conclude(again))
    assert all(one.spent == 0 for one in again.tallies().values())


