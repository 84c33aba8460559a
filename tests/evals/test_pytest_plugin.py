"""`pytest --llmlint`: tasks are tests, and a run without the option imports nothing of llmlint."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.evals.letters import TASK, write_letters

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
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    write_letters(tmp_path / "evals" / "letters", 200)
    return tmp_path


def test_a_task_is_a_test_that_passes_when_it_is_decided(folder: Path) -> None:
    done = run_pytest(folder, "--llmlint", "evals")
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
    assert (folder / ".llmlint" / "decisions" / "letters.yaml").is_file()
    again = run_pytest(folder, "--llmlint", "evals", "-rP")
    assert "nothing changed since" in again.stdout, again.stdout


def test_one_that_measures_nothing_and_one_that_is_broken_fail_with_one_sentence_each(folder: Path) -> None:
    broken = "def dear(request):\n    raise OSError('no disk')\n\n\ncheap = dear\n"
    (folder / "evals" / "letters" / "local.py").write_text(broken, encoding="utf-8")
    write_letters(folder / "evals" / "words", 4, task=TASK + "colour: red\n")
    done = run_pytest(folder, "--llmlint", "evals")
    assert done.returncode == 1 and "2 failed" in done.stdout, done.stdout
    assert "nothing was measured" in done.stdout and "unknown key 'colour'" in done.stdout
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
