"""What the public price list said of models ↔ the cache: to import the list takes longer than most commands need.

It holds for one day and one installed list.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llmlint.money.rates import Price, Rate, Rates
from llmlint.scan.cache import Cache, content_key

LIST = "genai_prices"
MOST = 1_000  # models


class PriceMemory:
    """Use as a context manager: what was learned is kept at its end. Without the list nothing is known or kept."""

    def __init__(self, cache: Cache, today: date) -> None:
        self._cache, self._today = cache, today
        self._rows: dict[str, Any] | None = None
        self._learned = False

    @cached_property
    def _key(self) -> str | None:
        return _key(self._today) if self._cache.works else None

    def get(self, model: str, provider: str | None) -> tuple[bool, Price | None]:
        """Whether an answer is known, and the answer."""
        row = self._known().get(_name(model, provider), False)
        try:
            return row is not False, price_from_json(row) if row else None
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            return False, None

    def put(self, model: str, provider: str | None, price: Price | None) -> None:
        known = self._known()
        if self._key is not None and len(known) < MOST:
            known[_name(model, provider)] = None if price is None else price_to_json(price)
            self._learned = True

    def _known(self) -> dict[str, Any]:
        if self._rows is None:
            try:
                found = json.loads(self._cache.get_many([self._key])[self._key]) if self._key is not None else {}
            except (KeyError, ValueError, RecursionError):
                found = {}
            self._rows = found if isinstance(found, dict) else {}
        return self._rows

    def __enter__(self) -> PriceMemory:
        return self

    def __exit__(self, *error: object) -> None:
        if self._learned and self._key is not None:
            text = json.dumps(self._rows, separators=(",", ":"))
            self._cache.put_many({self._key: text.encode()})


def _key(today: date) -> str | None:
    """None where the list is not installed."""
    from llmlint import __version__

    spec = find_spec(LIST)
    if spec is None or spec.origin is None:
        return None
    parts = [str(today), __version__]
    try:
        for folder in (Path(spec.origin).parent, Path(__file__).parent):
            with os.scandir(folder) as found:
                for entry in sorted(found, key=lambda one: one.name):
                    if entry.name.endswith(".py"):
                        status = entry.stat()
                        parts.append(f"{entry.path} {status.st_mtime_ns} {status.st_size}")
    except OSError:
        return None
    return content_key("prices", *parts)


def _name(model: str, provider: str | None) -> str:
    return json.dumps([model, provider])


def price_to_json(price: Price) -> dict[str, Any]:
    """Plain data: amounts as text, for they are exact."""
    return {
        **{one.name: getattr(price, one.name) for one in fields(price)},
        "standard": _rates_to_json(price.standard), "batch": _rates_to_json(price.batch),
    }  # fmt: skip


def price_from_json(row: Mapping[str, Any]) -> Price:
    standard = _rates(row["standard"])
    if standard is None:
        raise ValueError("no rates")
    return Price(**{**row, "standard": standard, "batch": _rates(row["batch"]), "notes": tuple(row["notes"])})


def _rates_to_json(rates: Rates | None) -> dict[str, Any] | None:
    if rates is None:
        return None
    return {
        name: None if rate is None else [str(rate["base"]), [[start, str(usd)] for start, usd in rate["steps"]]]
        for name, rate in asdict(rates).items()
    }


def _rates(row: Mapping[str, Any] | None) -> Rates | None:
    if row is None:
        return None
    rates = {name: None if rate is None else _rate(*rate) for name, rate in row.items()}
    given = rates.pop("input")
    if given is None:
        raise ValueError("no input rate")
    return Rates(given, **rates)


def _rate(base: str, steps: list[list[Any]]) -> Rate:
    return Rate(Decimal(base), tuple((int(start), Decimal(usd)) for start, usd in steps))
