"""A pack is the same, compiled or parsed; what is compiled counts only for the bytes it was made from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from llmlint.bundled import bundled
from llmlint.errors import PolicyError
from llmlint.judge.compiled_packs import COMPILED, compile_packs, read_pack
from llmlint.judge.yaml_text import read_yaml


@pytest.mark.parametrize("name", ["default", "strict", "advisory"])
def test_compiled_it_is_what_the_yaml_says(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    shutil.copytree(bundled("policies"), folder)
    file = folder / f"{name}.yaml"
    assert read_pack(file, file.read_bytes()) is None
    (folder / COMPILED).write_text(compile_packs(folder))
    assert read_pack(file, file.read_bytes()) == read_yaml(file.read_text("utf-8"), str(file), PolicyError)
    assert read_pack(file, file.read_bytes() + b"\n") is None
    (folder / COMPILED).write_text('{"default.yaml": 3, "strict.yaml": {}, "advisory.yaml": null}')
    assert read_pack(file, file.read_bytes()) is None
