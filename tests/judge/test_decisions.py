"""What evals have decided, as files and in the policy, and which calls it speaks of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from llmlint.errors import PolicyError
from llmlint.judge.audit import audit
from llmlint.judge.dearer import Listed
from llmlint.judge.decisions import decision_file, decision_for, decisions, read_decision, same_model
from llmlint.judge.policy import Policy, load_policy
from llmlint.judge.rules import load_rules
from tests.judge.sites import facts, site

DAY = date(2026, 11, 25)
BASE = """\
schema: 1
task: spam
match: {path: app/**, function: is_spam}
reference: claude-opus-4-7
model: claude-haiku-4-5
verdict: non-inferior
date: "2026-11-01"
"""


def written(folder: Path, text: str, name: str = "spam.yaml", below: str = ".llmlint/decisions") -> Path:
    file = folder / below / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def policy(folder: Path, text: str = "") -> Policy:
    (folder / "llmlint.yaml").write_text(text, encoding="utf-8")
    return load_policy(folder)


def test_a_file_is_read(tmp_path: Path) -> None:
    written(tmp_path, BASE + "difference: -0.004\ninterval: [-0.019, 0.011]\nn: 240\n")
    (found,) = decisions(policy(tmp_path))
    assert (found.task, found.model, found.interval, found.n) == ("spam", "claude-haiku-4-5", (-0.019, 0.011), 240)
    assert found.where.endswith(".llmlint/decisions/spam.yaml:1")
    assert found.expires == "2027-04-30"


def test_the_policy_names_another_folder(tmp_path: Path) -> None:
    written(tmp_path, BASE, below="decided")
    given = policy(tmp_path, "evals: {folder: decided}\n")
    assert len(decisions(given)) == 1
    assert decision_file(given, "Spam or not?") == tmp_path / "decided" / "Spam-or-not.yaml"


def test_files_stand_beside_the_policy_whichever_folder_is_scanned(tmp_path: Path) -> None:
    written(tmp_path, BASE)
    policy(tmp_path)
    (tmp_path / "app").mkdir()
    below = load_policy(tmp_path / "app")
    (found,) = decisions(below)
    assert found.speaks_of(below, site(path="a.py", function="is_spam"))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("task: t\nmodel: m\ndate: yesterday\n", 3, "decision.date: 'yesterday' is not a date"),
        ("task: t\nmodel: m\n", 1, "decision has no 'date'"),
        ("task: t\nmodle: m\ndate: '2026-11-01'\n", 1, "decision has no 'model'"),
        ("task: t\nmodel: m\ndate: '2026-11-01'\nverdct: x\n", 4, "unknown key 'verdct'"),
        ("task: t\nmodel: m\ndate: '2026-11-01'\nmatch:\n  paht: x\n", 5, "unknown key 'paht'"),
        ("task: t\nmodel: m\ndate: '2026-11-01'\nverdict: fine\n", 4, "'fine' is not a verdict"),
        ("task: t\nmodel: m\ndate: '2026-11-01'\ninterval: [2, 3]\n", 4, "interval[0]"),
        ("schema: 2\ntask: t\nmodel: m\ndate: '2026-11-01'\n", 1, "decision.schema"),
        ("- 1\n", 1, "decision must be"),
        ("", 1, "decision must be"),
        ("task: [\n", 1, ""),
    ],
)
def test_a_broken_file_is_one_line_with_its_place(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        read_decision(file)
    assert message in str(caught.value)
    assert caught.value.path and caught.value.path.endswith("spam.yaml")
    assert caught.value.line is not None and (caught.value.line == line or not message)


def test_a_pattern_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="is not a pattern"):
        read_decision(written(tmp_path, "task: t\nmodel: m\ndate: '2026-11-01'\nmatch: {path: '!'}\n"))


@pytest.mark.parametrize(
    ("extra", "max_age", "day", "holds"),
    [
        ("", 180, "2026-11-01", True),
        ("", 180, "2026-10-31", False),  # not yet
        ("", 180, "2027-04-30", True),
        ("", 180, "2027-05-01", False),
        ("expires: '2026-12-01'\n", 180, "2026-12-02", False),
        ("expires: '2030-01-01'\n", 30, "2026-12-02", False),  # never longer than the policy allows
        ("", 1e9, "2999-01-01", True),
    ],
)
def test_a_decision_goes_stale(tmp_path: Path, extra: str, max_age: float, day: str, holds: bool) -> None:
    found = read_decision(written(tmp_path, BASE + extra), max_age)
    assert found.holds(date.fromisoformat(day)) is holds


COSTS = """\
candidates:
  - {model: claude-opus-4-7, usd_per_1k_items: 4.1}
  - {model: claude-sonnet-4-6, usd_per_1k_items: 0.5}
  - {model: claude-haiku-4-5, usd_per_1k_items: 0.8}
"""


@pytest.mark.parametrize(
    ("extra", "models", "over", "unknown"),
    [
        ("", ["claude-opus-4-7"], ["claude-opus-4-7"], []),
        ("", ["anthropic/claude-opus-4.7"], ["anthropic/claude-opus-4.7"], []),  # as a gateway writes it
        ("", ["claude-sonnet-4-6"], ["claude-sonnet-4-6"], []),  # not in it, between the two
        ("", ["claude-haiku-4-5-20251001"], [], []),
        ("", ["claude-opus-5-5"], [], ["claude-opus-5-5"]),  # as high as the reference: was not compared
        ("", ["claude-fable-5-1"], [], ["claude-fable-5-1"]),
        ("", ["my-own-model"], [], ["my-own-model"]),
        (COSTS, ["claude-sonnet-4-6"], [], []),  # measured: cheaper on these items, whatever its tier says
        (COSTS, ["claude-haiku-4-5", "claude-opus-4-7"], ["claude-opus-4-7"], []),
    ],
)
def test_what_is_overruled(tmp_path: Path, extra: str, models: list[str], over: list[str], unknown: list[str]) -> None:
    found = read_decision(written(tmp_path, BASE + extra))
    record = found.record(site(model={"values": tuple(models)}), DAY, Listed(policy(tmp_path)))
    assert (list(record["overrules"]), list(record["unknown"])) == (over, unknown)


@pytest.mark.parametrize(
    ("prices", "model", "over"),
    [
        ("", "gpt-4o-mini", False),  # of the decided one's tier, and cheaper
        ("gpt-4o-mini: {input_usd_per_mtok: 9, output_usd_per_mtok: 9}", "gpt-4o-mini", True),  # dearer by contract
        ("claude-sonnet-4-6: {input_usd_per_mtok: 0.1, output_usd_per_mtok: 0.1}", "claude-sonnet-4-6", False),
        ("claude-sonnet-4-6: {input_usd_per_mtok: 0.1, output_usd_per_mtok: 99}", "claude-sonnet-4-6", True),  # tiers
        ("claude-opus-5-5: {input_usd_per_mtok: 9, output_usd_per_mtok: 9}", "claude-opus-5-5", False),  # not compared
    ],
)
def test_of_models_that_the_eval_did_not_ask_prices_tell(tmp_path: Path, prices: str, model: str, over: bool) -> None:
    found = read_decision(written(tmp_path, BASE))
    call = site(model={"values": (model,)})
    assert found.overrules(call, Listed(policy(tmp_path, f"prices: {{{prices}}}\n"))) == ((model,) if over else ())


@pytest.mark.parametrize(
    ("change", "speaks"),
    [
        ({}, True), ({"path": "lib/x.py"}, False), ({"function": "other"}, False),
    ],
)  # fmt: skip
def test_a_decision_speaks_of_its_calls(tmp_path: Path, change: dict[str, str], speaks: bool) -> None:
    found = read_decision(written(tmp_path, BASE))
    given = policy(tmp_path)
    call = site(**{"path": "app/x.py", "function": "is_spam", **change})
    assert (decision_for([found], given, call) is not None) is speaks


@pytest.mark.parametrize("change", ["stand_in: true\n", "verdict: undecided\n", "verdict: inferior\n"])
def test_what_overrules_nothing(tmp_path: Path, change: str) -> None:
    text = BASE if "verdict" not in change else BASE.replace("verdict: non-inferior\n", "")
    found = read_decision(written(tmp_path, text + change))
    call = site(path="app/x.py", function="is_spam", model={"values": ("claude-opus-4-7",)})
    decided = decision_for([found], policy(tmp_path), call)
    assert decided is None or decided.overrules(call, Listed(policy(tmp_path))) == ()


def test_the_newest_decision_counts(tmp_path: Path) -> None:
    written(tmp_path, BASE)
    written(tmp_path, BASE.replace("11-01", "11-20").replace("haiku-4-5", "sonnet-4-6"), "newer.yaml")
    given = policy(tmp_path)
    call = site(path="app/x.py", function="is_spam")
    decided = decision_for(decisions(given), given, call)
    assert decided is not None and decided.model == "claude-sonnet-4-6"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (BASE, "pass"),
        (BASE.replace("2026-11-01", "2025-11-01"), "partial"),
        (BASE + "stand_in: true\n", "fail"),
        (BASE.replace("claude-haiku-4-5", "null").replace("non-inferior", "undecided"), "pass"),
    ],
)
def test_the_audit_takes_decisions_as_evidence(
    tmp_path: Path, text: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMLINT_TODAY", DAY.isoformat())
    written(tmp_path, text)
    call = site(model={"values": ("gpt-6-luna",)})
    found = audit(facts(call, root=str(tmp_path)), policy(tmp_path), load_rules(), DAY)
    (answer,) = (a for a in found.answers if a.item.name == "migration-test")
    assert answer.status == status
    assert any("spam.yaml" in e.path for e in answer.evidence) is (status != "fail")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001", True), ("gpt-5", "gpt-5-mini", False), ("mine", "mine", True),
        ("mine", "yours", False), ("us.anthropic.claude-opus-4-7-v1:0", "claude-opus-4-7", True),
    ],
)  # fmt: skip
def test_same_model(one: str, other: str, same: bool) -> None:
    assert same_model(one, other) is same
