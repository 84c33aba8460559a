"""Which models configuration files name, and what is no model however much it looks like one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmlint.configs.models import config_models

NAMED: list[tuple[str, str, str, list[tuple[int, str, str, str]]]] = [
    ("LiteLLM's proxy", "proxy/config.yaml",
     "model_list:\n  - model_name: gpt-4o\n    litellm_params:\n      model: azure/gpt-4o\n      max_tokens: 512\n",
     [(4, "model_list.0.litellm_params.model", "azure/gpt-4o", "litellm-proxy")]),
    ("promptfoo", "promptfooconfig.yaml",
     "providers:\n  - openai:gpt-4o-mini\n  - id: anthropic:messages:claude-3-haiku-20240307\n",
     [(2, "providers.0", "openai:gpt-4o-mini", "promptfoo"),
      (3, "providers.1.id", "anthropic:messages:claude-3-haiku-20240307", "promptfoo")]),
    ("Helm values", "chart/values.yaml", "llm:\n  model: claude-opus-4-7\n  image: registry/claude-opus-4-7\n",
     [(2, "llm.model", "claude-opus-4-7", "helm")]),
    ("compose, a list", "docker-compose.yml", "services:\n  a:\n    environment:\n      - OPENAI_MODEL=gpt-4o\n      - NAME=gpt-4o\n",
     [(4, "services.a.environment.0", "gpt-4o", "compose")]),
    ("compose, a mapping", "compose.yaml", "services:\n  a:\n    environment:\n      LLM_MODEL: gpt-4o\n",
     [(4, "services.a.environment.LLM_MODEL", "gpt-4o", "compose")]),
    (".env", ".env.example", "# MODEL=gpt-4\nexport CHAT_MODEL=\"gpt-4o\"  # the dear one\nTITLE=gpt-4o\n", [(2, "CHAT_MODEL", "gpt-4o", "env")]),
    ("Dockerfile", "Dockerfile", "FROM python\nENV OPENAI_MODEL=gpt-4o\n", [(2, "OPENAI_MODEL", "gpt-4o", "dockerfile")]),
    ("TOML", "settings.toml", "[llm.chat]\nmodel = 'gpt-4o'\nname = 'gpt-4o'\n", [(2, "llm.chat.model", "gpt-4o", "toml")]),
    ("JSON", "config.json", json.dumps({"defaultModel": "gpt-4o", "title": "gpt-4o"}, indent=1), [(2, "defaultModel", "gpt-4o", "json")]),
    ("an unknown model", "a.yaml", "model: our-own-gpt-thing\n", []),
    ("a sentence", "a.yaml", "model: gpt-4o is what we use\n", []),
    ("a file", "a.yaml", "model: models/gpt-4o.yaml\n", []),
    ("an id of something else", "a.yaml", "id: gpt-4o\nproviders: [gpt-4o]\n", []),
    ("a car", "cars.yaml", "model: o-3\nmake: llama motors\n", []),
    ("broken", "a.yaml", "model: [gpt-4o\n", []),
    ("deep", "a.yaml", "model: gpt-4o\nx: " + "[" * 100_000, []),
    ("a bomb", "a.yaml", "a: &a [gpt-4o]\n" + "".join(f"b{i}: &b{i} [*{'a' if not i else f'b{i - 1}'}, *{'a' if not i else f'b{i - 1}'}]\n" for i in range(40)), []),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), [n[1:] for n in NAMED], ids=[n[0] for n in NAMED])
def test_named(path: str, text: str, expected: list[tuple[int, str, str, str]]) -> None:
    found = config_models([path], {path: text}.get)
    assert [(m.line, m.key, m.model, m.format) for m in found] == expected


def test_what_stands_beside_the_model() -> None:
    text = "model: gpt-4o\nmax_tokens: 512\nsystem_prompt: Be brief.\n"
    (found,) = config_models(["agent.yaml"], {"agent.yaml": text}.get)
    assert (found.tier, found.cap, found.prompt_chars) == ("medium", 512, 9)


def test_a_folder_is_asked_for_its_configuration_and_single_files_are_not(tmp_path: Path) -> None:
    from llmlint.scan.options import ScanOptions
    from llmlint.tasks.collect import collect_facts

    (tmp_path / "values.yaml").write_text("model: gpt-4o\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    options = ScanOptions(cache=False)
    assert [m.model for m in collect_facts([tmp_path], options).project.configs] == ["gpt-4o"]
    assert collect_facts([tmp_path / "a.py"], options, root=tmp_path).project.configs == ()
