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


class UsageError(UserError):
    """A path, option or argument on the command line cannot be used."""
