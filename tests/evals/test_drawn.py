"""A call site → the YAML of a task."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmlint.errors import TaskError
from llmlint.evals.drawn import draw
from llmlint.evals.task import Task, load_task, request_for
from llmlint.sdks.models import thinks
from tests.cli.pipeline import run

SYSTEM = "You sort tickets.\nAnswer with one word: billing or sales.\n"
APP = '''\
from pathlib import Path
from anthropic import Anthropic
from openai import OpenAI

SYSTEM = Path(__file__).with_name("system.md").read_text()
anthropic, openai = Anthropic(), OpenAI()


def triage(ticket):
    reply = anthropic.messages.create(
        model="claude-opus-4-7",
        max_tokens=16,
        system=SYSTEM,
        messages=[{"role": "user", "content": f"<ticket>{ticket}</ticket> Like {{{{ this }}}}. Classify the ticket."}],
    )
    return reply.content[0].text.strip()


def anything(model, text):
    return openai.chat.completions.create(model=model, messages=text)


def local(question):
    client = OpenAI(base_url="http://localhost:11434/v1")
    return client.chat.completions.create(model="my-own-7b", messages=[{"role": "user", "content": question}])


def odd(row, docs):
    return openai.chat.completions.create(
        model="gpt-5.5",
        max_completion_tokens=200,
        messages=[
            {"role": "system", "content": "Return JSON like {\\"a\\": 1}, {% not jinja %}"},
            {"role": "user", "content": f"Q: {row['input']} in {docs}\\n\\n  Go."},
        ],
        tools=[{"type": "function", "function": {"name": "t"}}],
    )
'''


def project(folder: Path, policy: str = "") -> Path:
    (folder / "app").mkdir()
    (folder / "app" / "desk.py").write_text(APP, encoding="utf-8")
    (folder / "app" / "system.md").write_text(SYSTEM, encoding="utf-8")
    (folder / "llmlint.yaml").write_text(f"extends: default\n{policy}", encoding="utf-8")
    return folder


def drawn(root: Path, place: str, **row: str) -> Task:
    """The task, loaded with one row of data."""
    folder = root / "evals" / "x"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(draw(root, place, folder), encoding="utf-8")
    (folder / "items.jsonl").write_text(json.dumps({"id": "1", "expected": "billing", **row}), encoding="utf-8")
    return load_task(folder)


def test_prompt_model_kind_and_traffic_are_filled_in(tmp_path: Path) -> None:
    root = project(tmp_path, "traffic: [{match: {path: 'app/**'}, calls_per_day: 500}]\n")
    task = drawn(root, "app/desk.py:13", ticket="Where is my invoice?")
    assert (task.name, task.kind, task.reference) == ("triage", "classification", "claude-opus-4-7")
    assert task.match == {"path": "app/desk.py", "function": "triage"} and task.items_per_month == 15_000
    names = [one.name for one in task.candidates]
    assert names[0] == "claude-opus-4-7" and "claude-haiku-5-5" in names and "claude-opus-5-5" not in names
    assert all(request_for(task, one, task.items()[0]).max_tokens == 1024 for one in task.candidates[1:] if thinks(one.model))
    asked = request_for(task, task.candidates[0], task.items()[0])
    assert asked.system == SYSTEM.strip() or asked.system == SYSTEM
    assert asked.static_system and asked.max_tokens == 16
    assert asked.messages[0]["content"] == "<ticket>Where is my invoice?</ticket> Like {{ this }}. Classify the ticket."


def test_what_is_not_known_is_left_to_the_user(tmp_path: Path) -> None:
    root = project(tmp_path)
    text = draw(root, "app/desk.py:20")
    assert "{{ input }}" in text and "# ← the model in use is not known" in text
    assert "# traffic:" in text and "type: judge" in text
    task = drawn(root, "app/desk.py:20", input="x")
    assert task.reference == "claude-opus-5-5" and task.kind == "other"


def test_a_server_of_ones_own_stays_one(tmp_path: Path) -> None:
    task = drawn(project(tmp_path), "app/desk.py:25", input="x")
    own = task.candidates[0]
    assert (own.model, own.provider, bool(own.base_url)) == ("my-own-7b", "openai", True)


def test_braces_roles_and_tools_are_not_lost(tmp_path: Path) -> None:
    root = project(tmp_path)
    text = draw(root, "app/desk.py:30")
    assert "# ← all in one" in text and "# ← the model has tools" in text
    task = drawn(root, "app/desk.py:30", input="1 {{ 2 }}", docs="{% x %}")
    said = request_for(task, task.candidates[0], task.items()[0]).messages[0]["content"]
    assert said == 'Return JSON like {"a": 1}, {% not jinja %}\nQ: 1 {{ 2 }} in {% x %}\n\n  Go.'


@pytest.mark.parametrize(
    ("place", "said", "mend"),
    [
        ("app/desk.py:1", "no call to a model stands there", "there are app/desk.py:10"),
        ("app/system.md:1", "no call to a model", "llmlint facts"),
        ("app/none.py:1", "there is no such file", "app/x.py:12"),
        ("app/desk.py", "names no line", "app/x.py:12"),
    ],
)
def test_a_place_without_a_call_is_told(tmp_path: Path, place: str, said: str, mend: str) -> None:
    with pytest.raises(TaskError, match=said) as caught:
        draw(project(tmp_path), place)
    assert mend in (caught.value.mend or "")


def test_the_command_writes_where_the_harness_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project(tmp_path))
    done = run("eval", "new", "app/desk.py:12")
    assert done.exit_code == 0 and "wrote evals/triage/task.yaml" in done.stdout
    assert "../../app/system.md" in (tmp_path / "evals" / "triage" / "task.yaml").read_text("utf-8")
    again = run("eval", "new", "app/desk.py:12")
    assert again.exit_code == 2 and "--force writes a new one" in again.stderr
    assert run("eval", "new", "app/desk.py:12", "--force").exit_code == 0
    assert run("eval", "new", "app/desk.py:12", "-o", "-").stdout.startswith("# yaml-language-server")
