"""`pytest --llmlint evals/`: each task.yaml is a test. Without the option nothing else of llmlint is imported.

A test passes where it is decided and the code agrees, is skipped where it is undecided, and fails where a dearer model
than the decided one is in use or nothing could be measured. A task whose decision on record still holds, with the same
data, prompt and models, asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("task.yaml", "task.yml")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("llmlint")
    group.addoption("--llmlint", action="store_true", help="Collect the tasks of llmlint eval (task.yaml) as tests.")
    group.addoption("--llmlint-budget", type=float, metavar="USD", help="At most so much for each task.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name in NAMES and parent.config.getoption("--llmlint"):
        made: pytest.Collector = TaskFile.from_parent(parent, path=file_path)
        return made
    return None


class TaskFile(pytest.File):
    """A task.yaml."""

    def collect(self) -> Iterator[pytest.Item]:
        yield TaskItem.from_parent(self, name=self.path.parent.name)


class TaskItem(pytest.Item):
    """One task: decided, or not."""

    def runtest(self) -> None:
        from llmlint.cli.eval.deciding import decide_again
        from llmlint.cli.eval.session import Asked

        found = decide_again(Asked(self.path, budget=self.config.getoption("--llmlint-budget")))
        self.add_report_section("call", "llmlint", found.text)
        if found.code == 3:
            pytest.skip(found.text.strip().splitlines()[-1])
        if found.code != 0:
            raise Undecided(found.text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from llmlint.errors import UserError

        if isinstance(excinfo.value, (Undecided, UserError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"llmlint eval {self.name}"


class Undecided(AssertionError):
    """The decision and the code differ, or nothing was measured."""
