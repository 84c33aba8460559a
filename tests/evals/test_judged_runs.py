"""A whole run whose answers a judge grades: what it costs, how far it agrees with people, and that it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run

TASK = """\
name: letters
data: items.jsonl
prompt: "{{ input }}"
stand_ins:
  reference: long
  candidates:
  - {name: long, callable: "own:long", price: {input_usd_per_mtok: 10, output_usd_per_mtok: 10}}
  - {name: short, callable: "own:short", price: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}}
graders:
  type: judge
  rubric: The more a, the better.
  labels: labels.jsonl
  model: {callable: "own:judge", price: {input_usd_per_mtok: 2, output_usd_per_mtok: 2}}
quality: {margin: 0.2}
target: dataset
"""
OWN = """\
import json, re

def long(request):
    return "a" * 3

def short(request):
    return "a" * 3 if int(request.item) % 10 else "a"

def judge(request):
    text = request.messages[0]["content"]
    answer = re.search(r"<answer-\\w+>\\n(.*)\\n</answer", text, re.S)[1]
    return json.dumps({"reason": "counted", "grade": min(4, len(answer) + 1)})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    rows = [{"id": str(i), "input": f"Letter {i}"} for i in range(40)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    labels = [{"item": str(i), "answer": "a" * n, "score": n / 4} for i, n in enumerate((1, 2, 3, 1, 2, 3))]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in labels), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_judge_is_paid_counted_and_corrected_by_people(folder: Path) -> None:
    done = run("eval", "task.yaml", "--stand-ins", "--no-report", "--format", "text", "--format", "json=run.json")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "judge" in done.stdout and "6 answers that people had graded" in done.stdout
    assert "25.0 pt more generous" in done.stdout  # the judge gives one more of four
    assert "short (stand-in) meets quality" in done.stdout
    report = json.loads((folder / "run.json").read_text("utf-8"))
    assert report["judges_usd"] > 0
    shown = run("eval", "show", report["run"] if "run" in report else report["id"])
    assert "6 answers that people had graded" in shown.stdout, shown.stderr


def test_a_judge_without_a_price_is_refused_first(folder: Path) -> None:
    text = TASK.replace(', price: {input_usd_per_mtok: 2, output_usd_per_mtok: 2}}', "}")
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    done = run("eval", "task.yaml", "--stand-ins")
    assert done.exit_code == 2 and "own:judge" in done.stderr and "price" in done.stderr
