"""`prices:` of a policy → `Row`s: prices that differ from the public list, each laid over it for its time.

A row says what it knows; what it leaves out keeps its ratio to the public price: a negotiated input price of 0.08
instead of 0.10 takes a fifth off the cached input and the batch price too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from llmlint.errors import PolicyError
from llmlint.light import dataclass
from llmlint.money.rates import MTOK, Price, Rate, Rates

RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
MULTIPLIERS = {"cache_read": "cache_read_multiplier", "cache_write": "cache_write_multiplier",
               "cache_write_1h": "cache_write_1h_multiplier"}  # fmt: skip
HOUR = Decimal(3600)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry. key: a model id or a pattern with `*`; values: as written; where: "llmlint.yaml:12"."""

    key: str
    values: Mapping[str, Any]
    where: str = "the overlay"

    @property
    def own(self) -> bool:
        """It stands alone: input and output are given, or follow from what a GPU costs."""
        return "gpu_hour_usd" in self.values or {"input_usd_per_mtok", "output_usd_per_mtok"} <= self.values.keys()

    @property
    def base(self) -> str | None:
        """The public model whose prices hold, where that is not the model itself."""
        like = self.values.get("like")
        return None if like is None else str(like)

    def fits(self, spelled: Sequence[str], provider: str | None, day: date) -> bool:
        """spelled: the ways to write the model's id, folded."""
        wanted = self.values.get("provider")
        if wanted is not None and wanted != provider:
            return False
        since, until = _day(self.values.get("from")), _day(self.values.get("until"))
        if (since and day < since) or (until and day > until):
            return False
        key = folded(self.key)
        return any(fnmatchcase(one, key) if "*" in key else one == key for one in spelled)

    @property
    def weight(self) -> tuple[bool, int, str]:
        """Of several rows that fit the heaviest holds: an id before a pattern, the longer pattern, the later one."""
        return "*" not in self.key, len(self.key), str(self.values.get("from") or "")


def rows(overlay: Sequence[Mapping[str, Any]], origin: Callable[[str], str] | None = None) -> tuple[Row, ...]:
    """Layers of `prices:` → rows; of equal keys the last layer holds. Raises PolicyError for contradictions."""
    merged: dict[str, Any] = {}
    for layer in overlay:
        merged.update(layer)
    return tuple(_checked(row) for key, given in merged.items() for row in _rows(key, given, origin))


def _rows(key: str, given: Any, origin: Callable[[str], str] | None) -> Iterator[Row]:
    where = origin(f"prices.{key}") if origin else "the overlay"
    for values in given if isinstance(given, (list, tuple)) else [given]:
        yield Row(key, {k: v for k, v in values.items() if v is not None}, where)


def _checked(row: Row) -> Row:
    values, mend = row.values, None
    if "gpu_hour_usd" in values and not values.get("tokens_per_second"):
        message, mend = "gpu_hour_usd needs the throughput", "add `tokens_per_second: 2500`, above 0"
    elif "tokens_per_second" in values and "gpu_hour_usd" not in values:
        message, mend = "tokens_per_second says nothing without gpu_hour_usd", "add `gpu_hour_usd: 2.5`"
    elif "gpu_hour_usd" in values and "input_usd_per_mtok" in values:
        message, mend = "gives both gpu_hour_usd and input_usd_per_mtok", "keep one of the two"
    elif values.get("utilization") == 0:
        message, mend = "utilization 0 would make every token infinitely dear", "write the share of time it works: 0.4"
    elif any(f"{name}_usd_per_mtok" in values and other in values for name, other in MULTIPLIERS.items()):
        message, mend = "gives a price of the cache and its multiplier", "keep one of the two"
    elif "from" in values and "until" in values and str(values["until"]) < str(values["from"]):
        message, mend = "ends before it begins", "exchange from and until"
    if mend is None:
        return row
    raise PolicyError(f"prices.{row.key}: {message}", row.where, None, mend)


def laid(row: Row, model: str, public: Price | None) -> Price | None:
    """The price that the row gives. public: the listed price of the model, or of the one that it is like.

    None: the row needs a listed price and there is none.
    """
    values = row.values
    if public is None and not row.own:
        return None
    rates, notes = _standard(values, None if public is None else public.standard)
    batch = rates.changed(_times(values["batch_multiplier"])) if "batch_multiplier" in values else None
    if batch is None and public is not None and public.batch is not None:
        batch = _kept(rates, public.standard, public.batch)
    source = row.where + (f", {values['source']}" if "source" in values else "")
    provider = str(values.get("provider") or ("self-hosted" if "gpu_hour_usd" in values else ""))
    if public is None:
        return Price(model, row.key, provider or "own", rates, batch, source, tuple(notes))
    told = () if row.base is None else (f"priced as {public.id}",)
    return replace(
        public, model=model, standard=rates, batch=batch, source=source, provider=provider or public.provider,
        notes=(*public.notes, *told, *notes),
    )  # fmt: skip


