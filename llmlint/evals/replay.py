"""Recorded outcomes in a folder → the decision that live calls would have led to, and what they would have cost."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmlint.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from llmlint.evals.procedure import Result


class ReplayError(UserError):
    """A folder of recorded outcomes is missing something or contradicts itself."""


@dataclass(frozen=True)
class Recording:
    """What was recorded. scores, usd: (models, items), NaN where there is no outcome."""

    task: str
    models: tuple[str, ...]
    items: tuple[str, ...]
    groups: tuple[int, ...] | None
    scores: NDArray[np.float64]
    usd: NDArray[np.float64]


@dataclass(frozen=True)
class Replayed:
    """A decision from a recording. calls, usd: of what it asked for; full_*: of every model on every item."""

    task: str
    result: Result
    calls: int
    full_calls: int
    usd: float
    full_usd: float


def replay(recording: Recording, setup_options: Mapping[str, Any]) -> Replayed:
    """Decides, drawing only the outcomes that are asked for. setup_options: of `Setup`, less models, items, groups."""
    import numpy as np

    from llmlint.evals.procedure import ModelPlan, Setup, start

    prices = np.nanmean(recording.usd, axis=1)
    models = [ModelPlan(name, float(usd)) for name, usd in zip(recording.models, prices, strict=True)]
    procedure = start(Setup(models=models, items=len(recording.items), groups=recording.groups, **setup_options))
    calls, usd = 0, 0.0
    while asks := procedure.asks():
        for ask in asks:
            items = list(ask.items)
            procedure.tell(ask.model, items, recording.scores[ask.model, items].tolist())
            paid = recording.usd[ask.model, items]
            calls += int((~np.isnan(paid)).sum())
            usd += float(np.nansum(paid))
    recorded = ~np.isnan(recording.scores)
    return Replayed(
        recording.task, procedure.result(), calls, int(recorded.sum()), usd, float(np.nansum(recording.usd))
    )


def read_recording(folder: Path) -> Recording:
    """Raises ReplayError, with file and line, for what cannot be read or contradicts itself."""
    import numpy as np

    if not folder.is_dir():
        raise ReplayError("no such folder", path=str(folder), mend="name a folder of recorded outcomes")
    task, prices = _meta(folder / "meta.yaml")
    names, groups = _items(folder)
    models = tuple(prices)
    at_model, at_item = {m: i for i, m in enumerate(models)}, {name: i for i, name in enumerate(names)}
    scores = np.full((len(models), len(names)), np.nan)
    usd = np.full_like(scores, np.nan)
    path = _one_of(folder, "outcomes")
    for line, row in _rows(path):
        model, item = at_model.get(str(row.get("model"))), at_item.get(str(row.get("item")))
        if model is None:
            raise ReplayError(f"meta.yaml lists no model {row.get('model')!r}", str(path), line)
        if item is None:
            raise ReplayError(f"items.jsonl lists no item {row.get('item')!r}", str(path), line)
        if not math.isnan(scores[model, item]):
            raise ReplayError(f"a second outcome of {row['model']} for item {row['item']!r}", str(path), line)
        scores[model, item] = _number(row, "score", path, line, 1.0)
        price = prices[models[model]]
        usd[model, item] = sum(
            _number(row, f"{side}_tokens", path, line, math.inf) * price[side] / 1e6 for side in ("input", "output")
        )
    for model, name in enumerate(models):
        if np.isnan(scores[model]).all():
            raise ReplayError(f"no outcome of {name}", str(path), mend="take it out of meta.yaml or record it")
    return Recording(task, models, tuple(names), groups, scores, usd)


def _number(row: Mapping[str, Any], key: str, path: Path, line: int, most: float) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        wanted = "a number from 0 to 1" if most == 1 else "a number of at least 0"
        raise ReplayError(f"{key} must be {wanted}, not {json.dumps(value)}", str(path), line)
    return float(value)


def _meta(path: Path) -> tuple[str, dict[str, dict[str, float]]]:
    """The task's name, and for each model USD per million tokens of "input" and "output"."""
    import yaml

    try:
        meta = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except FileNotFoundError:
        raise ReplayError("is missing", str(path), mend="it names the task, the models and their prices") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ReplayError(f"cannot be read: {error}", str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise ReplayError(f"is not YAML: {getattr(error, 'problem', error)}", str(path), line) from None
    listed = meta.get("models") if isinstance(meta, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ReplayError("has no list `models`", str(path))
    prices: dict[str, dict[str, float]] = {}
    for model in listed:
        name = model.get("name") if isinstance(model, dict) else None
        if not isinstance(name, str):
            raise ReplayError(f"a model without a name: {json.dumps(model, default=str)}", str(path))
        if name in prices:
            raise ReplayError(f"lists {name} twice", str(path))
        prices[name] = {side: _price(model, f"{side}_usd_per_mtok", name, path) for side in ("input", "output")}
    return str(meta.get("task") or path.parent.name), prices


def _price(model: Mapping[str, Any], key: str, name: str, path: Path) -> float:
    value = model.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ReplayError(f"{name}: {key} must be a number of at least 0", str(path), mend="no price, no decision")
    return float(value)


def _items(folder: Path) -> tuple[list[str], tuple[int, ...] | None]:
    """Their names, and the number of each one's group; an item without one is a group by itself."""
    path = _one_of(folder, "items")
    seen: dict[str, int] = {}
    numbers: dict[str, int] = {}
    groups: list[int] = []
    for line, row in _rows(path):
        name = row.get("item")
        if not isinstance(name, str) or not name:
            raise ReplayError('a line without "item"', str(path), line)
        if name in seen:
            raise ReplayError(f"item {name!r} is listed twice, first in line {seen[name]}", str(path), line)
        seen[name] = line
        group = row.get("group")
        groups.append(numbers.setdefault(f"item {name}" if group is None else f"group {group}", len(numbers)))
    if not seen:
        raise ReplayError("lists no items", str(path))
    return list(seen), None if len(numbers) == len(groups) else tuple(groups)


def _one_of(folder: Path, name: str) -> Path:
    """NAME.jsonl or NAME.jsonl.gz."""
    for path in (folder / f"{name}.jsonl", folder / f"{name}.jsonl.gz"):
        if path.is_file():
            return path
    raise ReplayError("is missing, also with .gz", str(folder / f"{name}.jsonl"))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of each line that is not empty."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReplayError(f"cannot be read: {error}", str(path)) from None
    for number, line in enumerate(re.split("\r\n|\r|\n", text), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ReplayError(f"is not JSON: {error}", str(path), number) from None
        if not isinstance(row, dict):
            raise ReplayError("is not a JSON object", str(path), number)
        yield number, row
