"""`llmlint roi KIND`: inputs by options, from the code and the policy → does it pay, and what would turn the answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from llmlint.cli.options import Output, output_options, pair_outputs, scanning_options
from llmlint.cli.roi.amounts import number
from llmlint.report.returns import FORMATS, render

if TYPE_CHECKING:
    from llmlint.money.returns.inputs import Input
    from llmlint.money.returns.records import Result

EXAMPLES = {
    "cache": "--calls-per-day 2000 --prefix-tokens 5000 --model claude-sonnet-4-6",
    "batch": "--at jobs/nightly.py:31",
    "semantic-cache": "--calls-per-day 20000 --usd-per-call 0.004 --hit-share 0.25",
    "fine-tune": "--calls-per-day 100000 --monthly-usd-before 3000 --monthly-usd-after 300 --training-usd 500",
    "distil": "--at app/tickets.py:12 --to-model gpt-6-luna --training-usd 200",
    "self-host": "--calls-per-day 500000 --input-tokens 1000 --output-tokens 200 --model gpt-5-mini",
    "tier": "--at app/tickets.py:12 --to-model claude-haiku-5-5 --escalated-share 0.1",
}


class Kinds(click.Group):
    """One command for each kind of saving, made from the inputs of its model when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(EXAMPLES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _command(cmd_name) if cmd_name in EXAMPLES else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in EXAMPLES and not args[0].startswith("-"):
            from llmlint.judge.policy_schema import nearest

            raise click.UsageError(f"No such kind '{args[0]}': {nearest(args[0], list(EXAMPLES))}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Kinds, short_help="Work out whether a saving pays for itself, and what would turn the answer.")
def roi() -> None:
    """Work out whether a saving pays for itself, and what would turn the answer.

    \b
    Examples:
      llmlint roi fine-tune --calls-per-day 100000 --monthly-usd-before 3000 \\
          --monthly-usd-after 300 --training-usd 500
      llmlint roi cache --at app/bot.py:31          volume, model and prompt from policy and code
      llmlint roi tier --help                       what goes into the sum, and what is assumed

    Nothing that matters is guessed: what is missing is named, what is assumed is marked as such.
    """


def _command(kind: str) -> click.Command:
    from llmlint.money.returns import kind_module, model_of
    from llmlint.money.returns.inputs import inputs_of

    told = inputs_of(model_of(kind))
    about = (kind_module(kind).__doc__ or "").strip()
    help = f"{about}\n\n\b\nExamples:\n  llmlint roi {kind} {EXAMPLES[kind]}"

    def callback(formats: tuple[Output, ...], output: str | None, **given: Any) -> None:
        _run(kind, pair_outputs(formats, output), given)

    command = click.command(kind, help=help, short_help=about.partition("\n")[0])(callback)
    command = output_options(tuple(FORMATS), "text")(scanning_options(command))
    command.params[0:0] = [*(_option(one) for one in told), *_shared({one.name for one in told})]
    return command


def _option(one: Input) -> click.Option:
    unit = "a share, 0 to 1" if one.unit == "share" else one.unit
    default = "" if one.default is None else f"; assumed: {one.default}"
    return click.Option([one.option], type=number, help=f"{one.help} [{unit}{default}]")


def _shared(own: set[str]) -> list[click.Option]:
    """The options that inputs can be worked out from, and those of all kinds."""
    per_call = bool(own & {"usd_per_call", "usd_per_call_before"})
    options = [click.Option(["--model"], metavar="MODEL", help="The model now; its price is looked up.")]
    if "usd_per_call_after" in own:
        options += [
            click.Option(["--to-model"], metavar="MODEL", help="The model afterwards; its price is looked up."),
            click.Option(["--monthly-usd-after"], type=number, help="What a month costs afterwards."),
        ]
    if per_call:
        options.append(click.Option(["--monthly-usd-before"], type=number, help="What a month costs now."))
        for name, what in (("input_tokens", "request"), ("output_tokens", "answer")):
            if name not in own:
                flag = "--" + name.replace("_", "-")
                options.append(click.Option([flag], type=number, help=f"Tokens of one {what}, for the price."))
    options += [
        click.Option(["--at"], metavar="PATH:LINE", help="The call site: volume, model, prompt from policy and code."),
        click.Option(["--months"], type=number, default="12", show_default=True, help="To be paid back within."),
        click.Option(["--claim-months"], type=number, default="3", show_default=True, help="A break-even to examine."),
        click.Option(
            ["--record"], is_flag=False, flag_value="-", metavar="[FILE]",
            help="Print the `roi` record for the policy, or add it to the policy FILE.",
        ),
        click.Option(["--name"], metavar="TEXT", help="The record: what it is called."),
        click.Option(["--path"], metavar="PATTERN", help="The record: the code that it belongs to."),
        click.Option(["--owner"], metavar="NAME", help="The record: who answers for it."),
    ]  # fmt: skip
    return options


def _run(kind: str, outputs: tuple[Output, ...], given: dict[str, Any]) -> None:
    from llmlint.cli.roi.gather import gather
    from llmlint.cli.roi.record import write_record
    from llmlint.money.returns import work_out

    inputs, policy, site = gather(kind, given)
    result = work_out(kind, inputs, given["months"], given["claim_months"])
    for wanted in outputs:
        if not (given["record"] == "-" and wanted.file is None):
            _write(wanted, result)
    if given["record"] is not None:
        write_record(result, policy, site, given)


def _write(wanted: Output, result: Result) -> None:
    from llmlint.report.output import show, text_width, write_file, write_stdout

    if wanted.file is not None:
        write_file(wanted.file, render(wanted.format, result))
    elif wanted.format == "text":
        from llmlint.report.returns.text import layout

        show(layout(result, text_width(sys.stdout)))
    else:
        write_stdout(render(wanted.format, result))
