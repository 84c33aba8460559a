"""A task that two local programs answer: the dear one always right, the cheap one as the caller has it."""

from __future__ import annotations

from pathlib import Path

TASK = """\
name: letters
task: classification
data: {file: items.jsonl, id: id, expected: label}
prompt: "Which letter is {{ text }}?"
stand_ins:
  reference: dear
  candidates:
  - {name: dear, callable: "local:dear", price: {input_usd_per_mtok: 5, output_usd_per_mtok: 25}}
  - {name: cheap, callable: "local:cheap", price: {input_usd_per_mtok: 1, output_usd_per_mtok: 5}}
graders: exact
quality: {margin: 0.1}
traffic: {items_per_day: 1000}
"""
LOCAL = """\
def dear(request):
    return request.values["text"]


def cheap(request):
    return CHEAP
"""


def write_letters(folder: Path, items: int, cheap: str = 'request.values["text"]', task: str = TASK) -> None:
    """cheap: what the cheap program returns."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join(f'{{"id": "i{i}", "text": "{"ab"[i % 2]}", "label": "{"ab"[i % 2]}"}}\n' for i in range(items))
    (folder / "items.jsonl").write_text(rows, encoding="utf-8")
    (folder / "task.yaml").write_text(task, encoding="utf-8")
    (folder / "local.py").write_text(LOCAL.replace("CHEAP", cheap), encoding="utf-8")
