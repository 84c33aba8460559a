"""The command line → one command's function, imported only when asked for; an error → one line and an exit code.

Exit codes: 0 clean, 1 findings at or above `--fail-on`, 2 the tool could not do its work, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from llmlint.cli.lazy import LazyGroup
from llmlint.errors import UserError

# name → (where the command is, its line in `llmlint --help`): the help page imports no command
COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("llmlint.cli.check:check", "Find wasted LLM spend in Python code."),
    "fix": ("llmlint.cli.fix:fix", "Rewrite the code where a finding has a safe remedy."),
    "diff": ("llmlint.cli.diff:diff", "Say what a change does to the bill."),
    "cost": ("llmlint.cli.cost:cost", "Say what every LLM call site costs."),
    "prices": ("llmlint.cli.prices:prices", "List and compare what models cost."),
    "audit": ("llmlint.cli.audit:audit", "Go through the fourteen items of the cost checklist."),
    "facts": ("llmlint.cli.facts:facts", "Print every LLM call site and what is known of it."),
    "eval": ("llmlint.cli.eval:evaluate", "Find the cheapest model that meets quality."),
    "classify": ("llmlint.cli.classify:classify", "Say what kind of task a prompt sets."),
    "usage": ("llmlint.cli.usage:usage", "Read what models were really asked: traces, metrics, logs, bills."),
    "decide": ("llmlint.cli.decide:decide", "Decide where requests should run: cloud, caching, batches, one's own."),
    "observe": ("llmlint.cli.observe:observe", "Write the dashboard and the alerts that watch what models cost."),
    "roi": ("llmlint.cli.roi:roi", "Work out whether a saving pays for itself, and what would turn the answer."),
    "review": ("llmlint.cli.review:review", "Write the quarterly review of what models cost."),
    "rule": ("llmlint.cli.rule:rule", "Explain one rule, with examples."),
    "rules": ("llmlint.cli.rules:rules", "List the rules and how the policy has set them, or test them."),
    "baseline": ("llmlint.cli.baseline:baseline", "Put off the findings of today, so that only new ones count."),
    "policy": ("llmlint.cli.policy:policy", "Show or check the policy in effect."),
    "schema": ("llmlint.cli.schema:schema", "Print the JSON Schema of a rule, policy or task file, for editors."),
    "init": ("llmlint.cli.init:init", "Write a commented starter policy for this repository."),
}
NO_ROOM = (errno.ENOSPC, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC))  # standard output leads to a full disk
MOST_TOLD = 20  # mistakes of one file
REPORT_BUGS_AT = "https://github.com/llmlint/llmlint/issues"


class Commands(LazyGroup):
    """Turns what the commands raise into one line on stderr."""

    table = COMMANDS

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(_unknown_command(name), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            found = error.every()
            for one in found[:MOST_TOLD]:
                _complain(str(one))
            if len(found) > MOST_TOLD:
                _complain(f"and {len(found) - MOST_TOLD} more")
            ctx.exit(2)
        except KeyboardInterrupt:
            _complain("interrupted")
            _leave_the_analysis(130)
            ctx.exit(130)
        except BrokenPipeError:  # the reader (head, less) has seen enough
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - lives until the process ends
            ctx.exit(141)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None:
                _give_up_output(error)
                ctx.exit(2)
            if os.environ.get("LLMLINT_DEBUG"):
                raise
            _complain(_bug(error))
            ctx.exit(2)


def _leave_the_analysis(code: int) -> None:
    """Ends the process where the analysis still runs in its thread: unwound inside native code, it would abort."""
    threading = sys.modules.get("threading")
    if threading is not None and any(thread.name == "llmlint-analysis" for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _complain(line: str) -> None:
    from llmlint.report.spans import visible

    click.echo("llmlint: " + visible(line.replace("\n", " ")), err=True)


def _give_up_output(error: OSError) -> None:
    from llmlint.report.output import silence_stdout

    silence_stdout()
    _complain(f"the output cannot be written: {(error.strerror or 'I/O error').lower()}")


def _unknown_command(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    if near:
        return f"No such command '{name}'. Did you mean '{near[0]}'?"
    if os.path.exists(name):  # noqa: PTH110 - pathlib is not imported yet
        return f"No such command '{name}'. To check that path: llmlint check {name}"
    return f"No such command '{name}'."


def _bug(error: Exception) -> str:
    """One line that is enough to find a bug of ours: where it was raised and what."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        trace = trace.tb_next
    return (
        f"internal error at {place}: {type(error).__name__}: {error}. This is a bug in llmlint: please report it at "
        f"{REPORT_BUGS_AT} with the traceback that LLMLINT_DEBUG=1 shows."
    )


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from llmlint import __version__

        click.echo(f"llmlint {__version__}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
def main() -> None:
    """Find wasted LLM spend in Python code before it is merged.

    \b
    Examples:
      llmlint check                 the current directory
      llmlint fix src/              rewrite what has a safe remedy
      llmlint rule output-cap       why a rule exists, and what to write
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show "→" must not end the run
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
