"""The catalogue against the SDKs on this machine: no method that costs money is missing, no keyword is invented."""

from __future__ import annotations

import importlib.util
import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

import pytest

from llmlint.sdks.catalogue import Sdk, Shape, load_catalogue


def introspection() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "catalogue" / "introspect.py"
    spec = importlib.util.spec_from_file_location("introspect", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["introspect"] = module
    spec.loader.exec_module(module)
    return module


INTROSPECT = introspection()

# The last part of a method that may send work to a model.
VERB = re.compile(
    r"(create|parse|stream|compact|generate|complete|completion|chat|embed|embedding|summarize|classify|rerank|ocr|tune|run|"
    r"edit|remix|extend|variation|transcri|translat|speech|speak|thread|tool_runner|count_tokens|process|start|append|"
    r"send|respon|sample|execute|submit|decide|image|video|messages|connect)"
)

CLIENT = re.compile(r"(Async)?(Anthropic(?!Error)\w*|\w+OpenAI|OpenAI|Client|ClientV2|Groq|Together|Mistral)")

# What looks like one and is none, or is one that a call site cannot describe. Every line says why.
NO_REQUEST = {
    "*": {
        "*batches.results": "reads what a batch has answered",
        "*.events.*": "talks to a session that runs elsewhere; its model and limits stand at the agent",
        "*sessions.*": "opens a session; what it costs is decided while it runs",
        "*.agents.*": "configures an agent that runs elsewhere",
        "agents.create": "configures an agent that runs elsewhere",
        "*files.*": "stores a file",
        "*skills.*": "stores a skill",
        "*webhooks.*": "administration",
        "*.connect": "opens a socket; requests are events on it",
        "live.*": "opens a call; requests are events on it",
        "realtime.*": "opens a call; requests are events on it",
        "beta.realtime.*": "opens a call; requests are events on it",
        "audio.realtime*": "opens a call; requests are events on it",
    },
    "anthropic": {
        "*organization.*": "administration",
        "beta.agents.*": "configures an agent that runs elsewhere",
        "beta.compliance.*": "administration",
        "beta.deployments.*": "starts an agent whose model and limits stand at the agent",
        "beta.deployment_runs.*": "reads",
        "beta.environments.*": "administration",
        "beta.memory_stores.*": "stores notes",
        "beta.tunnels.*": "administration",
        "*user_profiles.*": "administration",
        "beta.vaults.*": "administration",
    },
    "openai": {
        "admin.*": "administration",
        "audio.voice*": "stores a voice",
        "beta.agents.*": "configures an agent that runs elsewhere",
        "beta.assistants.create": "stores the settings of later runs",
        "beta.chatkit.*": "opens a session",
        "beta.threads.create": "stores a conversation",
        "beta.threads.messages.*": "stores a message",
        "containers.*": "administration",
        "content_provenance_checks.create": "free",
        "conversations.*": "stores a conversation",
        "evals.create": "stores the settings of later runs",
        "fine_tuning.alpha.graders.*": "tries a grader on one answer",
        "fine_tuning.checkpoints.*": "administration",
        "moderations.create": "free",
        "responses.input_*": "counts or lists",
        "safety.*": "administration",
        "uploads.*": "stores a file",
        "vector_stores.*": "stores documents",
        "videos.create_character": "stores a character",
        "videos.*character": "stores a character",
        "videos.download_content": "reads",
    },
    "google": {
        "*auth_tokens.create": "administration",
        "voices.create": "stores a voice",
        "caches.create": "stores a prefix; what it costs is storage",
        "chats.create": "opens a conversation; send_message sends",
        "environments.*": "administration",
        "file_search_stores.*": "stores documents",
        "operations.*": "reads",
        "triggers.*": "starts an agent whose model and limits stand at the agent",
        "tunings.*": "reads; tunings.tune is described",
    },
    "litellm": {
        "litellm.*cost*": "arithmetic",
        "litellm.get_*": "helper",
        "litellm.mock_*": "test double",
        "litellm.*mock_*": "test double",
        "litellm.supports_*": "helper",
        "litellm.convert_*": "helper",
        "litellm.update_*": "helper",
        "litellm.validate_*": "helper",
        "litellm.*_assistants": "stores the settings of later runs",
        "litellm.*create_thread": "stores a conversation",
        "litellm.*_message": "stores a message",
        "litellm.*get_messages": "reads",
        "litellm.*_file*": "stores a file",
        "litellm.*video_content": "reads",
        "litellm.*video_list": "reads",
        "litellm.*video_status": "reads",
        "litellm.*_batch": "manages a batch; create_batch is described",
        "litellm.*_batches": "reads",
        "litellm.*_fine_tuning_job*": "reads or cancels; create_fine_tuning_job is described",
        "litellm.*_responses": "reads or cancels; responses is described",
        "litellm.*vector_store*": "stores documents",
        "litellm.*stream_chunk*": "helper",
        "litellm.*_container*": "administration",
        "litellm.*adapter_generate_content": "translates for a proxy",
        "litellm.acreate": "an alias of old; not public",
        "litellm.*get_thread": "reads",
        "litellm.*_handler": "what the described functions call",
        "litellm.config_completion": "reads its model from a file",
        "litellm.create_*tokenizer": "helper",
        "litellm.custom_chat_llm_router": "helper",
        "litellm.*_chat_completion": "what the described functions call",
        "litellm.decode_video_id_with_provider": "helper",
        "litellm.is_*": "helper",
        "litellm.pre_process_*": "helper",
        "litellm.responses_api_bridge_check": "helper",
        "aadapter_generate_content": "translates for a proxy",
        "*_responses": "reads or cancels; responses is described",
        "acreate_assistants": "stores the settings of later runs",
        "acreate_thread": "stores a conversation",
        "acreate_file": "stores a file",
        "aget_*": "reads",
        "*_container": "administration",
        "*vector_store*": "stores documents",
        "*video_content": "reads",
        "*video_list": "reads",
        "*video_status": "reads",
        "set_response_headers": "helper",
        "*create_agent": "configures an agent that runs elsewhere",
        "*create_realtime_*": "opens a call; requests are events on it",
        "*arealtime_translation_calls": "opens a call; requests are events on it",
        "*create_skill": "stores a skill",
        "*video_create_character": "stores a character",
        "*video_get_character": "reads",
        "litellm.*create_eval": "stores the settings of later runs",
        "litellm.*create_run": "grades with the models that its evaluation names",
        "litellm.*cancel_run": "cancels",
        "litellm.*delete_run": "deletes",
        "litellm.*get_run": "reads",
        "litellm.*list_runs": "reads",
        "litellm.*acount_tokens": "counts",
        "litellm.*create_sandbox": "machines",
        "litellm.arun_code": "machines",
        "litellm.create_health_check_response": "helper",
        "litellm.add_system_prompt_to_messages": "helper",
        "litellm.azure_anthropic_messages_url": "helper",
        "litellm.bedrock_mantle_chat_config": "helper",
        "litellm.file_content_streaming": "reads a file",
        "litellm.mark_litellm_import_complete": "helper",
        "litellm.maybe_run_*_loop": "what the described functions call",
        "litellm.parse_*": "helper",
        "litellm.replayable_responses_*": "helper",
        "litellm.resolve_*": "helper",
        "litellm.run_async_function": "helper",
        "litellm.runtime_checkable": "typing",
        "generate_model_id": "helper",
        "get_routable_*": "helper",
        "increment_deployment_*": "counts",
        "recover_stream*": "what the described methods call",
        "retry_stream": "what the described methods call",
        "report_stream_*": "counts",
        "run_routing_cache_sync": "helper",
        "stream_policy": "helper",
    },
    "groq": {"files.*": "stores a file", "models.*": "reads"},
    "mistral": {
        "beta.connectors.*": "administration",
        "beta.context.*": "documents",
        "beta.rag.*": "documents",
        "beta.libraries.*": "documents",
        "beta.observability.*": "administration",
        "beta.prompts.*": "stores a prompt",
        "beta.service_accounts.*": "administration",
        "beta.triggers.*": "administration",
        "beta.conversations.get_messages*": "reads",
        "*workflows.*": "starts a workflow whose model stands elsewhere",
        "classifiers.moderate*": "moderation",
        "responses.count_*": "counts",
        "audio.speech.*": "previews",
        "audio.*stream*": "previews",
        "audio.voices.*": "stores a voice",
        "events.*": "reads",
        "batch.jobs.*": "reads",
        "rag.*": "administration",
    },
    "cohere": {
        "connectors.*": "administration",
        "create_c*": "administration",
        "create_dataset": "stores data",
        "datasets.*": "stores data",
        "generate_*feedback": "sends feedback",
        "*.parse": "reads a document",
        "parse": "reads a document",
        "*connector*": "administration",
        "*_dataset*": "administration",
        "*embed_job*": "reads or cancels; create_embed_job is described",
        "finetuning.*": "reads; create_finetuned_model is described",
        "batches.*": "reads; batches.create is described",
        "batch_*tokenize": "counts",
        "loglikelihood": "internal",
    },
    "together": {
        "beta.*": "machines, queues and sockets",
        "clusters.*": "machines",
        "endpoints.*": "machines",
        "models.*": "administration",
        "fine_tuning.*": "reads; fine_tuning.create is described",
        "post_training.*": "training by hand, step by step",
    },
    "ollama": {
        "*create*": "makes a local model",
        "*systemone": "internal",
        "ollama.*": "helper",
    },
}  # fmt: skip

# Described, although the newest SDK has it no longer, has it elsewhere, or another library adds it.
ELSEWHERE = {
    "anthropic": {
        "completions.create": "0.x", "beta.tools.*": "0.x", "beta.prompt_caching.*": "0.x", "count_tokens": "0.x",
        "create*": "instructor", "messages.create_*": "instructor", "chat.completions.*": "instructor",
        "beta.messages.thread": "2.12", "beta.dreams.create": "2.x",
    },
    "openai": {
        "create*": "instructor", "chat.completions.create_*": "instructor",
        "beta.threads.*": "until 3.x", "beta.chat.completions.*": "until 3.x", "responses.compact": "2.x",
        "videos.*": "2.x", "beta.responses.*": "3.x", "decisions.create": "3.x",
    },
    "google": {"chats.create.send_message*": "google.genai.chats.Chat", "google.generativeai.*": "the older package"},
    "litellm": {
        "litellm.anthropic.messages.*": "the module anthropic_interface", "chat.completions.create": "Router.chat",
        "litellm.aimage_edit": "newer", "litellm.anthropic_messages": "newer", "litellm.*generate_content*": "newer",
        "anthropic_messages": "set when a router is built with models", "transcription": "newer",
        "*generate_content_stream": "newer", "litellm.completion_with_fallbacks": "newer", "litellm.*_retries": "newer",
        "litellm.*run_tool_loop": "newer", "*video_edit": "newer", "*video_extension": "newer", "*create_interaction": "newer",
    },
    "mistral": {"chat": "0.x", "chat_stream": "0.x", "embeddings": "0.x", "fine_tuning.jobs.create*": "until 2.x"},
    "cohere": {},
    "ollama": {},
}  # fmt: skip

# Keywords that are sent although the installed signature does not name them.
EXTRA_KEYWORDS = {
    "*": {"extra_body": "every generated SDK takes it", "response_model": "instructor"},
    "openai": {"prompt_cache_options": "3.x", "prompt_cache_retention": "2.x"},
    "groq": {"reasoning": "Together's and OpenRouter's, in the same file"},
    "together": {"max_completion_tokens": "Groq's, in the same file", "functions": "Groq's, in the same file"},
}

SHARED = ("groq", "together")  # clients of many companies share groq.yaml: none has all of its methods
AVAILABLE = [
    pytest.param(n, marks=pytest.mark.skipif(INTROSPECT.installed(n) is None, reason=f"{n} is not installed"))
    for n in INTROSPECT.SDKS
]


def catalogue_file(name: str) -> Sdk:
    wanted = INTROSPECT.SDKS[name].described_by or name
    return next(s for s in load_catalogue().sdks if s.name == wanted)


def matches(path: str, *tables: dict[str, str]) -> bool:
    return any(fnmatchcase(path, pattern) for table in tables for pattern in table)


def described(sdk: Sdk) -> set[str]:
    return {*sdk.methods, *sdk.functions}


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_method_that_costs_money_is_described(name: str) -> None:
    known = described(catalogue_file(name))
    found = INTROSPECT.methods(name)
    assert len(found) > 5
    sending = {path for path in found if VERB.search(path.rpartition(".")[2])}
    missing = sorted(p for p in sending - known if not matches(p, NO_REQUEST["*"], NO_REQUEST.get(name, {})))
    assert not missing, f"not in {name}.yaml, nor excused: {missing}"


@pytest.mark.parametrize("name", [p for p in AVAILABLE if p.values[0] not in SHARED])
def test_what_is_described_exists(name: str) -> None:
    found = INTROSPECT.methods(name)
    excused = ELSEWHERE.get(name, {})
    gone = sorted(p for p in described(catalogue_file(name)) if p not in found and not matches(p, excused))
    assert not gone, f"{name} has no such method: {gone}"


def keywords(shape: Shape) -> set[str]:
    lists = (getattr(shape, field) for field in Shape.__slots__ if field not in ("cap_fix", "cap_required", "hidden"))
    return {path.partition(".")[0] for paths in lists for path in paths}


@pytest.mark.parametrize("name", AVAILABLE)
def test_no_keyword_is_invented(name: str) -> None:
    """A shape serves several methods; each of its keywords is taken by one of them at least."""
    sdk = catalogue_file(name)
    taken_by: dict[int, tuple[Shape, list[str], set[str]]] = {}
    for path, taken in INTROSPECT.methods(name).items():
        method = sdk.methods.get(path) or sdk.functions.get(path)
        if method is not None and method.shape is not None:
            _, paths, names = taken_by.setdefault(id(method.shape), (method.shape, [], set()))
            paths.append(path)
            names.update(taken)
    assert taken_by
    allowed = {*EXTRA_KEYWORDS["*"], *EXTRA_KEYWORDS.get(name, {})}
    invented = [
        f"{paths[0]}: {keyword}"
        for shape, paths, names in taken_by.values()
        if not any(n.startswith("**") for n in names)
        for keyword in sorted(keywords(shape) - names - allowed)
    ]
    assert not invented, f"{name} takes no such keywords: {invented}"


@pytest.mark.parametrize("name", AVAILABLE)
def test_every_client_class_is_described(name: str) -> None:
    module = importlib.import_module(INTROSPECT.SDKS[name].module)
    catalogue = load_catalogue()
    expected = {name for name, _ in INTROSPECT.SDKS[name].clients}
    classes = {n for n, v in list(vars(module).items()) if isinstance(v, type) and CLIENT.fullmatch(n)} | expected
    if name == "litellm":  # has internal classes of such names
        classes = expected
    package = {"google": "google.genai", "mistral": "mistralai"}.get(name, module.__name__)
    assert sorted(n for n in classes if catalogue.client(f"{package}.{n}") is None) == []


@pytest.mark.skipif(INTROSPECT.installed("google") is None, reason="google-genai is not installed")
def test_a_google_chat_sends_messages() -> None:
    from google.genai.chats import Chat

    for path in (p for p in catalogue_file("google").methods if p.startswith("chats.create.")):
        assert hasattr(Chat, path.rpartition(".")[2])
