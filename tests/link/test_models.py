"""The routes by which a model id reaches a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

CALL = "client.messages.create(model={}, max_tokens=5, messages=[])"
HEAD = "import anthropic\nclient = anthropic.Anthropic()\n"


def call(expression: str, before: str = "") -> str:
    return f"{HEAD}{before}\n{CALL.format(expression)}\n"


ROUTES: list[tuple[str, dict[str, str] | str, tuple[str, ...], str]] = [
    ("literal", call("'m-1'"), ("m-1",), "literal"),
    ("constant", call("MODEL", "MODEL = 'm-1'"), ("m-1",), "literal"),
    ("constant of another module", {"app.py": call("config.MODEL", "import config"), "config.py": "MODEL = 'm-1'"},
     ("m-1",), "constant"),
    ("imported constant", {"app.py": call("M", "from config import MODEL as M"), "config.py": "MODEL = 'm-1'"},
     ("m-1",), "constant"),
    ("re-export", {"app.py": call("MODEL", "from pkg import MODEL"), "pkg/__init__.py": "from .names import MODEL",
                   "pkg/names.py": "MODEL = 'm-1'"}, ("m-1",), "constant"),
    ("star import", {"app.py": call("MODEL", "from config import *"), "config.py": "MODEL = 'm-1'"},
     ("m-1",), "constant"),
    ("class attribute", call("Settings.model", "class Settings:\n    model = 'm-1'\n"), ("m-1",),
     "attribute-default"),
    ("instance attribute", call("S().model", "class S:\n    def __init__(self):\n        self.model = 'm-1'\n"),
     ("m-1",), "attribute-default"),
    ("default argument of __init__",
     call("S().model", "class S:\n    def __init__(self, model='m-1'):\n        self.model = model\n"),
     ("m-1",), "attribute-default"),
    ("dataclass", call("S().model", "from dataclasses import dataclass\n@dataclass\nclass S:\n    model: str = 'm-1'\n"),
     ("m-1",), "attribute-default"),
    ("pydantic settings", call("settings.model", "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n"
     "class S(BaseSettings):\n    model: str = Field(default='m-1')\nsettings = S()\n"), ("m-1",), "attribute-default"),
    ("environment with a default", call("os.getenv('MODEL', 'm-1')", "import os"), ("m-1",), "config"),
    ("environment without one", call("os.environ['MODEL']", "import os"), (), "dynamic"),
    ("environ.get or", call("os.environ.get('MODEL') or 'm-1'", "import os"), ("m-1",), "literal"),
    ("f-string", call("f'{VENDOR}-1'", "VENDOR = 'm'"), ("m-1",), "constant"),
    ("concatenation", call("'m' + '-1'"), ("m-1",), "constant"),
    ("format", call("'m-{}'.format(1)"), ("m-1",), "constant"),
    ("ternary", call("'m-1' if fast else 'm-2'", "fast = input()"), ("m-1", "m-2"), "literal"),
    ("dict", call("MODELS['a']", "MODELS = {'a': 'm-1', 'b': 'm-2'}"), ("m-1",), "constant"),
    ("dict by an unknown key", call("MODELS[input()]", "MODELS = {'a': 'm-1', 'b': 'm-2'}"), ("m-1", "m-2"), "literal"),
    ("dict.get", call("MODELS.get('a', 'm-9')", "MODELS = {'a': 'm-1'}"), ("m-1",), "literal"),
    ("two branches", call("model", "if input():\n    model = 'm-1'\nelse:\n    model = 'm-2'"), ("m-1", "m-2"), "literal"),
    ("enum", call("M.A.value", "from enum import Enum\nclass M(Enum):\n    A = 'm-1'\n"), ("m-1",),
     "attribute-default"),
    ("JSON file", {"app.py": call("cfg['model']", "import json\ncfg = json.load(open('c.json'))"),
                   "c.json": '{"model": "m-1"}'}, ("m-1",), "config"),
    ("YAML file", {"app.py": call("cfg['llm']['model']", "import yaml\nwith open('c.yaml') as f:\n    cfg = yaml.safe_load(f)"),
                   "c.yaml": "llm:\n  model: m-1\n"}, ("m-1",), "config"),
    ("argparse", call("args.model", "import argparse\np = argparse.ArgumentParser()\n"
     "p.add_argument('--model', default='m-1')\nargs = p.parse_args()"), ("m-1",), "config"),
    ("unknown", call("input()"), (), "dynamic"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "values", "how"), [r[1:] for r in ROUTES], ids=[r[0] for r in ROUTES])
def test_route(tmp_path: Path, files: dict[str, str] | str, values: tuple[str, ...], how: str) -> None:
    (site,) = sites_of(tmp_path, files)
    assert (site.model.values, site.model.how) == (values, how)


WRAPPERS = [
    ("positional", "def ask(model):\n    return {}\nask('m-1')\n", ("m-1",)),
    ("keyword", "def ask(*, model):\n    return {}\nask(model='m-1')\n", ("m-1",)),
    ("two callers", "def ask(model):\n    return {}\nask('m-1')\nask('m-2')\n", ("m-1", "m-2")),
    ("default and a caller", "def ask(model='m-9'):\n    return {}\nask()\nask('m-1')\n", ("m-1", "m-9")),
    ("two hops", "def ask(model):\n    return {}\ndef outer(m):\n    return ask(m)\nouter('m-1')\n", ("m-1",)),
    ("nobody calls", "def ask(model='m-9'):\n    return {}\n", ("m-9",)),
    ("partial", "import functools\ndef ask(text, model):\n    return {}\nf = functools.partial(ask, model='m-1')\nf('x')\n",
     ("m-1",)),
    ("method", "class A:\n    def ask(self, model):\n        return {}\nA().ask('m-1')\n", ("m-1",)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "values"), [w[1:] for w in WRAPPERS], ids=[w[0] for w in WRAPPERS])
def test_a_wrapper_carries_the_values_of_its_callers(tmp_path: Path, code: str, values: tuple[str, ...]) -> None:
    (site,) = sites_of(tmp_path, HEAD + code.format(CALL.format("model")))
    assert site.model.values == values


def test_callers_in_other_files(tmp_path: Path) -> None:
    files = {
        "lib/llm.py": HEAD + "def ask(model):\n    return " + CALL.format("model") + "\n",
        "jobs/a.py": "from lib.llm import ask\nask('m-1')\n",
        "jobs/b.py": "from lib import llm\nllm.ask(model='m-2')\n",
    }
    (site,) = sites_of(tmp_path, files)
    assert site.path == "lib/llm.py"
    assert site.model.values == ("m-1", "m-2")


def test_what_a_test_passes_is_no_fact_of_the_program(tmp_path: Path) -> None:
    files = {
        "lib.py": HEAD + "def ask(model='m-1'):\n    return " + CALL.format("model") + "\n",
        "tests/test_lib.py": "from lib import ask\nask('fake')\n",
    }
    (site,) = sites_of(tmp_path, files)
    assert site.model.values == ("m-1",)


def test_attributes_set_by_the_names_of_a_dict(tmp_path: Path) -> None:
    code = HEAD + (
        "DEFAULTS = {'MODEL': 'vendor:m-1', 'LIMIT': 5}\n"
        "class Config:\n"
        "    def __init__(self):\n"
        "        self._set(DEFAULTS)\n"
        "        self.vendor, self.name = self.model.split(':', 1)\n"
        "    def _set(self, values):\n"
        "        for key, value in values.items():\n"
        "            setattr(self, key.lower(), value)\n"
        "config = Config()\n" + CALL.format("config.name") + "\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.model.values == ("m-1",)


def test_a_method_handed_to_a_thread_is_a_request(tmp_path: Path) -> None:
    code = HEAD + (
        "import asyncio\n"
        "async def ask():\n"
        "    await asyncio.to_thread(client.messages.create, model='m-1', max_tokens=5, messages=[])\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert (site.line, site.model.values, site.output_cap.value) == (5, ("m-1",), 5)


def test_a_chain_over_one_of_several_models(tmp_path: Path) -> None:
    code = (
        "from langchain_openai import ChatOpenAI\n"
        "from langchain_anthropic import ChatAnthropic\n"
        "from langchain_core.prompts import PromptTemplate\n"
        "def make(vendor):\n"
        "    if vendor == 'openai':\n"
        "        return ChatOpenAI(model='m-1')\n"
        "    return ChatAnthropic(model='m-2')\n"
        "chain = PromptTemplate.from_template('Say {word}') | make(input())\n"
        "chain.invoke({'word': 'x'})\n"
    )
    asked = [s for s in sites_of(tmp_path, code) if s.kind == "generate"]
    assert [s.line for s in asked] == [9]


def test_two_classes_that_need_each_other(tmp_path: Path) -> None:
    files = {
        "a.py": HEAD + "from b import B\nclass A:\n    def __init__(self, b=None):\n        self.b = b or B(self)\n"
        "        self.model = 'm-1'\n    def ask(self):\n        " + CALL.format("self.model") + "\n",
        "b.py": "from a import A\nclass B:\n    def __init__(self, a=None):\n        self.a = a or A(self)\n"
        "    def go(self):\n        return self.a.ask()\n",
    }
    (site,) = sites_of(tmp_path, files)
    assert site.model.values == ("m-1",)


GATEWAY = "import anthropic\nclient = anthropic.Anthropic(base_url='https://gateway.example')\n"  # serves all makers
BRANCHES = [
    ("'claude' in model", ("claude-3",)),
    ("'claude' not in model", ("gpt-4o", "o1-mini")),
    ("model == 'gpt-4o'", ("gpt-4o",)),
    ("model in ('claude-3', 'o1-mini')", ("claude-3", "o1-mini")),
    ("model.startswith(('gpt', 'o1'))", ("gpt-4o", "o1-mini")),
    ("model.lower().startswith('claude') or model == 'gpt-4o'", ("claude-3", "gpt-4o")),
    ("'a' in model and 'c' in model", ("claude-3",)),
    ("model in ('deepseek-chat',)", ("deepseek-chat",)),  # none of those that are seen: it must be what is named
    ("'llama' in model", ()),
    ("len(model) > 3", ("claude-3", "gpt-4o", "o1-mini")),
]


@pytest.mark.parametrize(("test", "expected"), BRANCHES, ids=[b[0] for b in BRANCHES])
def test_a_branch_excludes_models(tmp_path: Path, test: str, expected: tuple[str, ...]) -> None:
    asked = "".join(f"ask({m!r})\n" for m in ("claude-3", "gpt-4o", "o1-mini"))
    code = GATEWAY + f"def ask(model):\n    if {test}:\n        {CALL.format('model')}\n    {CALL.format('model')}\n{asked}"
    inside, after = sites_of(tmp_path, code)
    assert inside.model.values == expected
    assert after.model.values == ("claude-3", "gpt-4o", "o1-mini")


def test_a_branch_excludes_the_constant_that_it_names(tmp_path: Path) -> None:
    code = (
        "from openai import OpenAI\nUSUAL = 'qwen2.5'\ndef f(model=USUAL):\n    chosen = 'gpt-4o'\n"
        "    if model != USUAL:\n        chosen = model\n"
        "    OpenAI().chat.completions.create(model=chosen, messages=[])\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.model.values == ("gpt-4o",)


def test_prefixes_and_models_that_do_not_belong_together(tmp_path: Path) -> None:
    code = (
        "import litellm\nPREFIX = {'a': 'anthropic/', 'o': 'openai/'}\ndef f(who, q):\n"
        "    litellm.completion(model=PREFIX[who] + 'gpt-4o', messages=q)\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.model.values == ("openai/gpt-4o",)


def test_the_other_branch_keeps_the_rest(tmp_path: Path) -> None:
    code = GATEWAY + f"def ask(model):\n    if 'gpt' in model:\n        pass\n    else:\n        {CALL.format('model')}\nask('gpt-4o')\nask('m-1')\n"
    (site,) = sites_of(tmp_path, code)
    assert site.model.values == ("m-1",)


def test_a_setting_that_is_handed_to_the_classes_of_several_makers(tmp_path: Path) -> None:
    code = (
        "from langchain_openai import ChatOpenAI\nfrom langchain_anthropic import ChatAnthropic\nimport os\n"
        "model = os.getenv('MODEL', 'gpt-4o')\n"
        "def make(vendor):\n"
        "    return ChatOpenAI(model=model) if vendor else ChatAnthropic(model=model, max_tokens=5)\n"
        "ChatOpenAI(model='claude-haiku-4-5', base_url='https://gateway.example/v1')\n"
    )
    openai, anthropic, gateway = sites_of(tmp_path, code)
    assert (openai.api, openai.model.values) == ("ChatOpenAI", ("gpt-4o",))
    assert (anthropic.api, anthropic.model.values) == ("ChatAnthropic", ())
    assert gateway.model.values == ("claude-haiku-4-5",)


def test_an_id_as_a_gateway_writes_it_is_not_asked_at_the_provider(tmp_path: Path) -> None:
    code = "from openai import OpenAI\nOpenAI().chat.completions.create(model='openai/gpt-4o', messages=[])\n"
    (site,) = sites_of(tmp_path, code)
    assert site.model.values == ()


HEIR = (
    "from langchain_openai import ChatOpenAI\nclass Ours(ChatOpenAI):\n    max_tokens: int = 50\n{}"
    "def go(q):\n    return Ours(model='gpt-5').invoke(q)\n"
)


def test_a_class_of_the_project_that_inherits_a_model_is_asked_like_it(tmp_path: Path) -> None:
    made, asked = sites_of(tmp_path, HEIR.format(""))
    assert (made.kind, made.model.values, made.output_cap.value) == ("constructor", ("gpt-5",), 50)
    assert (asked.api, asked.model.values, asked.output_cap.value) == ("invoke", ("gpt-5",), 50)


def test_a_method_of_it_that_goes_up_sends_the_request(tmp_path: Path) -> None:
    own = "    def invoke(self, x):\n        return super().invoke(x)\n"
    asked, made = sites_of(tmp_path, HEIR.format(own))
    assert (asked.line, asked.kind, asked.output_cap.state) == (5, "generate", "set")
    assert made.kind == "constructor"


def test_what_its_own_constructor_passes_on_is_not_known(tmp_path: Path) -> None:
    own = "    def __init__(self, n):\n        super().__init__(max_tokens=n)\n"
    (asked,) = sites_of(tmp_path, HEIR.replace("    max_tokens: int = 50\n", "").format(own))
    assert asked.output_cap.state == "unknown"


def test_a_class_that_hands_its_model_up(tmp_path: Path) -> None:
    code = (
        "from langchain_openai import ChatOpenAI\nclass Ours(ChatOpenAI):\n    def __init__(self, size, **kw):\n"
        "        super().__init__(model='gpt-5-mini', max_tokens=size, **kw)\nOurs(9).invoke('x')\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert (site.model.values, site.output_cap.state) == (("gpt-5-mini",), "unknown")
