"""The loop of the product: check flags a dear model, eval decides, the decision is committed, check enforces it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from llmlint.cli import main
from tests.evals.server import said, serving

APP = '''\
import anthropic

client = anthropic.Anthropic()


def queue(ticket: str) -> str:
    reply = client.messages.create(
        model="claude-opus-4-7",
        max_tokens=5,
        system="Classify the support ticket into exactly one of these categories: alpha, beta, gamma, delta. "
        "Respond with the category name only.",
        messages=[{"role": "user", "content": ticket}],
    )
    return reply.content[0].text
'''
TASK = """\
name: queues
task: classification
match: {path: app.py, function: queue}
data: {file: items.jsonl, id: id, expected: label}
prompt:
  system: "Classify the support ticket into exactly one of these categories: alpha, beta, gamma, delta.
    Respond with the category name only."
  user: "{{ ticket }}"
  max_tokens: 5
candidates: [claude-opus-4-7, claude-haiku-4-5]
reference: claude-opus-4-7
graders: exact
quality: {margin: 0.05}
budget_usd: 2
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMLINT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / "llmlint.yaml").write_text("rules: {cost-metrics: off, prompt-cache: off}\n", encoding="utf-8")
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")
    rows = [{"id": f"i{i}", "ticket": f"ticket {i}", "label": said("claude", f"ticket {i}")} for i in range(200)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def llmlint(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def codes(result: Result) -> Sequence[str]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return [one["code"] for one in found]


def test_what_an_eval_decides_is_enforced(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = llmlint("check", "--format", "json")
    assert codes(before) == ["LLM201"], before.output

    with serving() as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        decided = llmlint("eval", "task.yaml", "--format", "json")
        told = json.loads(decided.stdout)
        assert told["recommendation"] == "claude-haiku-4-5", decided.output
        assert decided.exit_code == 1, "the code still asks the dear one"
        asked = server.bill()["asked"]
        assert asked == told["new_calls"] < told["full_grid_calls"]
        again = json.loads(llmlint("eval", "task.yaml", "--format", "json").stdout)
        assert (again["new_calls"], again["new_usd"], server.bill()["asked"]) == (0, 0, asked), "paid for already"
    assert "claude-haiku-4-5" in (project / ".llmlint" / "decisions" / "queues.yaml").read_text()
    assert (project / ".llmlint" / "reports" / "queues.html").stat().st_size > 5_000

    after = llmlint("check", "--format", "json")
    assert codes(after) == ["LLM205"], "the eval has decided: LLM201 is silent, its decision is enforced"
    assert after.exit_code == 1

    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")  # nobody is asked from here on
    assert llmlint("eval", "task.yaml", "--ci").exit_code == 1
    assert llmlint("fix", "--unsafe", "--select", "LLM205").exit_code == 0
    assert 'model="claude-haiku-4-5"' in (project / "app.py").read_text()
    assert codes(llmlint("check", "--format", "json")) == []
    assert llmlint("eval", "task.yaml", "--ci").exit_code == 0


def test_recorded_outcomes_decide_for_the_calls_that_are_named(project: Path) -> None:
    folder = project / "recorded"
    folder.mkdir()
    prices = {"claude-opus-4-7": (5, 25), "claude-haiku-4-5": (1, 5)}
    models = [{"name": name, "provider": "anthropic", "input_usd_per_mtok": read, "output_usd_per_mtok": written}
              for name, (read, written) in prices.items()]  # fmt: skip
    (folder / "meta.yaml").write_text(json.dumps({"task": "queues", "scorer": "exact", "models": models}))
    with (folder / "items.jsonl").open("w") as items, (folder / "outcomes.jsonl").open("w") as outcomes:
        for i in range(400):
            items.write(json.dumps({"item": f"i{i}"}) + "\n")
            for name in prices:
                row = {"item": f"i{i}", "model": name, "score": 1.0, "input_tokens": 100, "output_tokens": 2}
                outcomes.write(json.dumps(row) + "\n")
    ask = ["eval", "--replay", "recorded", "--reference", "claude-opus-4-7", "--margin", "0.05", "--match", "app.py:queue"]
    assert llmlint(*ask).exit_code == 0
    assert codes(llmlint("check", "--format", "json")) == ["LLM205"]


def test_stand_ins_decide_about_no_code(project: Path) -> None:
    stand_ins = (
        "stand_ins:\n  reference: dear\n  candidates:\n"
        "  - {name: dear, callable: 'local:answer', price: {input_usd_per_mtok: 5, output_usd_per_mtok: 25}}\n"
        "  - {name: cheap, callable: 'local:same', price: {input_usd_per_mtok: 1, output_usd_per_mtok: 5}}\n"
    )
    (project / "task.yaml").write_text(TASK + stand_ins, encoding="utf-8")
    (project / "local.py").write_text(
        "from hashlib import sha256\n\n\ndef answer(request):\n    return 'alpha'\n\n\nsame = answer\n", encoding="utf-8"
    )
    decided = llmlint("eval", "task.yaml", "--stand-ins")
    assert decided.exit_code == 0, decided.output
    assert "cheap (stand-in) meets quality" in decided.stdout
    assert "no model" in decided.stdout
    decision = (project / ".llmlint" / "decisions" / "queues.yaml").read_text()
    assert "stand_in: true" in decision
    assert codes(llmlint("check", "--format", "json")) == ["LLM201"]
