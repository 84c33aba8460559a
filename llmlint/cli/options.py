"""What all commands that scan have in common on the command line: their options, the scanned root, where reports go."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from llmlint.errors import UsageError
from llmlint.light import dataclass

PROJECT_MARKS = ("llmlint.yaml", "pyproject.toml", ".git")
Command = TypeVar("Command", bound=Callable[..., Any])
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)  # a margin of 0.03, a mean score of 0.9
ALPHA = click.FloatRange(0, 0.5, min_open=True, max_open=True)


@dataclass(frozen=True, slots=True)
class Output:
    """One report that was asked for. `file` None: standard output."""

    format: str
    file: str | None = None


def scanning_options(command: Command) -> Command:
    """Adds PATHS, --policy, --no-cache, --cache-dir, --jobs as paths, policy_file, no_cache, cache_dir, jobs."""
    jobs = click.option("-j", "--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; 0: all.")
    return click.argument("paths", nargs=-1, type=click.Path(path_type=Path))(cached_options(jobs(command)))


def cached_options(command: Command) -> Command:
    """Adds --policy, --no-cache, --cache-dir as policy_file, no_cache, cache_dir."""
    for decorate in (
        click.option(
            "--cache-dir", type=click.Path(file_okay=False, path_type=Path),
            help="Where the cache is kept; what stands there is believed. [default: a folder of the user's]",
        ),
        click.option("--no-cache", is_flag=True, help="Neither read nor write the cache."),
        click.option(
            "--policy", "policy_file", type=click.Path(path_type=Path), metavar="FILE",
            help="The policy, instead of the nearest llmlint.yaml or pyproject.toml.",
        ),
    ):  # fmt: skip
        command = decorate(command)
    return command


def output_options(formats: Sequence[str], default: str) -> Callable[[Command], Command]:
    """Adds --format NAME[=FILE], repeatable, and --output FILE: parameters formats, output; see `pair_outputs`."""

    def parse(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[Output, ...]:
        return tuple(_parse_output(text, formats) for text in given) or (Output(default),)

    def decorate(command: Command) -> Command:
        names = "|".join(formats)
        for option in (
            click.option("-o", "--output", metavar="FILE", help="Write the report to FILE instead of standard output."),
            click.option(
                "-f", "--format", "formats", multiple=True, callback=parse, metavar="FORMAT[=FILE]",
                help=f"{names}. Repeatable; with =FILE the report goes to that file. [default: {default}]",
            ),
        ):  # fmt: skip
            command = option(command)
        return command

    return decorate


def _parse_output(text: str, formats: Sequence[str]) -> Output:
    name, equals, file = text.partition("=")
    if name not in formats:
        raise click.BadParameter(f"{name!r} is not one of {', '.join(formats)}.")
    if equals and not file:
        raise click.BadParameter(f"{text!r} names no file after the equals sign.")
    return Output(name, None if file in ("", "-") else file)


def pair_outputs(
    formats: tuple[Output, ...], output: str | None, streams: frozenset[str] = frozenset()
) -> tuple[Output, ...]:
    """Gives --output's file to the one format without a file of its own.

    On standard output one report stands alone; only those in `streams` (texts that a reader tells apart) may share it.
    """
    homeless = [o for o in formats if o.file is None]
    if output not in (None, "-"):
        if len(homeless) != 1:
            raise click.UsageError(
                "--output needs one --format without a file; write the others as --format FORMAT=FILE."
            )
        formats = tuple(Output(o.format, output) if o is homeless[0] else o for o in formats)
    elif len(homeless) > 1 and not streams.issuperset(o.format for o in homeless):
        names = " and ".join(o.format for o in homeless)
        raise click.UsageError(
            f"{names} cannot share standard output; give one a file: --format {homeless[-1].format}=FILE."
        )
    files = [absolute(o.file) for o in formats if o.file is not None]
    if len(set(files)) < len(files):
        raise click.UsageError("Two reports would be written to the same file.")
    return formats


def find_root(paths: Sequence[Path]) -> Path:
    """The absolute folder that paths in facts and findings are relative to.

    One folder: that folder. No path: the current one. Files or several folders (pre-commit): the nearest folder above
    them all that holds a project's mark, so that values are resolved across the project; without one, the current
    folder where it holds them all, else the folder that they share.
    """
    if not paths:
        return Path.cwd()
    if len(paths) == 1 and paths[0].is_dir():
        return absolute(paths[0])
    try:
        shared = Path(os.path.commonpath([absolute(p).parent for p in paths]))
    except ValueError:
        raise UsageError("the paths are on different drives", mend="check one drive at a time") from None
    marked = find_upward(shared, PROJECT_MARKS)
    if marked is not None:
        return marked
    return Path.cwd() if shared.is_relative_to(Path.cwd()) else shared


def absolute(path: str | Path) -> Path:
    """The absolute path without "..", symbolic links kept as the user wrote them."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path has no such operation


def find_upward(folder: Path, names: Sequence[str]) -> Path | None:
    """The nearest of `folder` and its parents that holds one of `names`."""
    for candidate in (folder, *folder.parents):
        if any((candidate / name).exists() for name in names):
            return candidate
    return None
