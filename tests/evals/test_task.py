"""A task's YAML → `Task`: what is read, and what every mistake is told as."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from llmlint.bundled import bundled
from llmlint.errors import TaskError
from llmlint.evals.task import Task, load_task, request_for
from llmlint.evals.task_schema import FILE, mistakes
from llmlint.judge.documents import parse_document
from tests.cli.pipeline import run

ROWS = [{"id": "a", "input": "one", "expected": "yes"}, {"id": "b", "input": "two", "expected": "no"}]
TASK = """\
name: t
data: items.jsonl
prompt: "Is it so? {{ input }}"
candidates: [claude-opus-5-5, claude-haiku-5-5]
reference: claude-opus-5-5
graders: label
"""


def write(folder: Path, task: str = TASK, rows: Any = ROWS, **files: str) -> Path:
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "items.jsonl").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
    (folder / "task.yaml").write_text(task, encoding="utf-8")
    return folder / "task.yaml"


def refused(folder: Path, task: str = TASK, rows: Any = ROWS, **files: str) -> TaskError:
    with pytest.raises(TaskError) as caught:
        load_task(write(folder, task, rows, **files))
    return caught.value


def test_a_task_is_read_whole(tmp_path: Path) -> None:
    text = """\
name: triage
description: Where does it go?
task: classification
data: {file: rows.csv, id: nr, expected: queue, cluster: customer, slices: [lang]}
prompt:
  system: {file: system.md}
  messages: [{user: "A?"}, {assistant: "x"}, {user: "{{ text }}"}]
  max_tokens: 8
