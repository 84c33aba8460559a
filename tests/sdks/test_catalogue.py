"""The catalogue's look-ups, its errors, and what it must not take for a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.errors import CatalogueError
from llmlint.sdks.catalogue import Catalogue, load_catalogue
from llmlint.sdks.documents import COMPILED, FOLDER, FRAMEWORKS, digest, documents, read_compiled
from llmlint.sdks.reading import sdk_from_data

CATALOGUE = load_catalogue()

CLIENTS = [
    ("openai.OpenAI", "openai", None),
    ("openai.lib.azure.AzureOpenAI", "openai", "azure-openai"),
    ("openai.AsyncBedrockOpenAI", "openai", "bedrock"),
    ("anthropic.AsyncAnthropicVertex", "anthropic", "vertex"),
    ("anthropic.lib.bedrock._client.AnthropicBedrock", "anthropic", "bedrock"),
    ("langfuse.openai.AsyncOpenAI", "openai", None),
    ("google.genai.Client", "google", None),
    ("boto3.client", "bedrock", None),
    ("instructor.from_openai", "instructor", None),
    ("groq.Groq", "groq", None),
]  # fmt: skip


@pytest.mark.parametrize(("dotted", "sdk", "provider"), CLIENTS)
def test_clients(dotted: str, sdk: str, provider: str | None) -> None:
    found = CATALOGUE.client(dotted)
    assert found is not None
    assert (found[0].name, found[1].provider) == (sdk, provider)


@pytest.mark.parametrize(
    "dotted", ["openai.types.Model", "twilio.rest.Client", "redis.Client", "openai.OpenAI.chat.OpenAI", "OpenAI"]
)
def test_no_clients(dotted: str) -> None:
    assert CATALOGUE.client(dotted) is None


OBJECTS = [
    ("langchain_openai.ChatOpenAI", "ChatOpenAI"),
    ("langchain_openai.chat_models.base.ChatOpenAI", "ChatOpenAI"),
    ("langchain.chat_models.ChatOpenAI", "ChatOpenAI"),
    ("langchain.chat_models.init_chat_model", "init_chat_model"),
    ("langchain_community.chat_models.ChatLiteLLM", "ChatLiteLLM"),
    ("vertexai.preview.generative_models.GenerativeModel", "GenerativeModel"),
]  # fmt: skip


@pytest.mark.parametrize(("dotted", "api"), OBJECTS)
def test_model_objects(dotted: str, api: str) -> None:
    found = CATALOGUE.model_object(dotted)
    assert found is not None and found[1].api == api


@pytest.mark.parametrize(
    ("dotted", "api"),
    [
        ("litellm.completion", "completion"),
        ("litellm.main.acompletion", "acompletion"),
        ("any_llm.amessages", "amessages"),
        ("openai.ChatCompletion.create", "ChatCompletion.create"),
        ("ollama.chat", "chat"),
    ],
)
def test_functions(dotted: str, api: str) -> None:
    found = CATALOGUE.function(dotted)
    assert found is not None and found[1].api == api


@pytest.mark.parametrize(
    "dotted", ["shtab.complete", "registry.Registry.create", "readline.completion", "litellm.token_counter"]
)
def test_no_functions(dotted: str) -> None:
    assert CATALOGUE.function(dotted) is None
    assert CATALOGUE.model_object(dotted) is None


def test_raw_accessors_make_no_difference() -> None:
    openai = next(s for s in CATALOGUE.sdks if s.name == "openai")
    plain = CATALOGUE.method(openai, "chat.completions.create")
    assert plain is not None and CATALOGUE.method(openai, "chat.completions.with_raw_response.create") is plain
    assert CATALOGUE.method(openai, "models.list") is None


BAITS = [
    ("messages.create", {"to", "from_", "body"}),  # Twilio
    ("messages.create", {"thread_id", "role", "content"}),  # a thread's message
    ("responses.create", {"survey", "answers"}),
    ("images.generate", {"size"}),
    ("embeddings.create", {"collection"}),
    ("converse", {"text"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "keywords"), BAITS)
def test_what_is_no_request_has_other_keywords(path: str, keywords: set[str]) -> None:
    found = CATALOGUE.signature(path)
    assert found is not None
    signature = found[2]
    assert not signature.alone and not set(signature.keywords) <= keywords


@pytest.mark.parametrize(
    "path", ["create", "complete", "chat", "generate", "completion", "invoke", "embed", "send_message", "run", "stream"]
)
def test_a_common_word_is_no_signature(path: str) -> None:
    assert CATALOGUE.signature(path) is None


def test_only_a_path_of_several_names_stands_alone() -> None:
    alone = [s.path for sdk in CATALOGUE.sdks for s in sdk.signatures if s.alone]
    assert alone and all(path.count(".") >= 2 for path in alone if path != "fine_tuning.jobs.create")


ADDRESSES = [
    ("https://api.openai.com/v1/chat/completions", "openai", "generate"),
    ("https://api.openai.com/v1/embeddings", "openai", "embed"),
    ("https://*.openai.azure.com/openai/deployments/*/chat/completions?api-version=*", "azure-openai", "generate"),
    ("https://api.anthropic.com/v1/messages", "anthropic", "generate"),
    ("https://api.anthropic.com/v1/messages/batches", "anthropic", "batch"),
    ("https://generativelanguage.googleapis.com/v1beta/models/*:generateContent?key=*", "google", "generate"),
    ("https://openrouter.ai/api/v1/chat/completions", "other", "generate"),
    ("http://localhost:11434/api/generate", "other", "generate"),
    ("*/v1/chat/completions", "other", "generate"),
    ("https://api.deepinfra.com/v1/inference/*", "other", "generate"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "provider", "kind"), ADDRESSES)
def test_addresses(url: str, provider: str, kind: str) -> None:
    found = CATALOGUE.endpoint(url)
    assert found is not None
    assert (found[1].provider, found[1].kind) == (provider, kind)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/models",
        "https://api.openai.com/v1/files",
        "https://api.anthropic.com/v1/messages/batches/b1/results",
        "https://api.twilio.com/2010-04-01/Accounts/*/Messages.json",
        "https://example.com/api/chat",
        "https://slack.com/api/chat.postMessage",
        "*",
    ],
)
def test_no_addresses(url: str) -> None:
    assert CATALOGUE.endpoint(url) is None


def test_every_signature_is_a_method_and_every_generating_shape_names_its_prompt() -> None:
    CATALOGUE.signature("")  # builds the table: raises where a signature has no method
    for sdk in CATALOGUE.sdks:
        for path, method in {**sdk.methods, **sdk.functions}.items():
            if method.kind == "generate" and method.shape is not None:
                assert method.shape.messages or method.shape.prompt, f"{sdk.name}: {path}"


@pytest.mark.parametrize(
    ("sdk", "path"), [("google", "chats.create.send_message"), ("mistral", "beta.conversations.append")]
)
def test_a_limit_that_stands_where_the_conversation_began_is_not_called_missing(sdk: str, path: str) -> None:
    method = next(s for s in CATALOGUE.sdks if s.name == sdk).methods[path]
    assert method.shape is not None and method.shape.cap == ()


def test_the_first_model_method_generates() -> None:
    for sdk in CATALOGUE.sdks:
        if not all(entry.quiet for entry in sdk.model_objects.values()):
            assert next(iter(sdk.model_methods.values())).kind == "generate"


# Used for much else, or always beside a word: their files are reached by what they name besides.
NAMED_BESIDES = frozenset(
    [
        "boto3", "aioboto3", "aiobotocore", "botocore", "langsmith.wrappers", "huggingface_hub", "zai", "vertexai",
        "google.generativeai", "phi",
    ]
)  # fmt: skip


def test_words_reach_every_import() -> None:
    words = CATALOGUE.words
    for sdk in CATALOGUE.sdks:
        for module in sdk.modules:
            if module in NAMED_BESIDES:
                continue
            parent, _, last = module.rpartition(".")
            ways = [f"import {module}", f"from {module} import"] + ([f"from {parent} import {last}"] if parent else [])
            assert any(w in way.encode() for w in words for way in ways), module


GOOD = {"name": "x", "provider": "x", "shapes": {"s": {"model": "model"}}}
BROKEN = [
    ([], "the document: list instead of keys and values"),
    ({"name": "x"}, "provider is missing"),
    ({**GOOD, "metods": {}}, "unknown key 'metods'"),
    ({**GOOD, "methods": {"a.b": {"shape": "t"}}}, "a.b: no such shape: 't' (one of s)"),
    ({**GOOD, "methods": {"a.b": {"kind": "talk"}}}, "a.b: no such kind: 'talk'"),
    ({**GOOD, "methods": {"a.b": {"shpae": "s"}}}, "a.b: unknown key 'shpae'"),
    ({**GOOD, "methods": {"a.b": [1]}}, "a.b: list instead of keys and values"),
    ({**GOOD, "shapes": {"s": {"model": 3}}}, "s.model: 3 instead of names"),
    ({**GOOD, "shapes": {"s": {"modle": "x"}}}, "s: unknown key 'modle'"),
    ({**GOOD, "clients": {"a.B": {"when": {"equal": "x"}}}}, "a.B.when: unknown key 'equal'"),
    ({**GOOD, "model_objects": {"a.B": {}}}, "a.B: no such shape: None"),
    ({**GOOD, "signatures": [{"path": "create"}]}, "signature create: neither alone nor keywords"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "says"), BROKEN)
def test_a_broken_file_is_told_in_a_sentence(data: object, says: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        sdk_from_data(data, "x.yaml")
    assert str(caught.value).startswith("x.yaml: ")
    assert says in str(caught.value)


def test_a_signature_without_its_method_is_told() -> None:
    sdk = sdk_from_data({**GOOD, "signatures": [{"path": "a.b", "alone": True}]}, "x.yaml")
    with pytest.raises(CatalogueError, match=r"signature 'a\.b' is no method"):
        Catalogue([sdk]).signature("a.b")


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: x\nprovider: [\n", "utf-8")
    with pytest.raises(CatalogueError, match=r"^bad\.yaml:3: "):
        documents(tmp_path)


@pytest.mark.parametrize("folder", [FOLDER, FRAMEWORKS], ids=lambda folder: folder.name)
def test_the_compiled_form_is_made_from_these_files(folder: Path) -> None:
    compiled = read_compiled(folder / COMPILED.name)
    texts = {p.name: p.read_bytes() for p in folder.glob("*.yaml")}
    assert compiled is not None
    assert compiled["sha256"] == digest(dict(sorted(texts.items()))), "run: python -m llmlint.sdks.documents"


def test_a_changed_file_is_read_although_a_compiled_form_exists(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: new", "utf-8")
    (tmp_path / COMPILED.name).write_text('{"sha256": "old", "documents": {"a.yaml": {"name": "old"}}}', "utf-8")
    assert documents(tmp_path) == {"a.yaml": {"name": "new"}}
