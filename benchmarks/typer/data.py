"""Label files + git mirrors → rows with features, split by repository and by data set.

The split is fixed by a hash of the name of the repository or data set: a fifth of the templates' data sets and
two fifths of the repositories of labels/real_*.jsonl are held out and are not looked at while tuning.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from places import load_texts

HERE = Path(__file__).resolve().parent
LABELS = HERE / "labels"


@dataclass(frozen=True)
class Row:
    id: str
    part: str  # "templates", "seeds", "written", "index" or "more"
    group: str  # the repository or data set
    text: str
    task: str
    also: tuple[str, ...]
    simple: bool | None
    features: dict[str, str]

    @property
    def real(self) -> bool:
        return self.part in ("index", "more")

    @property
    def held_out(self) -> bool:
        return is_held_out(self.part, self.group)

    def accepts(self, task: str) -> bool:
        return task == self.task or task in self.also


def is_held_out(part: str, group: str) -> bool:
    share = int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    return share < {"templates": 0.2, "more": 0.4}.get(part, 0.0)


def prompt_data() -> Path:
    """The folder with visible.jsonl and real_index.jsonl, prompts that others labelled."""
    folder = os.environ.get("LLMLINT_PROMPT_DATA", "")
    missing = [n for n in ("visible.jsonl", "real_index.jsonl") if not folder or not (Path(folder) / n).is_file()]
    if missing:
        raise SystemExit(f"set LLMLINT_PROMPT_DATA to the folder that holds {' and '.join(missing)}; it is {folder!r}")
    return Path(folder)


def load_all(mirrors: Path, read: Callable[[str], dict[str, str]]) -> list[Row]:
    rows: list[Row] = []
    more = [("more", path) for path in sorted(LABELS.glob("real_*.jsonl"))]
    for part, path in [("index", prompt_data() / "real_index.jsonl"), *more]:
        found, missing = load_texts(path, mirrors)
        for line in missing:
            print(f"left out: {line}")
        rows += [
            Row(r["id"], part, r["repo"], r["text"], r["task"], tuple(r["also"]), r["simple"], read(r["text"]))
            for r in found
        ]
    templates = prompt_data() / "visible.jsonl"
    for line in templates.read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        # the same data set comes through both collections: one group, so that no template of it leaks
        group = r["source"].split("/", 1)[-1]
        rows.append(Row(r["id"], "templates", group, r["text"], r["task"], (), r["simple"], read(r["text"])))
    with (LABELS / "seeds.yaml").open(encoding="utf-8") as f:
        for task, (simple, texts) in yaml.safe_load(f).items():
            rows += [
                Row(f"seed-{task}-{i}", "seeds", "seeds", t, task, (), simple, read(t)) for i, t in enumerate(texts)
            ]
    for line in (LABELS / "written.jsonl").read_text(encoding="utf-8").splitlines():
        r = json.loads(line)
        also = tuple(r["also"])
        rows.append(Row(r["id"], "written", "written", r["text"], r["task"], also, r["simple"], read(r["text"])))
    return rows


def training_part(rows: list[Row]) -> list[Row]:
    return [r for r in rows if not r.held_out]