candidates:
- claude-opus-5-5
- {model: my-model, name: mine, base_url: "http://localhost:1/v1", tier: small, parameters: {max_tokens: 3}, price: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}
reference: claude-opus-5-5
graders: [{type: label, labels: [x, y], weight: 2}, exact]
quality: {floor: 0.8}
alpha: 0.1
target: dataset
on_error: wrong
seed: 3
budget_usd: 2.5
traffic: {items_per_day: 120}
"""
    rows = "nr,text,queue,customer,lang\n1,hello,x,c1,en\n2,bye,y,c1,de\n3,what,x,,de\n"
    file = write(tmp_path, text, rows__csv=rows, system__md="Sort it.")
    task = load_task(file)
    assert (task.name, task.kind, task.margin, task.floor, task.alpha) == ("triage", "classification", None, 0.8, 0.1)
    assert (task.target, task.on_error, task.seed, task.budget_usd) == ("dataset", "wrong", 3, Decimal("2.5"))
    assert task.items_per_month == pytest.approx(120 * 30)
    assert [item.id for item in task.items()] == ["1", "2", "3"]
    assert task.groups() == [0, 0, 1]
    opus, mine = task.candidates
    assert (opus.provider, opus.api, opus.tier) == ("anthropic", "messages", "large")
    assert (mine.name, mine.provider, mine.api, mine.tier) == ("mine", "openai", "chat", "small")
    assert task.prices == {"my-model": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}}
    asked = request_for(task, opus, task.items()[0])
    assert asked.system == "Sort it." and asked.static_system and asked.max_tokens == 8
    assert [m["content"] for m in asked.messages] == ["A?", "x", "hello"]
    assert asked.values == {"nr": "1", "text": "hello", "customer": "c1", "lang": "en"}  # not the answer
    assert request_for(task, mine, task.items()[0]).max_tokens == 3


def test_a_floor_alone_needs_no_reference(tmp_path: Path) -> None:
    alone = TASK.replace("reference: claude-opus-5-5\n", "quality: {floor: 0.9}\n")
    task = load_task(write(tmp_path, alone))
    assert (task.reference, task.margin, task.floor) == (None, None, 0.9)
    assert "has no 'reference'" in refused(tmp_path, alone.replace("{floor: 0.9}", "{floor: 0.9, margin: 0.1}")).message


def test_what_a_policy_says_holds_where_the_task_says_nothing(tmp_path: Path) -> None:
    task = load_task(write(tmp_path), {"margin": 0.1, "alpha": 0.2, "target": "dataset"})
    assert (task.margin, task.alpha, task.target) == (0.1, 0.2, "dataset")
    task = load_task(write(tmp_path, TASK + "quality: {margin: 0.01}\n"), {"margin": 0.1})
    assert task.margin == 0.01


WRONG = [
    # (what is added or replaced, line, what is said, the mend)
    (("graders: label", "grader: label"), 6, "unknown key 'grader'", "did you mean 'graders'?"),
    (("graders: label", "graders: {type: label, lables: [a]}"), 6, "unknown key 'lables' in graders", "did you mean 'labels'?"),
    (("graders: label", "graders: [exact, {type: regexp}]"), 6, "graders[1]", "did you mean 'regex'?"),
    (("graders: label", "graders: {type: regex}"), 6, "graders has no 'pattern'", "Answer"),
    (("graders: label", "graders: {type: regex, pattern: '('}"), 6, "the pattern is none", "regular expression"),
    (("graders: label", "graders: json_schema"), 6, "no schema to grade by", "to the prompt"),
    (("graders: label", "graders: [{type: exact, weight: 0}]"), 6, "weights add up to 0", ""),
    (("name: t", "name: a b"), 1, "name: 'a b' is not letters", "support-triage"),
    (("name: t", "nme: t"), 1, "the task has no 'name'", "add `name: support-triage`"),
    (("data: items.jsonl", "data: item.jsonl"), 2, "there is no such data set", "did you mean `items.jsonl`?"),
    (("data: items.jsonl", "data: task.yaml"), None, "is no data set that can be read", ".csv"),
    (("data: items.jsonl", "data: {file: items.jsonl, exppected: x}"), 2, "unknown key 'exppected' in data", "expected"),
    (("data: items.jsonl", "data: {id: x}"), 2, "needs one of file, hugging_face and items", "items.jsonl"),
    (("data: items.jsonl", "data: {file: items.jsonl, cluster: customer}"), 2, "data.cluster: no item has a column 'customer'", "there are id, input, expected"),
    (("data: items.jsonl", "data: {file: items.jsonl, expected: expectd}"), 2, "no item has a column 'expectd'", "did you mean `expected`?"),
    (("{{ input }}", "{{ imput }}"), 3, "the prompt asks for 'imput', which no item has", "did you mean `input`?"),
    (("{{ input }}", "{{ expected }}"), 3, "the prompt shows the right answer", ""),
    (("{{ input }}", "{{ input "), 3, "no valid Jinja2", "raw"),
    (("{{ input }}", "{{ ''.__class__.__mro__ }}"), 1, "the prompt cannot be made", ""),
    (('prompt: "Is it so? {{ input }}"', "prompt: {system: hello}"), 3, "prompt needs either user or messages", "user"),
    (('prompt: "Is it so? {{ input }}"', "prompt: {user: {file: nope.md}}"), 3, "nope.md cannot be read", "relative to the task file"),
    (('prompt: "Is it so? {{ input }}"', "prompt: {user: hi, max_tokns: 3}"), 3, "unknown key 'max_tokns' in prompt", "max_tokens"),
    (('prompt: "Is it so? {{ input }}"', "prompt: {user: hi, max_tokens: 0.5}"), 3, "must be a whole number, 1 or more, not 0.5", "64"),
    (("[claude-opus-5-5, claude-haiku-5-5]", "[claude-opus-5-5, claude-opus-5-5]"), 4, "'claude-opus-5-5' stands twice", "name"),
    (("[claude-opus-5-5, claude-haiku-5-5]", "[claude-opus-5-5, nobody-knows-1]"), 4, "who serves the model 'nobody-knows-1'", "base_url"),
    (("[claude-opus-5-5, claude-haiku-5-5]", "[{name: x}, claude-opus-5-5]"), 4, "needs one of model, callable and command", "model"),
    (("[claude-opus-5-5, claude-haiku-5-5]", "[{model: claude-opus-5-5, key_env: sk-123}]"), 4, "name of a variable", "ANTHROPIC_API_KEY"),
    (("[claude-opus-5-5, claude-haiku-5-5]", "[{model: claude-opus-5-5, api_key: sk-123}]"), 4, "unknown key 'api_key'", ""),
    (("reference: claude-opus-5-5", "reference: claude-opus-5"), 5, "'claude-opus-5' is no candidate", "did you mean `claude-opus-5-5`?"),
    (("reference: claude-opus-5-5", "seed: 1"), 4, "the task has no 'reference'", "reference: claude-opus-5-5"),
    (("reference: claude-opus-5-5", "reference: claude-opus-5-5\nalpha: 0"), 6, "alpha must lie between 0 and 0.5", ""),
    (("reference: claude-opus-5-5", "reference: claude-opus-5-5\nquality: {margin: 3}"), 6, "quality.margin: 3 is not a number from 0 to 1", "0.03"),
    (("reference: claude-opus-5-5", "reference: claude-opus-5-5\ntraffic: {items_per_dya: 3}"), 6, "unknown key 'items_per_dya' in traffic", "items_per_day"),
    (("reference: claude-opus-5-5", "reference: claude-opus-5-5\nquality: {margin: 0}"), 6, "margin must lie between 0 and 1, not 0", "0.03"),
    (("[claude-opus-5-5, claude-haiku-5-5]", "[claude-opus-5-5, {model: llama, base_url: localhost}]"), 4, "'localhost' is no address", "http://"),
    (("graders: label", "graders: {type: command, command: [no-such-program-anywhere]}"), 6, "there is no program 'no-such-program-anywhere'", "install"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "line", "said", "mend"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_a_mistake_names_its_place_and_the_mend(
    tmp_path: Path, change: tuple[str, str], line: int | None, said: str, mend: str
) -> None:
    assert change[0] in TASK
    error = refused(tmp_path, TASK.replace(*change))
    found = next((one for one in error.every() if said in one.message), None)
    assert found is not None, str(error)
    assert found.line == line and mend in (found.mend or "")
    assert "\n" not in str(error)


BROKEN_ROWS = [
    ('{"id": "a", "input": "x", "expected": "y"}\n{"id": "b", "input"\n[1]\n\n{"id": NaN}\n', {2: "is no JSON", 3: "is not an object", 5: "NaN is no JSON"}),
    ('{"id": "a", "input": "x", "expected": "y"}\n{"id": "a", "input": "x", "expected": "y"}\n{"id": "c", "input": "x"}\n{"id": "", "input": "x", "expected": "y"}\n', {2: "id 'a' stands on line 1 already", 3: "has no 'expected'", 4: "'id' is empty"}),
    ('{"id": "a", "input": "x", "expected": "y"}\n{"id": "b", "expected": "y"}\n', {2: "'input' is undefined"}),
    ('{"id": "a", "input": "x", "expected": "y"}\n{"id": "b", "input": "x", "expected": ""}\n', {2: "is empty"}),
    ("", {1: "the data set is empty"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "faults"), BROKEN_ROWS)
def test_every_broken_row_is_told_at_once(tmp_path: Path, text: str, faults: dict[int, str]) -> None:
    error = refused(tmp_path, rows=text)
    every = error.every()
    assert {one.line for one in every} == set(faults)
    for one in every:
        assert faults[one.line or 0] in one.message and (one.path or "").endswith("items.jsonl")
    assert "\n" not in str(error) and str(error).count("items.jsonl") == 1


@pytest.mark.parametrize(
    ("name", "content", "line", "said"),
    [
        ("rows__csv", "id,input,expected\n1,a,b\n2,a\n3,a,b,c\n", 3, "has 2 fields, the first line 3"),
        ("rows__csv", 'id,input,expected\n1,"a\nb",c\n2,"a"b,c\n', 4, "is no CSV"),
        ("rows__csv", "id,id,expected\n1,a,b\n", 1, "two columns are called 'id'"),
        ("rows__csv", "id,input,expected\n", 1, "the data set is empty"),
        ("rows__csv", "id;input;expected\na;b;c\n", 1, "separated by semicolons"),
        ("rows__json", '[{"id": 1}\n', 2, "is no JSON"),
        ("rows__json", '{"id": 1}', 1, "is not a list"),
    ],
)
def test_other_formats_name_the_line_too(tmp_path: Path, name: str, content: str, line: int, said: str) -> None:
    error = refused(tmp_path, TASK.replace("items.jsonl", name.replace("__", ".")), **{name: content})
    assert error.line == line and said in error.message


def test_rows_are_the_same_from_every_format(tmp_path: Path) -> None:
    import gzip

    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    packed = gzip.compress("".join(json.dumps(row) + "\n" for row in reversed(ROWS)).encode())
    (tmp_path / "rows.jsonl.gz").write_bytes(packed)
    inline = json.dumps({"items": ROWS})
    csv = "\ufeffid,input,expected\r\na,one,yes\r\nb,two,no\r\n"
    names = ("items.jsonl", "rows.csv", "rows.json", "rows.parquet", "rows.jsonl.gz", inline)
    files = {"rows__csv": csv, "rows__json": json.dumps(ROWS)}
    tasks = [load_task(write(tmp_path, TASK.replace("items.jsonl", name), **files)) for name in names]
    assert {task.data_hash for task in tasks} == {tasks[0].data_hash}
    assert sorted(item.id for item in tasks[3].items()) == ["a", "b"]


def test_without_an_id_rows_are_called_by_their_line(tmp_path: Path) -> None:
    rows = '{"input": "x", "expected": "y"}\n\n{"input": "x", "expected": "y"}\n'
    assert [item.id for item in load_task(write(tmp_path, rows=rows)).items()] == ["1", "3"]


def test_hashes_change_with_what_can_change_a_score(tmp_path: Path) -> None:
    first = load_task(write(tmp_path))
    assert (first.data_hash, first.prompt_hash, first.hash) == (
        load_task(write(tmp_path)).data_hash, load_task(write(tmp_path)).prompt_hash, load_task(write(tmp_path)).hash,
    )  # fmt: skip
    prompt = load_task(write(tmp_path, TASK.replace("Is it so?", "So?")))
    assert prompt.prompt_hash != first.prompt_hash and prompt.data_hash == first.data_hash and prompt.hash != first.hash
    data = load_task(write(tmp_path, rows=[*ROWS, {"id": "c", "input": "three", "expected": "no"}]))
    assert data.prompt_hash == first.prompt_hash and data.data_hash != first.data_hash and data.hash != first.hash
    grader = load_task(write(tmp_path, TASK.replace("graders: label", "graders: exact")))
    assert (grader.prompt_hash, grader.data_hash) == (first.prompt_hash, first.data_hash) and grader.hash != first.hash


PROMPTS = [
    ("jinja", "{% if input is defined %}{{ input | upper }}{% endif %}", "ONE"),
    ("jinja", "{{ nothing | default('x') }} {{ input }}", "x one"),
    ("format", "{input}: {{so}}", "one: {so}"),
    ("plain", "{input} {{ input }}", "{input} {{ input }}"),
]


@pytest.mark.parametrize(("syntax", "text", "made"), PROMPTS)
def test_a_prompt_file_is_read_as_its_syntax_says(tmp_path: Path, syntax: str, text: str, made: str) -> None:
    prompt = f"prompt: {{user: {{file: p.md, syntax: {syntax}}}}}"
    task = load_task(write(tmp_path, TASK.replace('prompt: "Is it so? {{ input }}"', prompt), p__md=text))
    assert request_for(task, task.candidates[0], task.items()[0]).messages[0]["content"] == made


def test_a_prompt_may_call_a_column_otherwise(tmp_path: Path) -> None:
    text = TASK.replace('"Is it so? {{ input }}"', "{user: '{{ question }}', variables: {question: input}}")
    task = load_task(write(tmp_path, text))
    assert request_for(task, task.candidates[0], task.items()[1]).messages[0]["content"] == "two"
    for column, said in (("imput", "no item has"), ("expected", "shows the right answer")):
        assert said in refused(tmp_path, text.replace("question: input", f"question: {column}")).message


@pytest.mark.parametrize("text", ["{0}", "{input.__class__}", "{input", "{input[0]}", "{}"])
def test_a_format_string_reads_columns_and_nothing_else(tmp_path: Path, text: str) -> None:
    prompt = "prompt: {user: {file: p.md, syntax: format}}"
    error = refused(tmp_path, TASK.replace('prompt: "Is it so? {{ input }}"', prompt), p__md=text)
    assert (error.path or "").endswith("p.md") and error.line == 1


STAND_INS = """\
stand_ins:
  reference: loud
  candidates:
  - {name: loud, callable: "programs:loud", price: {input_usd_per_mtok: 1, output_usd_per_mtok: 2}}
  - {name: quiet, command: [python, quiet.py], price: {input_usd_per_mtok: 0.1, output_usd_per_mtok: 0.2}}
