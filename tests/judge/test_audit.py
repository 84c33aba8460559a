"""Facts and findings → the fourteen items: what is a pass, what is not measured, what an attestation may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from llmlint.facts import CallSite, Facts, ProjectFact
from llmlint.judge.audit import Answer, Audit, audit
from llmlint.judge.checklist import ITEMS
from llmlint.judge.policy import load_policy
from llmlint.judge.policy_schema import policy_schema
from llmlint.judge.rules import load_rules
from tests.judge.sites import site

DAY = date(2026, 11, 25)
HANDLER = {"by": "flask", "where": "app.py:3", "function": "ask"}
CAPPED = {"state": "set", "value": 100}
SEEN = ProjectFact(seen=True)
TUNING = site(kind="fine_tune", api="fine_tuning.jobs.create")


def run(folder: Path, policy: str, *sites: CallSite, project: ProjectFact = SEEN) -> Audit:
    (folder / "llmlint.yaml").write_text(policy, encoding="utf-8")
    facts = Facts(str(folder), sites or (site(),), project=project)
    return audit(facts, load_policy(folder), load_rules(), DAY)


def of(found: Audit, name: str) -> Answer:
    return next(answer for answer in found.answers if answer.item.name == name)


def test_the_items_are_those_that_a_policy_may_attest() -> None:
    assert [item.name for item in ITEMS] == policy_schema()["$defs"]["checklist-item"]["enum"]
    assert len(ITEMS) == 14


def test_every_rule_of_the_checklist_that_exists_is_asked(tmp_path: Path) -> None:
    codes = {code for item in ITEMS for code in item.codes}
    told = {rule.code for rule in load_rules() if rule.code < "LLM7"} - {"LLM001", "LLM002", "LLM003", "LLM004"}
    assert told - codes <= {"LLM305", "LLM403", "LLM404"}  # of the mission's anti-patterns, not of its checklist


CASES = [
    ("output-control", "", [site()], "fail"),
    ("output-control", "", [site(output_cap=CAPPED), site(line=2, output_cap=CAPPED), site(line=3)], "partial"),
    ("output-control", "", [site(output_cap=CAPPED)], "pass"),
    ("output-control", "", [site(output_cap={"state": "unknown"})], "not measured"),
    ("output-control", "", [site(kind="embed", output_cap={"state": "not-applicable"})], "not applicable"),
    ("tiered-models", "", [site()], "not measured"),  # nobody knows the task
    ("tiered-models", "", [site(task={"type": "reasoning", "simple": False, "confidence": 0.9})], "not applicable"),
    ("tiered-models", "", [site(task={"type": "classification", "simple": True, "confidence": 0.95})], "pass"),
    ("tiered-models", "", [site(task={"type": "classification", "simple": True, "confidence": 0.95, "evidence": ("a", "b")}, model={"tier": "large", "values": ("gpt-5.6",)})], "fail"),
    ("streaming", "", [site()], "not measured"),
    ("streaming", "", [site(context={"user_facing": False})], "not applicable"),
    ("streaming", "", [site(context={"user_facing": True}, task={"type": "chat"}, stream=True)], "pass"),
    ("batch", "", [site(batch_api=True, repeated=False)], "not applicable"),
    ("batch", "", [site(batch_api=True, repeated=True)], "not measured"),
    ("semantic-cache", "", [site(context={"user_facing": False})], "not applicable"),
    ("output-control", "", [site(output_cap={"state": "unknown"}), site(line=2, output_cap=CAPPED)], "pass"),
    ("output-control", "rules: {output-cap: off, output-cap-excess: off, stop-sequence: off, many-candidates: off}", [site()], "not measured"),
    ("output-control", "attestations: {output-control: {date: '2026-11-01', owner: o}}", [site()], "fail"),  # the code shows it
    ("output-control", "exemptions: [{rule: output-cap, path: app.py, reason: r, owner: o, until: '2027-01-01'}]", [site()], "pass"),
    ("output-control", "", [site(path="tests/test_app.py"), site(output_cap=CAPPED)], "pass"),
    ("user-limit", "", [site()], "not measured"),
    ("user-limit", "", [site(context={"user_facing": False})], "not applicable"),
    ("user-limit", "", [site(context={"handler": HANDLER})], "not measured"),
    ("user-limit", "", [site(context={"handler": HANDLER, "limited": {"by": "slowapi", "where": "app.py:2"}, "rate_limited": True})], "pass"),
    ("user-limit", "attestations: {user-limit: {date: '2026-11-01', owner: o}}", [site(context={"handler": HANDLER})], "pass"),
    ("prompt-cache", "", [site(prompt={"static_tokens": 5000, "cache_mode": "automatic"})], "pass"),
    ("prompt-cache", "", [site(prompt={"static_tokens": 500, "cache_mode": "automatic"})], "not applicable"),
    ("prompt-cache", "", [site(prompt={"static_tokens": 5000})], "not measured"),
    ("prompt-cache", "", [site(prompt={"static_tokens": 0, "cached": True})], "pass"),
    ("prompt-cache", "", [site(prompt={"static_tokens": None})], "not measured"),
    ("batch", "", [site(kind="batch", api="batches.create")], "pass"),
    ("fine-tune-roi", "", [site()], "not applicable"),
    ("fine-tune-roi", "", [TUNING], "fail"),
    ("fine-tune-roi", "roi: [{name: n, kind: fine-tune, one_off_usd: 1, monthly_usd_before: 9, monthly_usd_after: 1}]", [TUNING], "pass"),
    ("fine-tune-roi", "rules: {fine-tune-roi: off}", [TUNING], "not measured"),
    ("distillation-review", "", [site()], "not measured"),
    ("distillation-review", "traffic: [{match: {}, calls_per_day: 5}]", [site()], "not applicable"),
    ("distillation-review", "roi: [{name: n, kind: distil}]", [site()], "pass"),
    ("migration-test", "", [site()], "fail"),
    ("migration-test", "evals: {decisions: [{task: t, model: gpt-5-mini, date: '2026-10-01'}]}", [site()], "pass"),
    ("migration-test", "evals: {max_age_days: 30, decisions: [{task: t, model: m, date: '2026-10-01'}]}", [site()], "partial"),
    ("quarterly-review", "", [site()], "fail"),
    ("quarterly-review", "attestations: {quarterly-review: {date: '2026-10-01', owner: o}}", [site()], "pass"),
    ("quarterly-review", "attestations: {quarterly-review: {date: '2026-01-01', owner: o}}", [site()], "partial"),
    ("build-or-buy", "roi: [{name: n, kind: self-host}]", [site()], "pass"),
    ("build-or-buy", "roi: [{name: n, kind: self-host, until: '2026-01-01'}]", [site()], "partial"),
    ("cost-alarm", "attestations: {cost-alarm: {date: '2026-11-01', owner: o}}", [site()], "pass"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "policy", "sites", "status"), CASES)
def test_status(tmp_path: Path, name: str, policy: str, sites: list[CallSite], status: str) -> None:
    answer = of(run(tmp_path, policy, *sites), name)
    assert answer.status == status, answer
    assert bool(answer.next) is (status not in ("pass", "not applicable"))


@pytest.mark.parametrize(
    ("project", "dashboard", "alarm"),
    [
        (ProjectFact(), "not measured", "not measured"),
        (SEEN, "fail", "fail"),
        (replace(SEEN, metrics=("a.py:3 langfuse",)), "partial", "fail"),
        (replace(SEEN, by_team=("l.yaml:3 LiteLLM",)), "partial", "fail"),
        (replace(SEEN, dashboards=("g.json:3 Grafana panel `x`",)), "partial", "fail"),
        (replace(SEEN, dashboards=("g.json:3 x",), by_team=("g.json:3 x",)), "pass", "fail"),
        (replace(SEEN, alarms=("r.yml:3 Prometheus alert `x`",)), "fail", "pass"),
    ],
)
def test_what_the_project_shows(tmp_path: Path, project: ProjectFact, dashboard: str, alarm: str) -> None:
    found = run(tmp_path, "", project=project)
    assert (of(found, "cost-dashboard").status, of(found, "cost-alarm").status) == (dashboard, alarm)


def test_evidence_has_its_place(tmp_path: Path) -> None:
    project = replace(SEEN, alarms=("a b/r.yml:3 alert: `x:4 y`", "n.ipynb:2:7 traced"))
    policy = "\nattestations: {quarterly-review: {date: '2026-11-01', owner: finops, link: 'https://w.example'}}"
    found = run(tmp_path, policy, project=project)
    assert [(e.path, e.cell, e.line, e.words) for e in of(found, "cost-alarm").evidence] == [
        ("a b/r.yml", None, 3, "alert: `x:4 y`"), ("n.ipynb", 2, 7, "traced"),
    ]  # fmt: skip
    (said,) = of(found, "quarterly-review").evidence
    assert (said.path, said.line) == ("llmlint.yaml", 2)
    assert said.words == "attested by finops on 2026-11-01, holds until 2027-02-09: https://w.example"


def test_score_counts_what_was_measured(tmp_path: Path) -> None:
    found = run(tmp_path, "", site(output_cap=CAPPED))
    worth = {"pass": 1.0, "partial": 0.5, "fail": 0.0}
    counted = [worth[a.status] for a in found.answers if a.status in worth]
    assert found.score == round(100 * sum(counted) / len(counted)) and 0 < found.score < 100


def test_nothing_is_asked_of_a_project_without_models(tmp_path: Path) -> None:
    facts = Facts(str(tmp_path), (), project=SEEN)
    found = audit(facts, load_policy(tmp_path), load_rules(), DAY)
    assert {a.status for a in found.answers} == {"not applicable"} and found.score is None
