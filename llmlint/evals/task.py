"""A task's YAML → `Task`: its items, its prompt, the models that could do it and what is good enough, all checked."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from llmlint.errors import TaskError
from llmlint.evals.prompts import Prompt
from llmlint.evals.records import Candidate, Item, Request

NAMES = ("task.yaml", "task.yml")
KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY"}
OnError = Literal["wrong", "leave_out"]
Target = Literal["dataset", "population"]


@dataclass(frozen=True, slots=True)
class GraderSpec:
    """One grader as the task names it. options: its keys, checked, without type and weight; line: in the task."""

    type: str
    weight: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)
    line: int = 1


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the data plays which part. expected None: there is no right answer to compare with."""

    id: str | None = None
    expected: str | None = None
    cluster: str | None = None
    slices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is asked in a run. stand_ins: local programs, because no key is set; note: why, or who was left out."""

    candidates: tuple[Candidate, ...]
    reference: str
    stand_ins: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One job that a model does. path: its file; folder: what its paths are relative to.

    margin, floor: what is good enough, None where that part is not asked for; at least one is there. items_per_month:
    the declared traffic. prices: declared for models and stand-ins, by `Candidate.model`, in dollars per million tokens
    as in a policy's `prices`. match: the call sites it stands for, as in a policy's `evals.decisions`.
    data_hash, prompt_hash: sha256, the same wherever and whenever the same is read; hash: of both and of the grading.
    """

    name: str
    path: str
    folder: Path
    kind: str
    prompt: Prompt
    rows: tuple[Item, ...] = field(repr=False)
    columns: Columns
    candidates: tuple[Candidate, ...]
    reference: str | None
    graders: tuple[GraderSpec, ...]
    stand_ins: tuple[Candidate, ...] = ()
    stand_in_reference: str | None = None
    margin: float | None = 0.03
    floor: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    target: Target = "population"
    on_error: OnError = "leave_out"
    seed: int = 0
    budget_usd: Decimal | None = None
    items_per_month: float | None = None
    prices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    match: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    data_hash: str = ""

    def items(self) -> list[Item]:
        """The items, in the order of the data."""
        return list(self.rows)

    @property
    def prompt_hash(self) -> str:
        return self.prompt.fingerprint()

    @property
    def hash(self) -> str:
        """Changes with whatever can change a score: data, prompt, graders."""
        graders = [[spec.type, spec.weight, dict(spec.options)] for spec in self.graders]
        return digest([self.data_hash, self.prompt_hash, graders])

    def groups(self) -> list[int] | None:
        """The draw that each item belongs to, as a number; None where each is its own."""
        if self.columns.cluster is None:
            return None
        known: dict[str, int] = {}
        return [known.setdefault(row.group or f"item {row.id}", len(known)) for row in self.rows]

    def cast(self, environ: Mapping[str, str] = os.environ, who: Literal["models", "stand_ins"] | None = None) -> Cast:
        """Who is asked: the models whose key is set; the stand-ins where no key is, or where they are asked for.

        Raises TaskError where the reference or all the others have no key and nothing can stand in.
        """
        from llmlint.evals.casting import cast

        return cast(self, environ, who)

    def planned(self, who: Literal["models", "stand_ins"] | None, environ: Mapping[str, str] = os.environ) -> Cast:
        """As `cast`, for what asks nobody: where no key is set and nothing can stand in, all the models."""
        from llmlint.evals.casting import planned

        return planned(self, environ, who)


def digest(data: Any) -> str:
    """sha256 of plain data, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_task(path: Path) -> Path:
    """The file that a path means: itself, the task.yaml of a folder, a bundled task by name. Raises TaskError."""
    from llmlint.bundled import bundled
    from llmlint.judge.policy_document import display
    from llmlint.judge.words import did_you_mean

    if path.is_file():
        return path
    if not path.exists() and not path.is_absolute():  # evals/support-triage, or support-triage, from anywhere
        parts = path.parts[1:] if path.parts[:1] == ("evals",) else path.parts
        path = bundled("evals").joinpath(*parts) if bundled("evals").joinpath(*parts).is_dir() else path
    found = next((path / name for name in NAMES if (path / name).is_file()), None)
    if found is None:
        what = "there is no task.yaml in it" if path.is_dir() else "there is no such task"
        names = sorted(file.parent.name for file in bundled("evals").glob("*/task.yaml"))
        known = f"`llmlint eval new app/x.py:12` writes one; bundled: {', '.join(names)}"
        mend = known if path.is_dir() else did_you_mean(path.name, names, known)
        raise TaskError(what, display(Path(os.path.abspath(path))), None, mend)  # noqa: PTH100
    return found


def load_task(path: Path | str, defaults: Mapping[str, Any] | None = None) -> Task:
    """The task in a file or folder, its data read and its prompt tried on every item.

    defaults: margin, alpha and target where the task has none, as in a policy's `evals`. Raises TaskError with file,
    line and mend; where a file has several mistakes, `error.every()` gives them all.
    """
    from llmlint.evals.task_build import task_from_document
    from llmlint.judge.documents import parse_document, read_document
    from llmlint.judge.policy_document import display

    file = find_task(Path(path))
    text = read_document(file, TaskError, "task").text
    shown = display(Path(os.path.abspath(file)))  # noqa: PTH100 - links stay as the user wrote them
    return task_from_document(parse_document(text, shown, TaskError), file.parent, defaults or {})


def request_for(task: Task, candidate: Candidate, item: Item) -> Request:
    """What is sent to a candidate for an item; the columns of right answers are not among its values."""
    return task.prompt.request(candidate, item, hidden(task))


def hidden(task: Task) -> frozenset[str]:
    """The columns that no candidate may see: the right answers."""
    own = [spec.options["expected"] for spec in task.graders if "expected" in spec.options]
    return frozenset(name for name in (task.columns.expected, *own) if name is not None)
