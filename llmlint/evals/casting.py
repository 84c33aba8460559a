"""A task and the keys of the environment → who is asked: models, or stand-ins where no key is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from llmlint.errors import TaskError
from llmlint.evals.records import Candidate
from llmlint.evals.task import KEYS, Cast, Task

ALSO = {"ANTHROPIC_API_KEY": "ANTHROPIC_AUTH_TOKEN"}  # the SDK takes it too


def key_variable(candidate: Candidate) -> str | None:
    """The variable of the environment without which the candidate cannot be asked; None where none is known to be."""
    if candidate.key_env:
        return candidate.key_env
    return None if candidate.base_url else KEYS.get(candidate.provider)


def cast(task: Task, environ: Mapping[str, str], who: Literal["models", "stand_ins"] | None = None) -> Cast:
    """See `Task.cast`."""
    missing = {c.name: v for c in task.candidates if (v := key_variable(c)) is not None and not _set(v, environ)}
    able = tuple(c for c in task.candidates if c.name not in missing)
    if who == "stand_ins" or (who is None and not able and task.stand_ins):
        if not task.stand_ins:
            raise TaskError("the task has no stand-ins", task.path, None, "add `stand_ins:`, or set a key")
        return Cast(task.stand_ins, task.stand_in_reference or "", True, _why_stand_ins(missing, who))
    if not task.candidates:
        raise TaskError("the task names no models", task.path, None, "add `candidates:` and `reference:`")
    if task.reference in missing:
        raise _without_key(task, [task.reference], missing)
    if len(able) < 2 and missing:
        raise _without_key(task, sorted(missing), missing)
    return Cast(able, task.reference or "", False, _left_out(missing))


def planned(task: Task, environ: Mapping[str, str], who: Literal["models", "stand_ins"] | None = None) -> Cast:
    """See `Task.planned`."""
    if who is None and not task.stand_ins and task.candidates:
        return Cast(task.candidates, task.reference or "")
    return cast(task, environ, who)


def _set(variable: str, environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in (variable, ALSO.get(variable, variable)))


def _why_stand_ins(missing: Mapping[str, str], who: str | None) -> str:
    if who == "stand_ins":
        return "stand-ins, as asked: local programs, not models"
    names = _listed(sorted(set(missing.values())), "and")
    return f"no key is set ({names}): stand-ins, local programs, take the models' place" if names else "stand-ins"


def _left_out(missing: Mapping[str, str]) -> str:
    return "; ".join(f"{name} is left out: {variable} is not set" for name, variable in missing.items())


def _without_key(task: Task, names: Sequence[str], missing: Mapping[str, str]) -> TaskError:
    variables = sorted({missing[name] for name in names})
    are = "is" if len(variables) == 1 else "are"
    message = f"no key for {_listed(names, 'and')}: {_listed(variables, 'and')} {are} not set"
    stand_ins = ", or run with --stand-ins" if task.stand_ins else ""
    return TaskError(message, task.path, None, f"export {variables[0]}=…{stand_ins}")


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""
