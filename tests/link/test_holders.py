"""Agents, chains and engines of frameworks: what asks on behalf of a model object, and what is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.facts import CallSite

from .code import facts_of, sites_of


def asked(sites: list[CallSite]) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(s.sdk, s.api, s.model.values, s.output_cap.state) for s in sites if s.kind != "constructor"]


LC = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(model='m', max_tokens=9)\n"
LI = "from llama_index.llms.openai import OpenAI\nllm = OpenAI(model='m', max_tokens=9)\n"
CASES: list[tuple[str, str, list[tuple[str, str, tuple[str, ...], str]]]] = [
    ("pydantic-ai, a text", "from pydantic_ai import Agent\na = Agent('openai:gpt-4o')\ndef f(q):\n    a.run_sync(q)",
     [("pydantic_ai", "run_sync", ("openai:gpt-4o",), "unknown")]),
    ("pydantic-ai, a model object", "from pydantic_ai import Agent\nfrom pydantic_ai.models.openai import OpenAIModel\n"
     "a = Agent(model=OpenAIModel('gpt-4o'), model_settings={'max_tokens': 5})\nasync def f(q):\n    await a.run(q)",
     [("pydantic_ai", "run", ("gpt-4o",), "set")]),
    ("pydantic-ai in an attribute", "from pydantic_ai import Agent\nclass S:\n    def __init__(self):\n"
     "        self.a = Agent('m')\n    async def f(self, q):\n        async with self.a.run_stream(q) as r:\n            pass",
     [("pydantic_ai", "run_stream", ("m",), "unknown")]),
    ("OpenAI's Agents SDK", "from agents import Agent, Runner, ModelSettings\na = Agent(name='x', model='m', "
     "model_settings=ModelSettings(max_tokens=5))\nasync def f(q):\n    await Runner.run(a, q)",
     [("openai_agents", "Runner.run", ("m",), "set")]),
    ("Claude's agent SDK", "from claude_agent_sdk import query, ClaudeAgentOptions\nasync def f(q):\n"
     "    async for m in query(prompt=q, options=ClaudeAgentOptions(model='m')):\n        pass",
     [("claude_agent_sdk", "query", ("m",), "unknown")]),
    ("Claude's agent SDK, a client", "from claude_agent_sdk import ClaudeSDKClient, ClaudeAgentOptions\n"
     "async def f(q):\n    async with ClaudeSDKClient(options=ClaudeAgentOptions(model='m')) as c:\n"
     "        await c.query(q)", [("claude_agent_sdk", "query", ("m",), "unknown")]),
    ("CrewAI", "from crewai import Agent, Crew, LLM\na = Agent(role='x', llm=LLM(model='m', max_tokens=9))\n"
     "Crew(agents=[a], tasks=[]).kickoff()", [("crewai", "kickoff", ("m",), "set")]),
    ("CrewAI with LangChain's model", LC + "from crewai import Agent, Crew\nCrew(agents=[Agent(llm=llm)]).kickoff()",
     [("crewai", "kickoff", ("m",), "set")]),
    ("CrewAI, nothing known", "from crewai import Crew\ndef f(agents):\n    Crew(agents=agents).kickoff({'a': 1})",
     [("crewai", "kickoff", (), "unknown")]),
    ("DSPy", "import dspy\nclass M(dspy.Module):\n    def __init__(self):\n        self.qa = dspy.Predict('a -> b')\n"
     "    def forward(self, a):\n        return self.qa(a=a)", [("dspy", "__call__", (), "unknown")]),
    ("DSPy, one model for all", "import dspy\ndspy.configure(lm=dspy.LM('m', max_tokens=9))\nqa = dspy.Predict('a -> b')\n"
     "def f(a):\n    return qa(a=a)", [("dspy", "__call__", ("m",), "set")]),
    ("DSPy, two models", "import dspy\ndef g(big):\n    dspy.settings.configure(lm=dspy.LM('m') if big else dspy.LM('n'))\n"
     "qa = dspy.Predict('a -> b')\ndef f(a):\n    return qa(a=a)", [("dspy", "__call__", (), "unknown")]),
    ("LlamaIndex, one model for all", LI + "from llama_index.core import Settings, VectorStoreIndex\nclass E:\n"
     "    def __init__(self):\n        self.llm = llm\n        Settings.llm = self.llm\n"
     "        self.e = VectorStoreIndex.from_documents([]).as_query_engine()\n    def f(self, q):\n        self.e.query(q)",
     [("llama_index", "query", ("m",), "set")]),
    ("LlamaIndex", LI + "llm.complete('x')", [("llama_index", "complete", ("m",), "set")]),
    ("LlamaIndex, a query engine", LI + "from llama_index.core import VectorStoreIndex\n"
     "e = VectorStoreIndex.from_documents([]).as_query_engine(llm=llm)\ndef f(q):\n    e.query(q)",
     [("llama_index", "query", ("m",), "set")]),
    ("LlamaIndex, a promised engine", "from llama_index.core.base.base_query_engine import BaseQueryEngine\n"
     "def f(e: BaseQueryEngine, q):\n    e.query(q)", [("llama_index", "query", (), "unknown")]),
    ("smolagents", "from smolagents import CodeAgent, LiteLLMModel\nCodeAgent(tools=[], "
     "model=LiteLLMModel('m', max_tokens=9)).run('x')", [("smolagents", "run", ("m",), "set")]),
    ("Google's ADK", "from google.adk.agents import Agent\nfrom google.adk.runners import Runner\n"
     "r = Runner(agent=Agent(model='gemini-2.5-pro', name='a'))\nasync def f(q):\n"
     "    async for e in r.run_async(user_id='u', new_message=q):\n        pass",
     [("google_adk", "run_async", ("gemini-2.5-pro",), "unknown")]),
    ("Agno", "from agno.agent import Agent\nfrom agno.models.openai import OpenAIChat\n"
     "a = Agent(model=OpenAIChat(id='m', max_tokens=9))\ndef f(q):\n    a.run(q, stream=True)",
     [("agno", "run", ("m",), "set")]),
    ("AutoGen 0.2", "from autogen import AssistantAgent, UserProxyAgent\na = AssistantAgent('a', llm_config={})\n"
     "UserProxyAgent('u').initiate_chat(a, message='x')", [("autogen", "initiate_chat", (), "unknown")]),
    ("AutoGen 0.4", "from autogen_agentchat.agents import AssistantAgent\nfrom autogen_agentchat.teams import "
     "RoundRobinGroupChat\nfrom autogen_ext.models.openai import OpenAIChatCompletionClient\n"
     "c = OpenAIChatCompletionClient(model='m', max_tokens=9)\nt = RoundRobinGroupChat([AssistantAgent('a', "
     "model_client=c)])\nasync def f(q):\n    await t.run(task=q)", [("autogen", "run", ("m",), "set")]),
    ("Semantic Kernel", "from semantic_kernel.agents import ChatCompletionAgent, AgentGroupChat\n"
     "c = AgentGroupChat(agents=[ChatCompletionAgent(kernel=k)])\nasync def f():\n    async for m in c.invoke():\n"
     "        pass", [("semantic_kernel", "invoke", (), "unknown")]),
    ("a chain that hands on what it is given", LC + "from langchain_core.prompts import ChatPromptTemplate\n"
     "from langchain_core.runnables import RunnablePassthrough\np = ChatPromptTemplate.from_template('{q}')\n"
     "chain = RunnablePassthrough.assign(answer=p | llm)\ndef f(q):\n    chain.invoke({'q': q})",
     [("langchain", "invoke", ("m",), "set")]),
    ("a promised chain", "from langchain.chains.base import Chain\nclass W:\n    def __init__(self, chain: Chain):\n"
     "        self.chain = chain\n    def f(self, q):\n        return self.chain.invoke(input={'q': q})",
     [("langchain_chains", "invoke", (), "unknown")]),
    ("any-llm's client", "from any_llm import AnyLLM\ndef client(p):\n    return AnyLLM.create(p)\ndef f(p, q):\n"
     "    client(p).completion(model='m', messages=q)", [("any_llm", "completion", ("m",), "missing")]),
    ("llm", "import llm\nmodel = llm.get_model('m')\ndef f(q):\n    return model.conversation().prompt(q).text()",
     [("llm", "prompt", ("m",), "unknown")]),
    ("Azure AI Inference", "from azure.ai.inference import ChatCompletionsClient\nc = ChatCompletionsClient('u', None)\n"
     "c.complete(messages=[], model='m')", [("azure_inference", "complete", ("m",), "missing")]),
    ("a chain", LC + "from langchain.chains import LLMChain\nLLMChain(llm=llm, prompt=p).run(topic='x')",
     [("langchain_chains", "run", ("m",), "set")]),
    ("a chain called", LC + "from langchain.chains import RetrievalQA\n"
     "qa = RetrievalQA.from_chain_type(llm, chain_type='stuff')\ndef f(q):\n    return qa({'query': q})",
     [("langchain_chains", "__call__", ("m",), "set")]),
    ("an agent's executor", LC + "from langchain.agents import AgentExecutor, create_tool_calling_agent\n"
     "AgentExecutor(agent=create_tool_calling_agent(llm, [], p), tools=[]).invoke({'input': 'x'})",
     [("langchain_chains", "invoke", ("m",), "set")]),
    ("LangGraph's agent, a text", "from langgraph.prebuilt import create_react_agent\n"
     "create_react_agent('openai:gpt-4o', []).invoke({'messages': []})",
     [("langchain_chains", "invoke", ("openai:gpt-4o",), "unknown")]),
]  # fmt: skip


@pytest.mark.parametrize(("code", "wanted"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_a_framework_asks(
    tmp_path: Path, code: str, wanted: list[tuple[str, str, tuple[str, ...], str]]
) -> None:
    sites = sites_of(tmp_path, code)
    assert asked(sites) == wanted
    assert not any(s.prompt.static_chars for s in sites if s.sdk not in ("llama_index", "azure_inference"))


def test_an_engine_asked_in_a_file_that_names_no_sdk(tmp_path: Path) -> None:
    files = {
        "engine.py": LI + "from llama_index.core import VectorStoreIndex\n"
        "engine = VectorStoreIndex.from_documents([]).as_query_engine(llm=llm)\n",
        "web.py": "from engine import engine\ndef ask(q):\n    return engine.query(q)\n",
    }
    assert [s.path for s in sites_of(tmp_path, files) if s.kind != "constructor"] == ["web.py"]


NONE = [
    ("a retriever", "from llama_index.core import VectorStoreIndex\n"
     "VectorStoreIndex.from_documents([]).as_retriever().retrieve('x')"),
    ("asyncio.run", "import asyncio, pydantic_ai\nasync def main(): ...\nasyncio.run(main())"),
    ("what is handed on without a model", "from langchain_core.runnables import RunnablePassthrough\n"
     "def f(q, docs):\n    RunnablePassthrough.assign(context=docs).invoke(q)"),
    ("a session's query", "import llama_index\nfrom sqlalchemy.orm import Session\ndef f(db: Session, q):\n    db.query(q)"),
]  # fmt: skip


@pytest.mark.parametrize("code", [n[1] for n in NONE], ids=[n[0] for n in NONE])
def test_no_request(tmp_path: Path, code: str) -> None:
    assert sites_of(tmp_path, code) == []


def test_a_package_of_the_projects_own_called_agents_is_not_the_sdk(tmp_path: Path) -> None:
    files = {
        "agents/__init__.py": "class Runner:\n    def run(self, q): ...\nclass Agent: ...\n",
        "app.py": "from agents import Agent, Runner\nRunner.run(Agent(), 'x')\n",
    }
    assert sites_of(tmp_path, files) == []


def test_an_agent_that_limits_nothing_is_not_accused_for_what_the_framework_decides(tmp_path: Path) -> None:
    code = "from pydantic_ai import Agent\nAgent('mistral:mistral-large-9').run_sync('hello')\n"
    (made, run) = sites_of(tmp_path, code)
    assert (made.output_cap.state, run.output_cap.state) == ("unknown", "unknown")
    assert run.context.loop_class is None


def test_a_client_that_another_file_keeps_in_a_web_applications_state(tmp_path: Path) -> None:
    """The two files import each other, so that the name is not bound yet when it is first looked for."""
    files = {
        "main.py": "from factory import Factory\nfrom service import ask\napp = Factory().create()\n",
        "service.py": "from main import app\ndef ask(q):\n    # openai\n"
        "    return app.state.client.chat.completions.create(model='m', messages=[])\n",
    }
    (site,) = sites_of(tmp_path, files)
    assert (site.api, site.model.values) == ("chat.completions.create", ("m",))


def test_a_model_object_that_an_annotation_promises(tmp_path: Path) -> None:
    code = "from langchain_core.language_models import BaseChatModel\ndef f(llm: BaseChatModel, q):\n    llm.invoke(q)"
    (site,) = sites_of(tmp_path, code)
    assert (site.api, site.model.values, site.output_cap.state) == ("invoke", (), "unknown")


def test_a_lambda_that_a_class_keeps_is_not_run_where_it_stands(tmp_path: Path) -> None:
    code = "from langchain_core.runnables import RunnableLambda\n" + LC + (
        "class Chain:\n    step = RunnableLambda(lambda x: llm.invoke(x))\n"
    )
    site = next(s for s in sites_of(tmp_path, code) if s.kind == "generate")
    assert not site.context.offline


def test_an_azure_function_answers_a_request(tmp_path: Path) -> None:
    code = (
        "import azure.functions as func\nfrom openai import AzureOpenAI\n"
        "def main(req: func.HttpRequest):\n"
        "    AzureOpenAI().chat.completions.create(model='m', messages=[])\n"
    )
    (site,) = facts_of(tmp_path, code).call_sites
    assert site.context.user_facing is True and site.context.handler is not None
    assert site.context.handler["by"] == "azure-functions"


def test_a_runner_among_others_that_are_gathered(tmp_path: Path) -> None:
    code = (
        "import asyncio\nfrom agents import Agent, Runner\na = Agent(name='x', model='m')\n"
        "async def f(q):\n    await asyncio.gather(Runner.run(a, q), Runner.run(a, 'y'))\n"
    )
    assert [s.model.values for s in sites_of(tmp_path, code)] == [("m",), ("m",)]


def test_a_factory_that_asks_a_setting_returns_any_of_its_clients(tmp_path: Path) -> None:
    """The setting's default says what is asked where nobody sets it, not what is never asked."""
    code = (
        "import openai\nfrom fastapi import FastAPI\nfrom pydantic_settings import BaseSettings\napp = FastAPI()\n"
        "class Settings(BaseSettings):\n    PROVIDER: str = 'other'\nsettings = Settings()\n"
        "class One:\n    def __init__(self):\n        self.c = openai.OpenAI()\n"
        "    def chat(self, q):\n        return self.c.chat.completions.create(model='m', messages=[q])\n"
        "class Other:\n    def chat(self, q): ...\n"
        "def make():\n    provider = settings.PROVIDER.lower()\n    if provider == 'openai':\n        return One()\n"
        "    return Other()\n"
        "class Service:\n    def __init__(self, llm):\n        self.llm = llm\n"
        "    def answer(self, q):\n        return self.llm.chat(q)\n"
        "@app.post('/')\ndef ask(q):\n    return Service(make()).answer(q)\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.context.user_facing is True


SERVED = (
    "import openai\nfrom fastapi import FastAPI\napp = FastAPI()\ndef ask(q):\n"
    "    return openai.OpenAI().chat.completions.create(model='m', messages=[q])\n"
    "@app.post('/')\ndef route(q):\n    return ask(q)\n"
)


def test_a_module_that_is_served_may_try_itself(tmp_path: Path) -> None:
    (site,) = sites_of(tmp_path, SERVED + "if __name__ == '__main__':\n    print(ask('hello'))\n")
    assert (site.context.user_facing, site.context.offline) == (True, False)


def test_a_script_that_a_server_runs_as_a_process_is_no_job(tmp_path: Path) -> None:
    worker = "import openai\nif __name__ == '__main__':\n    openai.OpenAI().chat.completions.create(model='m', messages=[])\n"
    server = "import subprocess\ndef ask(q):\n    return subprocess.run(['python', 'worker.py', q])\n"
    (alone,) = sites_of(tmp_path / "a", {"worker.py": worker})
    (started,) = sites_of(tmp_path / "b", {"worker.py": worker, "server.py": server})
    assert (alone.context.offline, started.context.offline) == (True, None)


INJECTED = [
    ("a function", "def get():\n    return openai.OpenAI()\ndef route(q, c=Depends(get)):\n"),
    ("a generator", "def get():\n    yield openai.OpenAI()\ndef route(q, c=Depends(get)):\n"),
    ("made when first asked for", "one = None\ndef get():\n    global one\n    if one is None:\n"
     "        one = openai.OpenAI()\n    return one\ndef route(q, c=Depends(get)):\n"),
    ("a dependency's own", "def get():\n    return openai.OpenAI()\ndef wrap(inner=Depends(get)):\n    return inner\n"
     "def route(q, c=Depends(wrap)):\n"),
]  # fmt: skip


@pytest.mark.parametrize("code", [i[1] for i in INJECTED], ids=[i[0] for i in INJECTED])
def test_a_client_that_the_framework_injects(tmp_path: Path, code: str) -> None:
    head, ask = "import openai\nfrom fastapi import Depends\n", "    c.batches.create(input_file_id=q)\n"
    (site,) = sites_of(tmp_path, head + code + ask)
    assert (site.provider, site.api) == ("openai", "batches.create")
