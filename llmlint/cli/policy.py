"""`llmlint policy`: the policy in effect with the origin of each value, and the check of a policy file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmlint.cli.options import absolute
from llmlint.errors import PolicyError, UsageError

if TYPE_CHECKING:
    from llmlint.judge.policy import Policy
    from llmlint.report.spans import Line


@click.group(short_help="Show or check the policy in effect.")
def policy() -> None:
    """Show or check the policy in effect.

    \b
    Examples:
      llmlint policy show             every value, and where it comes from
      llmlint policy check            is the policy file right?
    """


@policy.command()
@click.option("-f", "--format", "form", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@click.option("--policy", "file", type=click.Path(path_type=Path), metavar="FILE", help="Instead of the nearest one.")
@click.argument("path", default=".", type=click.Path(path_type=Path))
def show(path: Path, file: Path | None, form: str) -> None:
    """Print the policy in effect for PATH, each value with where it comes from.

    \b
    Examples:
      llmlint policy show
      llmlint policy show services/chat --format json
    """
    from llmlint.judge.judge import check_rule_names
    from llmlint.judge.policy import load_policy
    from llmlint.judge.rules import load_rules
    from llmlint.report.output import show, write_stdout

    found = load_policy(policy_root(path), file)
    check_rule_names(found, load_rules(found.rule_folders))
    if form == "json":
        write_stdout(_json(found))
        return
    show(list(_lines(found)))


def policy_root(path: Path) -> Path:
    """The folder from which the policy for `path` is looked for."""
    if not path.exists():
        raise UsageError("there is no such path", path=str(path))
    folder = absolute(path)
    return folder if folder.is_dir() else folder.parent


def _json(found: Policy) -> str:
    import json

    from llmlint.judge.policy_show import policy_values

    values = policy_values(found)
    missing = {name: found.origin(name) for name in values if name not in found.origins and name != "extends"}
    built_in = {name: origin for name, origin in missing.items() if not isinstance(values[name], dict)}
    report = {"schema": 1, "source": found.source, "policy": values, "origins": {**found.origins, **built_in}}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _lines(found: Policy) -> Iterator[Line]:
    from llmlint.judge.policy_show import COMMENT_AT, policy_rows
    from llmlint.report.spans import cells, visible

    yield [("dim", f"# the policy in effect; file: {visible(found.source or 'none, the built-in pack')}")]
    rows = [(visible(text), origin) for text, origin in policy_rows(found)]
    widths = [cells(text) for text, origin in rows if origin is not None]
    column = max((w for w in widths if w <= COMMENT_AT), default=0)
    for text, origin in rows:
        blank = " " * (2 + max(0, column - cells(text)))
        yield [("", text)] if origin is None else [("", text), ("", blank), ("dim", f"# {visible(origin)}")]


@policy.command()
@click.argument("file", nargs=-1, type=click.Path(path_type=Path))
def check(file: tuple[Path, ...]) -> None:
    """Check policy files; without FILE, the nearest one. Exit code 2: something is wrong.

    \b
    Examples:
      llmlint policy check
      llmlint policy check ci/llmlint.yaml team.yaml
    """
    broken = False
    for each in file or (None,):
        for error in _mistakes(each):
            broken = True
            click.echo(f"llmlint: {error}", err=True)
    if broken:
        click.get_current_context().exit(2)


def _mistakes(file: Path | None) -> Iterator[PolicyError]:
    """All that is wrong with one policy; says so on standard output where nothing is."""
    from llmlint.judge.judge import check_rule_names
    from llmlint.judge.policy import load_policy
    from llmlint.judge.policy_check import mistakes
    from llmlint.judge.policy_document import find_document, open_document
    from llmlint.judge.rules import load_rules

    try:
        document = open_document(absolute(file)) if file else find_document(Path.cwd())
        if document is None:
            click.echo("no policy file at or above this folder: the built-in pack default is in effect")
            return
        found = mistakes(document)
        if found:
            yield from found
        else:
            found_policy = load_policy(document.file.parent, document.file)
            check_rule_names(found_policy, load_rules(found_policy.rule_folders))
            click.echo(f"{document.shown}: ok")
    except PolicyError as error:
        yield error