def _standard(values: Mapping[str, Any], public: Rates | None) -> tuple[Rates, list[str]]:
    if "gpu_hour_usd" in values:
        rate, note = _hosted(values)
        return _cache(Rates(rate, rate), values), [note]
    given = {name: decimal(values[f"{name}_usd_per_mtok"]) for name in RATES if f"{name}_usd_per_mtok" in values}
    if public is None:
        rates = Rates(**{name: Rate(value) for name, value in given.items()})
    else:
        rates = _over(public, given)
    factor = 1 - decimal(values.get("discount", 0))
    rates = rates.changed(lambda rate: rate.times(factor)) if factor != 1 else rates
    return _above(_cache(rates, values), values), []


def _over(public: Rates, given: Mapping[str, Decimal]) -> Rates:
    """The listed rates with the given ones in their place; input of the cache keeps its ratio to input."""
    new, old = given.get("input", public.input.base), public.input.base
    out: dict[str, Rate | None] = {}
    for name in RATES:
        listed: Rate | None = getattr(public, name)
        if name not in given:
            out[name] = listed if listed is None or name == "output" or not old else listed.scaled(new, old)
        elif listed is not None and listed.base:
            out[name] = listed.scaled(given[name], listed.base)
        else:
            out[name] = Rate(given[name])
    return Rates(**out)  # type: ignore[arg-type]


def _kept(rates: Rates, standard: Rates, batch: Rates) -> Rates:
    """The batch rates, in the same ratio to the new standard rates as to the listed ones."""
    out: dict[str, Rate | None] = {}
    for name in RATES:
        new, old, listed = (getattr(one, name) for one in (rates, standard, batch))
        known = new is not None and old is not None and listed is not None and old.base
        out[name] = new.scaled(listed.base, old.base) if known else new
    return Rates(**out)  # type: ignore[arg-type]


def _cache(rates: Rates, values: Mapping[str, Any]) -> Rates:
    given = {name: rates.input.times(decimal(values[key])) for name, key in MULTIPLIERS.items() if key in values}
    return replace(rates, **given)


def _above(rates: Rates, values: Mapping[str, Any]) -> Rates:
    """`above`: dearer rates for longer prompts, in place of the listed ones. What a step leaves out keeps its ratio."""
    if "above" not in values:
        return rates
    steps = sorted(values["above"], key=lambda step: int(step["prompt_tokens"]))
    out: dict[str, Rate | None] = {}
    for name in RATES:
        rate: Rate | None = getattr(rates, name)
        side = "output" if name == "output" else "input"
        of_side = getattr(rates, side)
        if rate is None or of_side is None:
            out[name] = rate
            continue
        found = []
        for step in steps:
            key = f"{name}_usd_per_mtok" if f"{name}_usd_per_mtok" in step else f"{side}_usd_per_mtok"
            if key in step:
                own = key.startswith(name) or not of_side.base
                value = decimal(step[key]) if own else rate.base * decimal(step[key]) / of_side.base
                found.append((int(step["prompt_tokens"]), value))
        out[name] = Rate(rate.base, tuple(found))
    return Rates(**out)  # type: ignore[arg-type]


def _hosted(values: Mapping[str, Any]) -> tuple[Rate, str]:
    """USD a million tokens = dollars an hour / tokens an hour."""
    gpus, used = decimal(values.get("gpus", 1)), decimal(values.get("utilization", 1))
    hour, speed = decimal(values["gpu_hour_usd"]), decimal(values["tokens_per_second"])
    load = f"at {used:.0%} of full load" if "utilization" in values else "assumed busy all the time"
    note = f"{gpus} GPU × {hour} USD an hour ÷ {speed} tokens a second, {load}"
    return Rate(hour * gpus / (speed * HOUR * used) * MTOK), note


def decimal(value: Any) -> Decimal:
    """A number from YAML, without the dust of binary fractions."""
    return Decimal(str(value))


def _times(factor: Any) -> Callable[[Rate], Rate]:
    return lambda rate: rate.times(decimal(factor))


def _day(text: Any) -> date | None:
    return None if text is None else date.fromisoformat(str(text))


def folded(text: str) -> str:
    """Spellings of one id made equal: claude-sonnet-4.6 and claude-sonnet-4-6."""
    return re.sub(r"[._@ ]", "-", text.strip().lower())
