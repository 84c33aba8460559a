"""What a schedule is: a command that something runs by the clock, and the Python code that it starts."""

from __future__ import annotations

from collections.abc import Callable

from llmlint.light import dataclass

Read = Callable[[str], "str | None"]  # a path below the root → its text, None where there is none to read


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A command as a configuration file names it.

    by: what keeps the clock, as "kubernetes-cronjob"; line: of the schedule; every: as written ("0 3 * * *"), "" where
    the file does not say; command: shell text; folder: where it runs, relative to the root, "" for the root.
    entry: the function that is called directly, as "app.main.handler" or "app/main.handler"; then there is no command.
    """

    by: str
    path: str
    line: int
    every: str = ""
    command: str = ""
    folder: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a schedule enters the project. path: a Python file; function: "" where the file is run as a script."""

    by: str
    where: str  # "k8s/nightly.yaml:14"
    every: str
    path: str
    function: str = ""

    def fact(self) -> dict[str, str]:
        """As facts show it."""
        told = {"by": self.by, "where": self.where}
        return {**told, "every": self.every} if self.every else told
