"""A whole run whose answers a judge grades: what it costs, how far it agrees with people, and that it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.pipeline import run
from tests.evals.server import serving

ASKED = """\
data: items.jsonl
prompt: "{{ input }}"
stand_ins:
  reference: long
  candidates:
  - {name: long, callable: "own:long", price: {input_usd_per_mtok: 10, output_usd_per_mtok: 10}}
  - {name: short, callable: "own:short", price: {input_usd_per_mtok: 1, output_usd_per_mtok: 1}}
"""
TASK = f"""\
name: letters
{ASKED}\
graders:
  type: judge
  rubric: The more a, the better.
  labels: labels.jsonl
  model: {{callable: "own:judge", price: {{input_usd_per_mtok: 2, output_usd_per_mtok: 2}}}}
quality: {{margin: 0.2}}
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


def test_what_judges_cost_is_forecast_and_stands_beside_what_all_would_cost(folder: Path) -> None:
    told = run("eval", "task.yaml", "--stand-ins", "--dry-run").stdout
    assert "grading: $" in told
    for _ in range(2):  # the second time it is known how long answers are
        run("eval", "task.yaml", "--stand-ins", "--no-report", "--full-grid", "--fresh", "--format", "json=run.json")
    report = json.loads((folder / "run.json").read_text("utf-8"))
    assert report["usd"] == pytest.approx(report["full_grid_usd"], rel=0.15)  # labels were graded as well
    assert 1 < report["forecast_usd"][0] / report["usd"] < 4  # equal answers to an item are judged once here


EMBEDDED = f"""\
name: vectors
{ASKED}\
graders: {{type: embedding, model: small, base_url: URL, price_usd_per_mtok: 1}}
quality: {{margin: 0.2}}
"""


def test_embeddings_are_paid_once_within_the_budget_and_need_a_price(folder: Path) -> None:
    rows = [{"id": str(i), "input": f"Letter {i}", "expected": "b" * (i + 1)} for i in range(8)]
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with serving() as server:
        task = EMBEDDED.replace("URL", f"{server.url}/v1")
        (folder / "task.yaml").write_text(task.replace(", price_usd_per_mtok: 1", ""), encoding="utf-8")
        refused = run("eval", "task.yaml", "--dry-run")
        assert refused.exit_code == 2 and "embeddings of small" in refused.stderr and "price_usd_per_mtok" in refused.stderr
        (folder / "task.yaml").write_text(task, encoding="utf-8")
        poor = run("eval", "task.yaml", "--no-report", "--no-decision", "--budget", "0.000000001")
        assert poor.exit_code == 2 and server.bill()["asked"] == 0, poor.output
        for _ in range(2):
            run("eval", "task.yaml", "--no-report", "--no-decision", "--format", "json=run.json")
            report = json.loads((folder / "run.json").read_text("utf-8"))
            assert report["candidates"][0]["mean"] is not None
        assert server.bill()["asked"] == 10 and server.bill()["twice"] == 0  # eight expected texts, two kinds of answers
        assert report["judges_usd"] == 0  # the second time


def test_a_judge_without_a_price_is_refused_first(folder: Path) -> None:
    text = TASK.replace(', price: {input_usd_per_mtok: 2, output_usd_per_mtok: 2}}', "}")
    (folder / "task.yaml").write_text(text, encoding="utf-8")
    done = run("eval", "task.yaml", "--stand-ins")
    assert done.exit_code == 2 and "own:judge" in done.stderr and "price" in done.stderr
