"""What is a call site and what is not: clients by every route, all SDKs, and look-alikes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import facts_of, sites_of

CHAT = "chat.completions.create(model='m', messages=[], max_tokens=5)"
FOUND: list[tuple[str, str, str, str]] = [
    ("module client", f"from openai import OpenAI\nc = OpenAI()\nc.{CHAT}", "openai", "chat.completions.create"),
    ("module API", f"import openai\nopenai.{CHAT}", "openai", "chat.completions.create"),
    ("legacy module API", "import openai\nopenai.ChatCompletion.create(model='m', messages=[])", "openai",
     "ChatCompletion.create"),
    ("Azure", f"from openai import AzureOpenAI\nAzureOpenAI().{CHAT}", "azure-openai", "chat.completions.create"),
    ("async client", f"from openai import AsyncOpenAI\nasync def f():\n    await AsyncOpenAI().{CHAT}", "openai",
     "chat.completions.create"),
    ("with_options", f"from openai import OpenAI\nOpenAI().with_options(timeout=1).{CHAT}", "openai",
     "chat.completions.create"),
    ("with_raw_response", "import anthropic\nanthropic.Anthropic().messages.with_raw_response.create(model='m',"
     " max_tokens=5, messages=[])", "anthropic", "messages.with_raw_response.create"),
    ("context manager", f"from openai import OpenAI\nwith OpenAI() as c:\n    c.{CHAT}", "openai",
     "chat.completions.create"),
    ("stream manager", "import anthropic\nwith anthropic.Anthropic().messages.stream(model='m', max_tokens=5,"
     " messages=[]) as s:\n    pass", "anthropic", "messages.stream"),
    ("attribute", f"import openai\nclass A:\n    def __init__(self):\n        self.c = openai.OpenAI()\n"
     f"    def f(self):\n        self.c.{CHAT}", "openai", "chat.completions.create"),
    ("factory", f"import openai\ndef make():\n    return openai.OpenAI()\nmake().{CHAT}", "openai",
     "chat.completions.create"),
    ("annotated parameter", f"import openai\ndef f(c: openai.OpenAI):\n    c.{CHAT}", "openai",
     "chat.completions.create"),
    ("unknown receiver, known signature", f"def f(c):\n    c.{CHAT}\n# openai", "openai", "chat.completions.create"),
    ("Bedrock client of anthropic", "from anthropic import AnthropicBedrock\nAnthropicBedrock().messages.create("
     "model='m', max_tokens=5, messages=[])", "bedrock", "messages.create"),
    ("litellm", "import litellm\nlitellm.completion(model='m', messages=[])", "litellm", "completion"),
    ("litellm imported", "from litellm import acompletion\nasync def f():\n    await acompletion(model='m', messages=[])",
     "litellm", "acompletion"),
    ("instructor", "import instructor, openai\nc = instructor.from_openai(openai.OpenAI())\n"
     "c.chat.completions.create(model='m', messages=[], response_model=int)", "openai", "chat.completions.create"),
    ("instructor around Google's client", "import instructor\nfrom google import genai\n"
     "instructor.from_genai(client=genai.Client()).chat.completions.create(model='m', messages=[], response_model=int)",
     "google", "chat.completions.create"),
    ("google", "from google import genai\ngenai.Client().models.generate_content(model='m', contents='x')", "google",
     "models.generate_content"),
    ("Bedrock runtime", "import boto3\nboto3.client('bedrock-runtime').converse(modelId='m', messages=[])", "bedrock",
     "converse"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "provider", "api"), [f[1:] for f in FOUND], ids=[f[0] for f in FOUND])
def test_found(tmp_path: Path, code: str, provider: str, api: str) -> None:
    (site,) = sites_of(tmp_path, code)
    assert (site.provider, site.api, site.kind) == (provider, api.replace("with_raw_response.", ""), "generate") or (
        site.provider,
        site.api,
    ) == (provider, api)


def test_langchain_construction_and_invocation_are_two_sites(tmp_path: Path) -> None:
    code = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model='m', max_tokens=9)\nllm.invoke('hello')\n"
    made, asked = sites_of(tmp_path, code)
    assert (made.kind, made.api, made.receiver) == ("constructor", "ChatOpenAI", None)
    assert (asked.kind, asked.api, asked.model.values, asked.output_cap.value) == ("generate", "invoke", ("m",), 9)
    assert asked.constructed_at == ("app.py:2",)


BAIT = [
    ("Twilio", "from twilio.rest import Client\nc = Client()\nc.messages.create(to='+1', from_='+2', body='x')\n# openai"),
    ("a registry", "class Registry:\n    def create(self, model):\n        pass\nRegistry().create(model='gpt-4o')\n# openai"),
    ("shtab", "import shtab\nshtab.complete('x')\n# openai"),
    ("own class of that name", "class OpenAI:\n    def chat(self):\n        pass\nOpenAI().chat()\n# openai"),
    ("a string", "TEXT = 'client.chat.completions.create(model=1)'\n# openai"),
    ("database session", "def f(session):\n    session.responses.create(name='x')\n# openai"),
    ("an event stream", "def f(bus):\n    bus.messages.stream('topic')\n# anthropic"),
    ("requests elsewhere", "import requests\nrequests.post('https://example.com/v1/items', json={})\n# openai"),
    ("boto3 s3", "import boto3\nboto3.client('s3').invoke_model(modelId='x')\n# bedrock"),
    ("regular invoke", "class Cmd:\n    def invoke(self, x):\n        pass\nCmd().invoke('x')\n# langchain"),
]  # fmt: skip


@pytest.mark.parametrize("code", [b[1] for b in BAIT], ids=[b[0] for b in BAIT])
def test_no_call_site(tmp_path: Path, code: str) -> None:
    assert sites_of(tmp_path, code) == []


def test_http_post_to_a_provider(tmp_path: Path) -> None:
    code = (
        "import requests\n"
        "requests.post('https://api.openai.com/v1/chat/completions', headers={}, json={'model': 'm', 'messages': []})\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert (site.provider, site.model.values, site.output_cap.state) == ("openai", ("m",), "missing")


def test_the_users_own_wrapper_named_in_policy(tmp_path: Path) -> None:
    files = {
        "myapp/llm.py": "def ask(model, prompt, max_tokens=None):\n    return post(model, prompt)\n",
        "myapp/jobs.py": "from myapp.llm import ask\nask('m-1', 'hi', max_tokens=3)\n",
    }
    assert sites_of(tmp_path, files) == []
    (site,) = sites_of(tmp_path, files, llm_calls=("myapp.llm.ask",))
    assert (site.path, site.model.values, site.output_cap.value) == ("myapp/jobs.py", ("m-1",), 3)


def test_one_broken_file_does_not_lose_another(tmp_path: Path) -> None:
    files = {"a.py": f"import openai\nopenai.{CHAT}\n", "b.py": "import openai\ndef f(:\n"}
    facts = facts_of(tmp_path, files)
    assert [s.path for s in facts.call_sites] == ["a.py"]
    (error,) = facts.errors
    assert (error.path, error.line, error.names_sdk) == ("b.py", 2, True)


def test_a_model_object_handed_to_a_thread_for_another_function_is_no_request(tmp_path: Path) -> None:
    code = (
        "import asyncio\nfrom langchain_openai import ChatOpenAI\nfrom tools import judge\n"
        "async def go():\n    await asyncio.to_thread(judge, ChatOpenAI(model='m'), 'a topic')\n"
    )
    assert [s.kind for s in sites_of(tmp_path, code)] == ["constructor"]


IMAGES = [
    ("config=types.GenerateContentConfig(response_modalities=['IMAGE'])", "image"),
    ("config={'response_modalities': ['Text']}", "generate"),
    ("config=None", "generate"),
]


@pytest.mark.parametrize(("config", "kind"), IMAGES)
def test_the_request_says_that_it_makes_an_image(tmp_path: Path, config: str, kind: str) -> None:
    code = f"from google import genai\nfrom google.genai import types\ngenai.Client().models.generate_content(model=M, contents='x', {config})\n"
    (site,) = sites_of(tmp_path, code)
    assert site.kind == kind


@pytest.mark.parametrize(("more", "splat"), [("**options", True), ("n=1", False), ("**{'n': 1}", False)])
def test_keywords_that_come_in_unseen(tmp_path: Path, more: str, splat: bool) -> None:
    code = f"from openai import OpenAI\ndef f(options):\n    OpenAI().chat.completions.create(model='m', messages=[], {more})\n"
    (site,) = sites_of(tmp_path, code)
    assert site.splat is splat


BODIES = [
    ("json.dumps({'texts': [x], 'input_type': 'search_document'})", "embed"),
    ("json.dumps({'inputText': x})", "embed"),
    ("json.dumps({'inputText': x, 'textGenerationConfig': {}})", "generate"),
    ("json.dumps({'messages': [], 'max_tokens': 5})", "generate"),
]


@pytest.mark.parametrize(("body", "kind"), BODIES)
def test_the_body_of_a_bedrock_request_says_what_is_asked(tmp_path: Path, body: str, kind: str) -> None:
    code = f"import boto3, json\ndef f(x, m):\n    boto3.client('bedrock-runtime').invoke_model(modelId=m, body={body})\n"
    (site,) = sites_of(tmp_path, code)
    assert site.kind == kind


EFFORTS = [
    ("'high'", "high"), ("'high' if deep else None", "high"), ("'high' if deep else 'low'", None),
    ("'high' if deep == 'xhigh' else deep", None), ("usual", "high"),
]  # fmt: skip


@pytest.mark.parametrize(("effort", "told"), EFFORTS)
def test_one_effort_is_told_of_and_not_one_of_several(tmp_path: Path, effort: str, told: str | None) -> None:
    code = (
        "from openai import OpenAI\ndef f(deep, usual='high'):\n"
        f"    OpenAI().chat.completions.create(model='m', messages=[], reasoning_effort={effort})\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.effort == told


def test_a_method_that_the_client_has_not_is_anothers(tmp_path: Path) -> None:
    code = (
        "import anthropic, openai\n"
        "class Ask:\n"
        "    def __init__(self, provider='openai'):\n"
        "        self.model = {'openai': 'gpt-4o', 'claude': 'claude-haiku-4-5'}[provider]\n"
        "        if provider == 'openai':\n            self.client = openai.OpenAI()\n"
        "        elif provider == 'claude':\n            self.client = anthropic.Anthropic()\n"
        "    def go(self, messages):\n"
        "        return self.client.messages.create(model=self.model, max_tokens=5, messages=messages)\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert (site.provider, site.model.values) == ("anthropic", ())


def test_an_effort_from_a_librarys_enumeration(tmp_path: Path) -> None:
    code = (
        "from google import genai\nfrom google.genai import types\nclient = genai.Client()\n"
        "client.models.generate_content(model='gemini-3-pro', contents='x', config=types.GenerateContentConfig(\n"
        "    thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL)))\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.effort == "minimal"
