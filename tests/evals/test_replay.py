"""`llmlint eval --replay`: a recorded folder → the decision, and a sentence for every way a folder can be wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

np = pytest.importorskip("numpy")

from llmlint.cli import main  # noqa: E402

MODELS = {"small": (0.1, 0.9), "weak": (0.05, 0.4), "big": (5.0, 0.9)}  # price per Mtok, mean score


def write_recording(folder: Path, items: int = 400, packed: bool = False, groups: int = 0) -> Path:
    generator = np.random.default_rng(3)
    folder.mkdir(parents=True, exist_ok=True)
    meta = ["task: toy", "models:"]
    meta += [
        f"  - {{name: {name}, provider: p, tier: small, input_usd_per_mtok: {usd}, output_usd_per_mtok: {usd}}}"
        for name, (usd, _) in MODELS.items()
    ]
    (folder / "meta.yaml").write_text("\n".join(meta))
    ease = generator.random(items)
    rows = [{"item": f"i{i}", "group": f"g{i % groups}" if groups else None} for i in range(items)]
    outcomes = [
        {"item": f"i{i}", "model": name, "score": float(ease[i] < mean), "input_tokens": 100, "output_tokens": 10}
        for i in range(items) for name, (_, mean) in MODELS.items()
    ]  # fmt: skip
    for name, lines in (("items", rows), ("outcomes", outcomes)):
        text = "".join(json.dumps(line) + "\n" for line in lines).encode()
        if packed:
            (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text))
        else:
            (folder / f"{name}.jsonl").write_bytes(text)
    return folder


def decide(folder: Path, *options: str) -> tuple[int, Any, str]:
    arguments = ["eval", "--replay", str(folder), "--reference", "big", "--margin", "0.05", "--format", "json"]
    run = CliRunner().invoke(main, [*arguments, *options])
    return run.exit_code, json.loads(run.stdout) if run.stdout.startswith("{") else None, run.stderr


@pytest.mark.parametrize("target", ["dataset", "population"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_contract(tmp_path: Path, target: str, packed: bool) -> None:
    code, decided, _ = decide(write_recording(tmp_path, packed=packed), "--target", target, "--seed", "5")
    assert code == 0
    assert decided["schema"] == 1 and decided["task"] == "toy" and decided["recommendation"] == "small"
    assert (decided["reference"], decided["margin"], decided["alpha"], decided["seed"]) == ("big", 0.05, 0.05, 5)
    assert decided["target"] == target and decided["full_grid_calls"] == 1200
    assert 0 < decided["calls"] < 1200 and 0 < decided["usd"] < decided["full_grid_usd"]
    assert [c["model"] for c in decided["candidates"]] == ["weak", "small"]
    verdict = decided["candidates"][1]
    assert verdict["verdict"] == "non-inferior" and verdict["usd_per_1k_items"] == pytest.approx(0.011)


def test_the_same_seed_gives_the_same_decision(tmp_path: Path) -> None:
    write_recording(tmp_path)
    assert decide(tmp_path, "--seed", "1") == decide(tmp_path, "--seed", "1")


def test_undecided_is_an_answer(tmp_path: Path) -> None:
    code, decided, _ = decide(write_recording(tmp_path, items=12))
    assert code == 3 and decided["recommendation"] is None


def broken(folder: Path, file: str, text: str | None) -> None:
    if text is None:
        (folder / file).unlink()
    elif text.startswith("+"):
        with (folder / file).open("a") as stream:
            stream.write(text[1:])
    else:
        (folder / file).write_text(text)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("meta.yaml", None, "meta.yaml: is missing"),
        ("items.jsonl", None, "items.jsonl: is missing"),
        ("outcomes.jsonl", None, "outcomes.jsonl: is missing"),
        ("meta.yaml", "models: [", "meta.yaml:2: is not YAML"),
        ("meta.yaml", "task: x", "has no list `models`"),
        ("meta.yaml", "models: [{name: a}]", "a: input_usd_per_mtok must be a number"),
        ("items.jsonl", '+{"item": "i3"}\n', "items.jsonl:13: item 'i3' is listed twice, first in line 4"),
        ("items.jsonl", "+{oops\n", "items.jsonl:13: is not JSON"),
        ("items.jsonl", "+[1]\n", "items.jsonl:13: is not a JSON object"),
        ("outcomes.jsonl", '+{"item": "i3", "model": "huge"}\n', "outcomes.jsonl:37: meta.yaml lists no model 'huge'"),
        ("outcomes.jsonl", '+{"item": "j", "model": "big"}\n', "outcomes.jsonl:37: items.jsonl lists no item 'j'"),
        ("outcomes.jsonl", '+{"item": "i3", "model": "big", "score": 1}\n', "outcomes.jsonl:37: a second outcome of big"),
        ("outcomes.jsonl", '{"item": "i3", "model": "big", "score": 1.5}\n', "outcomes.jsonl:1: score must be a number from 0 to 1, not 1.5"),
        ("outcomes.jsonl", '{"item": "i3", "model": "big", "score": NaN}\n', "score must be a number from 0 to 1, not NaN"),
        ("outcomes.jsonl", '{"item": ["i3"], "model": "big", "score": 1}\n', "items.jsonl lists no item ['i3']"),
        ("outcomes.jsonl", '{"item": "i3", "model": "big", "score": 1}\n', "input_tokens must be a number"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_named_in_one_line(tmp_path: Path, file: str, text: str | None, said: str) -> None:
    broken(write_recording(tmp_path, items=12), file, text)
    code, _, stderr = decide(tmp_path)
    assert code == 2 and said in stderr.replace(str(tmp_path) + "/", "") and stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--reference", "huge"), "the reference huge is not among the models: small, weak, big"),
        (("--margin", "2"), "'--margin': 2.0 is not in the range 0<x<1"),
        (("--alpha", "0"), "'--alpha': 0.0 is not in the range 0<x<0.5"),
    ],
)
def test_figures_that_cannot_be(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    code, _, stderr = decide(write_recording(tmp_path, items=12), *options)
    assert code == 2 and said in stderr


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, _, stderr = decide(tmp_path / "nowhere")
    assert code == 2 and "no such folder" in stderr
