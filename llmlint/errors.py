"""The mistakes a user can make, each with the file, the line and the mend; tracebacks are for our own bugs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class UserError(Exception):
    """Something the user can put right. `str()` is the one line that the user sees: "path:line: message (mend)"."""

    message: str
    path: str | None = None
    line: int | None = None
    mend: str | None = None

    def __str__(self) -> str:
        place = "" if self.path is None else f"{self.path}:{self.line}: " if self.line else f"{self.path}: "
        return f"{place}{self.message}" + (f" ({self.mend})" if self.mend else "")

    def every(self) -> tuple[UserError, ...]:
        """Each mistake by itself, where several were found."""
        return (self,)


class PolicyError(UserError):
    """A policy file is missing, broken or contradicts itself."""


class RuleError(UserError):
    """A rule file is broken: its YAML, its schema, a condition, a template or an example."""


class BaselineError(UserError):
    """A baseline file is missing or broken."""


class RevisionError(UserError):
    """A revision that `--since` names cannot be read from the repository."""


class CatalogueError(UserError):
    """An SDK or model description is broken."""


@dataclass
class TaskError(UserError):
    """A task of `llmlint eval` is broken: its YAML, its data set, its prompt or code that it names.

    also: what else is wrong, where a file was looked through to its end; the one line says how many and where.
    """

    also: tuple[TaskError, ...] = ()

    def __str__(self) -> str:
        if not self.also:
            return super().__str__()
        lines = [str(error.line) for error in self.also if error.line]
        shown = ", ".join(lines[:8]) + (" …" if len(lines) > 8 else "")
        where = f", line{'s' if len(lines) > 1 else ''} {shown}" if lines else ""
        return f"{super().__str__()}; {len(self.also)} more{where}"

    def every(self) -> tuple[TaskError, ...]:
        """Each mistake by itself, in the order of the file."""
        return (TaskError(self.message, self.path, self.line, self.mend), *self.also)


class UsageError(UserError):
    """A path, option or argument on the command line cannot be used."""
