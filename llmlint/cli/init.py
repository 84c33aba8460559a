"""`llmlint init`: looks at the repository and writes a commented starter policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmlint.cli.options import absolute
from llmlint.errors import UsageError

if TYPE_CHECKING:
    from llmlint.judge.starter import Survey

NAME = "llmlint.yaml"


@click.command(short_help="Write a commented starter policy for this repository.")
@click.option("--force", is_flag=True, help="Overwrite a policy that is there.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
def init(path: Path, force: bool) -> None:
    """Look at the repository in PATH and write a commented starter policy, llmlint.yaml.

    \b
    Examples:
      llmlint init
      llmlint init services/chat
    """
    from llmlint.judge.policy_document import display
    from llmlint.judge.starter import sdk_counts, starter_policy
    from llmlint.report.output import write_file

    file = absolute(path) if path.suffix in (".yaml", ".yml") else absolute(path) / NAME
    if not file.parent.is_dir():
        raise UsageError("there is no such folder", path=str(path), mend="name the repository's folder")
    if not force:
        _refuse_overwriting(file)
    found = _survey(file.parent)
    write_file(str(file), starter_policy(found))
    sites = found.call_sites
    seen = f"{len(sites)} call sites: {sdk_counts(sites)}" if sites else "no call sites found"
    click.echo(f"wrote {display(file)} ({seen})")
    click.echo(f"next: llmlint check{'' if file.parent == Path.cwd() else f' {path.parent if path.suffix else path}'}")


def _refuse_overwriting(file: Path) -> None:
    """Raises UsageError where the folder has a policy already."""
    from llmlint.judge.policy_document import NAMES, display, in_pyproject

    names = (file.name, *NAMES) if file.name in NAMES else (file.name,)
    present = next((file.parent / name for name in names if (file.parent / name).exists()), None)
    if present is None and file.name in NAMES:
        found = in_pyproject(file.parent / "pyproject.toml")
        present = found.file if found else None
    if present is not None:
        raise UsageError("holds a policy already", path=display(present), mend="--force writes a new one")


def _survey(root: Path) -> Survey:
    from llmlint.judge.starter import Survey, survey_files
    from llmlint.scan.options import ScanOptions
    from llmlint.tasks.collect import collect_facts

    tests, notebooks = survey_files(root)
    return Survey(collect_facts([root], ScanOptions(), root=root).call_sites, tests, notebooks)