"""
PROGRAMS = {"programs__py": "def loud(request):\n    return 'yes'\n"}


def cast_names(task: Task, environ: dict[str, str], who: Any = None) -> tuple[list[str], bool]:
    found = task.cast(environ, who)
    return [candidate.name for candidate in found.candidates], found.stand_ins


def test_stand_ins_take_the_place_of_models_without_a_key(tmp_path: Path) -> None:
    task = load_task(write(tmp_path, TASK + STAND_INS, **PROGRAMS))
    key = {"ANTHROPIC_API_KEY": "k"}
    assert cast_names(task, {}) == (["loud", "quiet"], True)
    assert cast_names(task, key) == (["claude-opus-5-5", "claude-haiku-5-5"], False)
    assert cast_names(task, key, "stand_ins") == (["loud", "quiet"], True)
    assert "ANTHROPIC_API_KEY" in task.cast({}).note
    with pytest.raises(TaskError, match=r"ANTHROPIC_API_KEY is not set.*export ANTHROPIC_API_KEY="):
        task.cast({}, "models")


def test_a_model_without_a_key_is_left_out_and_named(tmp_path: Path) -> None:
    text = TASK.replace("claude-haiku-5-5]", "claude-haiku-5-5, gpt-6-luna]")
    task = load_task(write(tmp_path, text))
    found = task.cast({"ANTHROPIC_API_KEY": "k"})
    assert [c.name for c in found.candidates] == ["claude-opus-5-5", "claude-haiku-5-5"]
    assert found.note == "gpt-6-luna is left out: OPENAI_API_KEY is not set"
    with pytest.raises(TaskError, match="no key for claude-opus-5-5"):
        task.cast({"OPENAI_API_KEY": "k"})


def test_the_reader_agrees_with_jsonschema() -> None:
    schema = json.loads(FILE.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    structural = [(0, 1), (1, 1), (2, 1), (3, 1), (7, 1), (8, 1), (11, 1), (21, 1), (22, 1), (26, 1), (27, 1), (31, 1), (32, 1)]
    texts = [(TASK.replace(*WRONG[i][0]), False) for i, _ in structural]
    texts += [(file.read_text("utf-8"), True) for file in bundled("evals").glob("*/task.yaml")] + [(TASK, True)]
    for text, sound in texts:
        document = parse_document(text, "task.yaml", TaskError)
        assert (not mistakes(document)) is sound, text
        assert validator.is_valid(document.data) is sound, text


def test_bundled_tasks_load_and_name_real_models() -> None:
    found = sorted(bundled("evals").glob("*/task.yaml"))
    for file in found:
        task = load_task(file.parent)
        assert task.name == file.parent.name and len(task.items()) >= 30
        assert task.stand_ins and all(one.stand_in for one in task.stand_ins)
        assert {one.model for one in task.stand_ins} <= set(task.prices)
        assert len({one.provider for one in task.candidates}) >= 2 and task.description
    assert load_task("support-triage").name == "support-triage"  # by name, from anywhere


def test_the_documented_task_is_one_and_every_key_and_grader_is_documented(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "eval-tasks.md").read_text("utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    assert mistakes(parse_document(example, "task.yaml", TaskError)) == []
    schema = json.loads(FILE.read_text("utf-8"))
    for name in [*schema["properties"], *schema["$defs"]["grader-name"]["enum"]]:
        assert f"`{name}`" in text, name
    for kind in schema["$defs"]["grader-name"]["enum"]:
        for option in set(schema["$defs"][f"grader-{kind}"]["properties"]) - {"type", "weight", "field", "expected"}:
            assert f"`{option}`" in text, (kind, option)


HUB = TASK.replace("data: items.jsonl", "data: {hugging_face: {path: acme/tickets, split: test, revision: abc}, limit: 2}")


def test_a_data_set_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(path: str, name: str | None, split: str, revision: str | None) -> list[dict[str, str]]:
        if revision != "abc":
            raise ValueError("no such\nrevision")
        assert (path, name, split) == ("acme/tickets", None, "test")
        return [*ROWS, {"id": "c", "input": "three", "expected": "no"}]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    assert [item.id for item in load_task(write(tmp_path, HUB)).items()] == ["a", "b"]
    error = refused(tmp_path, HUB.replace("abc", "def"))
    assert (error.line, error.message) == (2, "the hub's data set acme/tickets cannot be read: no such revision")
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert "pip install datasets" in (refused(tmp_path, HUB).mend or "")


def test_a_tool_may_take_no_arguments(tmp_path: Path) -> None:
    text = TASK.replace('"Is it so? {{ input }}"', "{user: '{{ input }}', tools: [{name: stop}]}")
    task = load_task(write(tmp_path, text))
    (tool,) = request_for(task, task.candidates[0], task.items()[0]).tools
    assert tool == {"name": "stop", "description": "", "parameters": {"type": "object", "properties": {}}}


def test_the_command_tells_every_mistake_on_a_line_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path, rows="".join('{"id": "same", "input": "x", "expected": "y"}\n' for _ in range(24)))
    done = run("eval", str(file), "--dry-run")
    lines = done.stderr.splitlines()
    assert done.exit_code == 2 and len(lines) == 21 and lines[-1] == "llmlint: and 3 more"
    assert all(f"items.jsonl:{i}: id 'same' stands on line 1 already" in line for i, line in enumerate(lines[:-1], start=2))


def test_a_task_that_is_not_there(tmp_path: Path) -> None:
    for path, said, mend in (
        ("evals/suport-triage", "there is no such task", "did you mean `support-triage`?"),
        ("nothing-like-it", "there is no such task", "bundled: invoice-extraction"),
        (str(tmp_path), "there is no task.yaml in it", "llmlint eval new"),
    ):
        with pytest.raises(TaskError, match=said) as caught:
            load_task(path)
        assert mend in (caught.value.mend or "")
