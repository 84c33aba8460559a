"""`pytest --llmlint`: tasks are tests, and a run without the option imports nothing of llmlint."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

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
"""
LOCAL = """\
def dear(request):
    return request.values["text"]


def cheap(request):
    return %s
"""


# plugins that come with the SDKs: importing them is most of a short run
OTHERS = ("langsmith_plugin", "anyio", "hypothesispytest", "xdist", "xdist.looponfail")


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    installed = any(point.value == "llmlint.pytest_plugin" for point in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "llmlint.pytest_plugin"]  # a checkout that was installed before there was one
    others = [word for name in ("cacheprovider", *OTHERS) for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", *plugin, *others, "-rs", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    task = tmp_path / "evals" / "letters"
    task.mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    rows = "".join(f'{{"id": "i{i}", "text": "{"ab"[i % 2]}", "label": "{"ab"[i % 2]}"}}\n' for i in range(200))
    (task / "items.jsonl").write_text(rows, encoding="utf-8")
    (task / "task.yaml").write_text(TASK, encoding="utf-8")
    (task / "local.py").write_text(LOCAL % 'request.values["text"]', encoding="utf-8")
    return tmp_path


def test_a_task_is_a_test_that_passes_when_it_is_decided(folder: Path) -> None:
    done = run_pytest(folder, "--llmlint", "evals")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
    assert (folder / ".llmlint" / "decisions" / "letters.yaml").is_file()
    again = run_pytest(folder, "--llmlint", "evals", "-rP")
    assert "nothing changed since" in again.stdout, again.stdout


def test_one_that_measures_nothing_fails_with_one_sentence(folder: Path) -> None:
    broken = "def dear(request):\n    raise OSError('no disk')\n\n\ncheap = dear\n"
    (folder / "evals" / "letters" / "local.py").write_text(broken, encoding="utf-8")
    done = run_pytest(folder, "--llmlint", "evals")
    assert done.returncode == 1 and "nothing was measured" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout


def test_a_broken_task_is_one_line(folder: Path) -> None:
    (folder / "evals" / "letters" / "task.yaml").write_text(TASK + "colour: red\n", encoding="utf-8")
    done = run_pytest(folder, "--llmlint", "evals")
    assert done.returncode == 1 and "unknown key 'colour'" in done.stdout
    assert "Traceback" not in done.stdout


def test_without_the_option_nothing_is_collected_or_imported(folder: Path) -> None:
    (folder / "test_plain.py").write_text(
        "import sys\n\n\ndef test_plain():\n"
        "    loaded = {name for name in sys.modules if name.split('.')[0] == 'llmlint'}\n"
        "    assert loaded <= {'llmlint', 'llmlint.pytest_plugin'}, loaded\n",
        encoding="utf-8",
    )
    done = run_pytest(folder, ".")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout
