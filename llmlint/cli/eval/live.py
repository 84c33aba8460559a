"""A runner at work → a table on the terminal that keeps up with it; nothing where nobody would see it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from llmlint.cli.eval.session import Watch

if TYPE_CHECKING:
    from llmlint.evals.runner import Runner

EVERY = 0.25  # seconds
GROWN, REST = 1.25, 10  # so many more answers, and so many times what it took, before the bill is forecast again
FEWEST = 20  # answers of each model before it is
SHARE = 20  # the table takes a twentieth of the time at most, however many answers it counts
SHOWN = ("model", "answers", "quality", "difference", "interval", "per 1,000 items", "latency", "verdict")


def live_table(wanted: bool) -> Watch | None:
    """What `session.run` runs beside a run."""
    return _watch if wanted and sys.stderr.isatty() else None


async def _watch(runner: Runner) -> None:
    from rich.console import Console
    from rich.live import Live

    bill = Forecast(runner)
    forecasting = asyncio.create_task(bill.keep())
    with Live(console=Console(file=sys.stderr), transient=True, auto_refresh=False) as live:
        draw = _table(runner, bill)
        with suppress(asyncio.CancelledError):
            while True:
                began = time.perf_counter()
                live.update(draw(), refresh=True)
                await asyncio.sleep(max(EVERY, SHARE * (time.perf_counter() - began)))
        forecasting.cancel()


class Forecast:
    """What the run will cost: as was said before it, then by what it has seen. In a thread: it takes about a second."""

    def __init__(self, runner: Runner) -> None:
        self.runner, self.usd = runner, runner.settings.forecast_usd

    async def keep(self) -> None:
        seen = 0
        while True:
            began = time.perf_counter()
            if len(self.runner.outcomes) >= max(FEWEST * len(self.runner.cast.candidates), GROWN * seen):
                seen = len(self.runner.outcomes)
                told = await asyncio.to_thread(self.runner.expected)
                self.usd = told.usd, told.whole
            await asyncio.sleep(max(1.0, REST * (time.perf_counter() - began)))

    def words(self) -> str:
        """What is added to "$0.08 spent": about $0.43 in all, $0.60 for every answer."""
        from llmlint.evals.conclusion import money

        if self.usd is None:
            return ""
        about, most = self.usd
        return f"; about {money(about)} in all" + (f", {money(most)} for all answers" if most > about else "")


def _table(runner: Runner, bill: Forecast) -> Callable[[], Any]:
    """Figures of a run that goes on; those of the outcomes are added up as they come."""
    from llmlint.evals.conclusion import interval_words, money, points, shown
    from llmlint.report.spans import visible

    def draw() -> Any:
        from rich.table import Table

        run = runner.finished("decided")
        done, total = runner.round
        title = f"{run.scope.task}: {len(run.outcomes):,} answers, {money(run.usd)} spent"
        title += f" of {money(run.budget_usd)}" if run.budget_usd is not None else ""
        title += bill.words()
        table = Table(title=visible(title), title_justify="left", caption=f"this round {done:,} of {total:,}")
        for name in SHOWN:
            table.add_column(name, justify="left" if name in ("model", "verdict") else "right", no_wrap=True)
        for name, one in run.tallies().items():
            verdict = run.verdict(name)
            against = verdict is not None and verdict.difference is not None and run.compared
            words: str = "reference" if verdict is None else verdict.verdict
            words = "…" if verdict is not None and verdict.reason == "running" else words
            table.add_row(
                visible(shown(run, name)), f"{one.answered:,}",
                "" if one.quality is None else f"{100 * one.quality:.1f} %",
                f"{points(verdict.difference or 0)} pt" if against and verdict else "",
                interval_words(verdict) if against and verdict else "",
                "" if one.usd_per_1k is None else money(one.usd_per_1k),
                "" if one.seconds is None else f"{one.seconds[0]:.2f} s",
                "gave up" if name in run.ended else words,
            )  # fmt: skip
        return table

    return draw
