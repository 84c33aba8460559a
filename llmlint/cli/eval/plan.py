"""`llmlint eval plan`: how many items and dollars a decision will take, before anything is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmlint.cli.options import ALPHA, SHARE

if TYPE_CHECKING:
    from llmlint.cli.eval.session import Prepared


@click.command(short_help="Say what a decision will take, before anything is spent.")
@click.argument("task", type=click.Path(path_type=Path))
@click.option("--margin", type=SHARE, metavar="SHARE", help="How much worse than the reference is good enough: 0.03.")
@click.option("--alpha", type=ALPHA, metavar="SHARE", help="Greatest probability of a wrong verdict.")
@click.option("--power", type=click.FloatRange(0.5, 0.99), help="Probability of a decision. [default: the task's]")
@click.option("--disagreement", type=click.FloatRange(0.001, 1), metavar="SHARE",
              help="Share of items on which two models score differently. [default: a pilot's, or 0.1]")
@click.option("--run", "pilot", metavar="RUN", help="A run in the store as pilot. [default: the task's last one]")
@click.option("--stand-ins", "who", flag_value="stand_ins", help="Of the task's local stand-ins.")
@click.option("--store", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where runs are kept.")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Instead of the nearest policy.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def plan(
    task: Path, margin: float | None, alpha: float | None, power: float | None, disagreement: float | None,
    pilot: str | None, who: str | None, store: Path | None, policy_file: Path | None, form: str,
) -> None:  # fmt: skip
    """Say how many items and dollars a decision will take. Asks nobody.

    \b
    Examples:
      llmlint eval plan mytask.yaml
      llmlint eval plan mytask.yaml --margin 0.02 --disagreement 0.15
    """
    from llmlint.cli.eval.session import Asked, prepare
    from llmlint.evals.planning import plans
    from llmlint.report.eval.planned import as_json, as_text
    from llmlint.report.output import write_stdout

    asked = Asked(task, margin=margin, alpha=alpha, who=who, store=store, policy_file=policy_file, asks=False)  # type: ignore[arg-type]
    ready = prepare(asked)
    spreads, source = _spreads(ready, disagreement, pilot)
    power = power or ready.task.power
    found = plans(ready.task, ready.cast, ready.forecasts, spreads, power)
    render = as_json if form == "json" else as_text
    write_stdout(render(ready.task, ready.cast, found, source, power))


def _spreads(ready: Prepared, disagreement: float | None, pilot: str | None) -> tuple[dict[str, float], str]:
    """(variance of the difference by candidate, where it comes from)."""
    from llmlint.evals.planning import ASSUMED, spreads_of
    from llmlint.evals.store import DEFAULT, Store

    names = [one.name for one in ready.cast.candidates if one.name != ready.cast.reference]
    if disagreement is not None:
        return dict.fromkeys(names, disagreement), f"as given: models differ on {disagreement:.1%} of the items"
    path = ready.asked.store or DEFAULT
    if pilot is not None or path.exists():
        with Store(path) as store:
            known = [store.run(pilot)] if pilot is not None else store.runs(ready.task.name)
            for row in known:
                found = spreads_of(list(store.outcomes(row.id)), ready.cast.reference, names)
                if found:
                    rest = {name: found.get(name, max(found.values())) for name in names}
                    return rest, f"the variance that run {row.id} found"
    return dict.fromkeys(names, ASSUMED), f"assumed: a candidate and the reference differ on {ASSUMED:.0%} of the items"
