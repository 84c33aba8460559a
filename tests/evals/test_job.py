"""One job that harnesses are compared with: 300 items, three models at 50 : 10 : 1, where mid is as good as big and
small is not; over real HTTP, with and without faults."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from llmlint.cli import main
from tests.evals.server import serving, truth

CANDIDATES = "".join(
    f"- {{model: {name}, provider: openai, base_url: 'URL/v1', price: {{input_usd_per_mtok: {usd}, output_usd_per_mtok: {usd}}}}}\n"
    for name, usd in (("big", 50), ("mid", 10), ("small", 1))
)
TASK = (
    "name: job\ntask: classification\ndata: {file: items.jsonl, id: id, expected: label}\n"
    "prompt: {user: '{{ text }}', max_tokens: 5}\n"
    f"candidates:\n{CANDIDATES}reference: big\ngraders: exact\nquality: {{margin: 0.05}}\ntarget: dataset\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    texts = [f"question {i}" for i in range(300)]
    rows = [{"id": f"i{i}", "text": text, "label": truth(text)} for i, text in enumerate(texts)]
    (tmp_path / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def decide(folder: Path, server: Any, *arguments: str) -> tuple[int, dict[str, Any]]:
    (folder / "task.yaml").write_text(TASK.replace("URL", server.url), encoding="utf-8")
    done = CliRunner().invoke(main, ["eval", "task.yaml", "-f", "json=r.json", "-q", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, json.loads((folder / "r.json").read_text())


def test_mid_is_as_good_as_big_at_a_fifth_of_the_price(folder: Path) -> None:
    with serving() as server:
        code, told = decide(folder, server)
        bill = server.bill()
    assert (code, told["recommendation"]) == (0, "mid")
    assert "at 1/5 of the cost of big" in told["sentence"]
    assert told["calls"] == bill["asked"] < 750, "900 are the full grid"
    assert abs(Decimal(bill["usd"]) - Decimal(str(told["new_usd"]))) < Decimal("0.000001")


def test_thirty_percent_faults_change_nothing_but_the_time(folder: Path) -> None:
    with serving(faults={"429": 0.1, "500": 0.1, "529": 0.05, "half": 0.05}) as server:
        code, told = decide(folder, server)
        bill = server.bill()
    assert (code, told["recommendation"]) == (0, "mid")
    assert all(one["statuses"]["failed"] == 0 for one in told["candidates"])
    assert bill["not_waited"] == 0 and bill["twice"] == 0


@pytest.mark.parametrize(
    ("broken", "code", "recommended"),
    [({"small": "401"}, 0, "mid"), ({"small": "404"}, 0, "mid"), ({"mid": "quota"}, 3, None), ({"big": "401"}, 2, None)],
    ids=str,
)  # fmt: skip
def test_a_model_without_access_stops_at_once_and_the_others_go_on(
    folder: Path, broken: dict[str, str], code: int, recommended: str | None
) -> None:
    with serving(models=broken) as server:
        ended, told = decide(folder, server)
        bill = server.bill()
    (name,) = broken
    assert (ended, told["recommendation"]) == (code, recommended)
    assert name in told["ended"] and len(told["ended"][name].splitlines()) == 1
    assert bill["by_model"][name] < 70, "only what was in flight"
    assert "sk-test" not in json.dumps(told)


@pytest.mark.parametrize(("fault", "status"), [("empty", "empty"), ("refusal", "refused"), ("truncated", "truncated")])
def test_kinds_of_answers_are_told_apart(folder: Path, fault: str, status: str) -> None:
    with serving(models={"small": fault}) as server:
        _, told = decide(folder, server)
    (small,) = (one for one in told["candidates"] if one["model"] == "small")
    assert small["statuses"][status] > 0 and small["statuses"]["ok"] == 0
    assert small["mean"] == 0.0
    assert told["recommendation"] != "small"


def test_a_budget_is_never_exceeded_and_what_was_paid_is_kept(folder: Path) -> None:
    with serving() as server:
        code, told = decide(folder, server, "--budget", "0.02")
        bill = server.bill()
        assert Decimal(bill["usd"]) <= Decimal("0.02")
        assert (code, told["end"]) == (3, "budget")
        assert not (folder / ".llmlint" / "decisions").exists(), "a budget that does not suffice decides nothing"
        decide(folder, server)
        assert server.bill()["twice"] == 0, "the rest is paid, nothing again"
