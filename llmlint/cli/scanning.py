"""What the user asked for on the command line → root, policy, facts: the first half of check, fix and facts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmlint.cli.options import absolute, find_root
from llmlint.cli.progress import progress_bar
from llmlint.light import dataclass

if TYPE_CHECKING:
    from llmlint.facts import Facts, FileError
    from llmlint.judge.policy import Policy
    from llmlint.scan.options import ScanOptions


@dataclass(frozen=True, slots=True)
class Request:
    """The scanning options of the command line, as `scanning_options` gives them."""

    paths: tuple[Path, ...]
    policy_file: Path | None = None
    no_cache: bool = False
    cache_dir: Path | None = None
    jobs: int = 0


def scan(request: Request, quiet: bool = False) -> tuple[Policy, Facts]:
    """The policy in effect and the facts found under it. The command line goes before the policy."""
    from llmlint.judge.policy import load_policy
    from llmlint.tasks.collect import collect_facts

    paths = [absolute(path) for path in request.paths]
    root = find_root(paths)
    policy = load_policy(root, request.policy_file)
    options = with_cache(policy.scan, request.no_cache, request.cache_dir)
    policy = replace(policy, scan=replace(options, jobs=request.jobs or options.jobs))
    with progress_bar(not quiet) as progress:
        facts = collect_facts(paths or [root], policy.scan, progress, root=root)
    if not facts.stats.files and not facts.errors and not quiet:
        where = ", ".join(str(path) for path in request.paths) or "."
        note(f"no Python files found under {where}")
    return policy, facts


def with_cache(options: ScanOptions, no_cache: bool, cache_dir: Path | None) -> ScanOptions:
    """As the command line wants them."""
    where = str(absolute(cache_dir)) if cache_dir else options.cache_dir
    return replace(options, cache=options.cache and not no_cache, cache_dir=where)


def whole(request: Request, policy: Policy) -> bool:
    """Does the run look at every file that the policy speaks of?"""
    root = find_root([absolute(path) for path in request.paths])
    return policy.prefix == "" and [absolute(path) for path in request.paths] in ([], [root])


def note(line: str) -> None:
    """One line for people on stderr."""
    from llmlint.report.spans import visible

    click.echo("llmlint: " + visible(line), err=True)


def note_errors(errors: Sequence[FileError], root: str) -> None:
    """The files that could not be analysed, where the report on standard output does not name them."""
    from llmlint.report.places import shown_path

    for e in errors:
        where = shown_path(root, e.path, Path.cwd()) + (f":{e.line}" if e.line else "")
        note(f"{where}: {'error' if e.grave else 'warning'}: {e}")


def unread_code(errors: Sequence[FileError], policy: Policy) -> int:
    """2 where a rule failed, or a file that names an LLM SDK was not analysed and the policy does not let that pass."""
    counts = policy.unread_files == "error"
    return 2 if any(e.rule or (counts and e.names_sdk) for e in errors) else 0


def on_terminal() -> bool:
    return sys.stdout.isatty()
