"""docs/policy.md says what the schema and the loader do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from llmlint.judge.policy import load_policy
from llmlint.judge.policy_layers import GROWING
from llmlint.judge.policy_schema import policy_schema, problems, resolved
from llmlint.sdks.models import lookup

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def _keys(node: Mapping[str, Any]) -> Iterator[str]:
    node = resolved(node)
    for name, child in node.get("properties", {}).items():
        yield name
        yield from _keys(child)
    for word in ("items", "additionalProperties"):
        if isinstance(node.get(word), dict):
            yield from _keys(node[word])
    for branch in node.get("anyOf", ()):
        yield from _keys(branch)


@pytest.mark.parametrize("key", sorted(set(_keys(policy_schema()))))
def test_every_key_is_mentioned(key: str) -> None:
    assert re.search(rf"`{key}(:[^`]*)?`|^## {key}$|\*\*{key}\*\*", PAGE, re.MULTILINE), key


@pytest.mark.parametrize("name", ["task", "tier", "severity"])
def test_every_word_is_mentioned(name: str) -> None:
    for word in policy_schema()["$defs"][name]["enum"]:
        assert f"`{word}`" in PAGE, word


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_yaml_on_the_page_is_right(block: str) -> None:
    data = yaml.load(block, yaml.BaseLoader)
    assert data
    assert list(problems(yaml.safe_load(block.replace("2027-03-31", "'2027-03-31'")))) == []


def test_toml_on_the_page_says_the_same_as_the_yaml(tmp_path: Path) -> None:
    block = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
    (tmp_path / "pyproject.toml").write_text(block, encoding="utf-8")
    toml = load_policy(tmp_path)
    (tmp_path / "llmlint.yaml").write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0], encoding="utf-8")
    from_yaml = load_policy(tmp_path)
    assert (toml.rules, toml.paths) == (from_yaml.rules, from_yaml.paths)


def test_lists_that_are_added_up_are_those_on_the_page() -> None:
    sentence = PAGE.partition("How two policies meet")[2].partition(" are added up")[0].partition(";")[2]
    assert set(re.findall(r"`(\w+)`", sentence)) == GROWING


def test_models_of_the_default_pack_are_of_their_tier(tmp_path: Path) -> None:
    for tier, models in load_policy(tmp_path).models.items():
        for model in models:
            found = lookup(model)
            assert found is not None and found.tier == tier, model
            assert (found.retires or "9999") > "2027-06", f"{model} is no model to start with"
