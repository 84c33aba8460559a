"""What runs a request: handlers, clocks, queues and scripts, across files; and what stands on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.errors import CatalogueError
from llmlint.facts import ContextFact
from llmlint.link.frameworks import framework
from llmlint.link.rhythm import said

from .code import sites_of

HEAD = "import openai\nclient = openai.OpenAI()\n"
ASK = "client.chat.completions.create(model='gpt-4o', max_tokens=5, messages=[{'role': 'user', 'content': x}])"
LLM = f"{HEAD}\n\ndef ask(x):\n    return {ASK}\n"


def context(folder: Path, files: dict[str, str]) -> ContextFact:
    (site,) = sites_of(folder, {"llm.py": LLM, **files})
    return site.context


# how a function becomes a handler: (its name in facts, the file that calls ask)
HANDLERS: list[tuple[str, str]] = [
    ("fastapi", "from fastapi import APIRouter\nfrom llm import ask\nr = APIRouter()\n@r.post('/x')\ndef h(x):\n    return ask(x)\n"),
    ("fastapi", "from fastapi import FastAPI, Depends\nfrom llm import ask\napp = FastAPI()\n"
     "def dep(x):\n    return ask(x)\n@app.get('/x')\ndef h(a=Depends(dep)):\n    return a\n"),
    ("fastapi", "from fastapi import FastAPI\nfrom llm import ask\napp = FastAPI()\nclass S:\n    def run(self, x):\n"
     "        return ask(x)\ns = S()\napp.add_api_route('/x', s.run)\n"),
    ("flask", "from flask import Flask\nfrom llm import ask\napp = Flask(__name__)\ndef h():\n    return ask('x')\n"
     "app.add_url_rule('/x', view_func=h)\n"),
    ("flask", "from flask_restx import Resource\nfrom llm import ask\nclass A(Resource):\n    def post(self):\n        return ask('x')\n"),
    ("http", "from web import app\nfrom llm import ask\n@app.route('/x')\ndef h():\n    return ask('x')\n"),
    ("django", "from django.urls import path\nfrom llm import ask\ndef h(request):\n    return ask('x')\nurlpatterns = [path('x', h)]\n"),
    ("django-rest-framework", "from rest_framework.views import APIView\nfrom llm import ask\nclass V(APIView):\n"
     "    def post(self, request):\n        return ask('x')\n"),
    ("django-channels", "from channels.generic.websocket import AsyncWebsocketConsumer\nfrom llm import ask\n"
     "class C(AsyncWebsocketConsumer):\n    async def receive(self, text):\n        ask(text)\n"),
    ("starlette", "from starlette.routing import Route\nfrom llm import ask\nasync def h(r):\n    ask('x')\nroutes = [Route('/', h)]\n"),
    ("aiohttp", "from aiohttp import web\nfrom llm import ask\nasync def h(r):\n    ask('x')\napp = web.Application()\n"
     "app.router.add_get('/', h)\n"),
    ("sanic", "from sanic import Sanic\nfrom llm import ask\napp = Sanic('a')\n@app.get('/x')\nasync def h(r):\n    ask('x')\n"),
    ("litestar", "from litestar import get\nfrom llm import ask\n@get('/x')\nasync def h() -> str:\n    ask('x')\n"),
    ("tornado", "import tornado.web\nfrom llm import ask\nclass M(tornado.web.RequestHandler):\n    def get(self):\n        ask('x')\n"),
    ("grpc", "import chat_pb2_grpc\nfrom llm import ask\nclass C(chat_pb2_grpc.ChatServicer):\n    def Ask(self, request, context):\n"
     "        return ask('x')\n"),
    ("websockets", "import websockets\nfrom llm import ask\nasync def h(ws):\n    ask('x')\nasync def main():\n"
     "    async with websockets.serve(h, 'localhost', 1):\n        pass\n"),
    ("dash", "from nicegui import ui\nfrom llm import ask\ndef h():\n    ask('x')\nui.button('go', on_click=h)\n"),
    ("streamlit", "import streamlit as st\nfrom llm import ask\nst.write(ask(st.text_input('x')))\n"),
    ("gradio", "import gradio as gr\nfrom llm import ask\ndef h(m, history):\n    return ask(m)\ngr.ChatInterface(fn=h).launch()\n"),
    ("chainlit", "import chainlit as cl\nfrom llm import ask\n@cl.on_message\nasync def h(m):\n    ask(m)\n"),
    ("slack-bolt", "from slack_bolt import App\nfrom llm import ask\napp = App()\n@app.event('app_mention')\ndef h(event):\n    ask(event)\n"),
    ("slack-bolt", "from slack_bolt import App\nfrom llm import ask\napp = App()\ndef h(event):\n    ask(event)\n"
     "app.event('app_mention')(ack=lambda a: a(), lazy=[h])\n"),
    ("discord", "import discord\nfrom llm import ask\nclass B(discord.Client):\n    async def on_message(self, m):\n        ask(m)\n"),
    ("python-telegram-bot", "from telegram.ext import CommandHandler, Application\nfrom llm import ask\n"
     "async def h(u, c):\n    ask('x')\napp = Application.builder().build()\napp.add_handler(CommandHandler('x', h))\n"),
    ("aiogram", "from aiogram import Router\nfrom llm import ask\nrouter = Router()\n@router.message()\nasync def h(m):\n    ask('x')\n"),
    ("aws-lambda", "from llm import ask\ndef lambda_handler(event, context):\n    return {'statusCode': 200, 'body': ask(event['body'])}\n"),
    ("azure-functions", "import azure.functions as func\nfrom llm import ask\napp = func.FunctionApp()\n@app.route(route='x')\n"
     "def h(req):\n    return ask('x')\n"),
]  # fmt: skip


@pytest.mark.parametrize(("by", "code"), HANDLERS, ids=[f"{by}-{i}" for i, (by, _) in enumerate(HANDLERS)])
def test_handlers(tmp_path: Path, by: str, code: str) -> None:
    found = context(tmp_path, {"web_app.py": code})
    assert found.handler is not None, found
    assert found.handler["by"] == by
    assert found.handler["where"].startswith("web_app.py")
    assert (found.user_facing, found.offline, found.rate_limited) == (True, False, False)


# (by, how often as a person says it, files)
SCHEDULES: list[tuple[str, str | None, dict[str, str]]] = [
    ("celery-beat", "nightly", {
        "tasks.py": "from celery import shared_task\nfrom llm import ask\n@shared_task\ndef job():\n    ask('x')\n",
        "celeryconfig.py": "from celery.schedules import crontab\nbeat_schedule = {'a': {'task': 'tasks.job', 'schedule': crontab(hour=3, minute=0)}}\n"}),
    ("celery-beat", "hourly", {
        "tasks.py": "from celery import Celery\nfrom llm import ask\napp = Celery()\n@app.task\ndef job():\n    ask('x')\n"
        "@app.on_after_configure.connect\ndef setup(sender, **kw):\n    sender.add_periodic_task(3600, job.s())\n"}),
    ("apscheduler", "daily", {
        "jobs.py": "from apscheduler.schedulers.background import BackgroundScheduler\nfrom llm import ask\ndef job():\n    ask('x')\n"
        "s = BackgroundScheduler()\ns.add_job(job, 'cron', hour=9)\n"}),
    ("schedule", "nightly", {
        "jobs.py": "import schedule\nfrom llm import ask\ndef job():\n    ask('x')\nschedule.every().day.at('03:30').do(job)\n"}),
    ("airflow", "daily", {
        "dags/d.py": "from airflow.decorators import dag, task\nfrom llm import ask\n@dag(schedule='@daily')\ndef d():\n    @task\n"
        "    def job():\n        ask('x')\n    job()\n"}),
    ("airflow", "nightly", {
        "dags/d.py": "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\nfrom llm import ask\n"
        "def job():\n    ask('x')\nwith DAG('d', schedule_interval='0 2 * * *') as dag:\n    PythonOperator(task_id='a', python_callable=job)\n"}),
    ("prefect", "weekly", {
        "flow.py": "from prefect import flow\nfrom llm import ask\n@flow\ndef job():\n    ask('x')\nif __name__ == '__main__':\n"
        "    job.serve(name='a', cron='0 9 * * 1')\n"}),
    ("huey", "nightly", {
        "jobs.py": "from huey import RedisHuey, crontab\nfrom llm import ask\nhuey = RedisHuey()\n"
        "@huey.periodic_task(crontab(hour='2', minute='0'))\ndef job():\n    ask('x')\n"}),
    ("arq", "nightly", {
        "worker.py": "from arq import cron\nfrom llm import ask\nasync def job(ctx):\n    ask('x')\n"
        "class WorkerSettings:\n    cron_jobs = [cron(job, hour=1)]\n"}),
    ("modal", "daily", {
        "m.py": "import modal\nfrom llm import ask\napp = modal.App()\n@app.function(schedule=modal.Period(days=1))\ndef job():\n    ask('x')\n"}),
    ("crontab", "nightly", {
        "settings.py": "CRONJOBS = [('0 4 * * *', 'jobs.job')]\n", "jobs.py": "from llm import ask\ndef job():\n    ask('x')\n"}),
    ("dagster", "nightly", {
        "d.py": "from dagster import ScheduleDefinition, job\nfrom llm import ask\n@job\ndef j():\n    ask('x')\n"
        "ScheduleDefinition(job=j, cron_schedule='0 1 * * *')\n"}),
    ("dagster", "nightly", {
        "d.py": "from dagster import ScheduleDefinition, asset, define_asset_job\nfrom llm import ask\n@asset\ndef a():\n    ask('x')\n"
        "j = define_asset_job('j', selection=[a])\nScheduleDefinition(job=j, cron_schedule='0 1 * * *')\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("by", "when", "files"), SCHEDULES, ids=[f"{s[0]}-{i}" for i, s in enumerate(SCHEDULES)])
def test_schedules(tmp_path: Path, by: str, when: str | None, files: dict[str, str]) -> None:
    found = context(tmp_path, files)
    assert found.scheduled is not None, found
    assert (found.scheduled["by"], found.scheduled.get("when")) == (by, when)
    assert (found.offline, found.user_facing) == (True, False)
    assert found.offline_why == f"runs {when} ({found.scheduled['where']})"


OFFLINE: list[tuple[str, dict[str, str]]] = [
    ("reached from a celery task",
     {"t.py": "from celery import shared_task\nfrom llm import ask\n@shared_task\ndef job():\n    ask('x')\n"}),
    ("reached from a django-management command",
     {"app/management/commands/c.py": "from django.core.management.base import BaseCommand\nfrom llm import ask\n"
      "class Command(BaseCommand):\n    def handle(self, *a, **k):\n        ask('x')\n"}),
    ("reached from the __main__ block",
     {"run.py": "from llm import ask\ndef main():\n    ask('x')\nif __name__ == '__main__':\n    main()\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "files"), OFFLINE, ids=[o[0] for o in OFFLINE])
def test_offline_but_not_scheduled(tmp_path: Path, why: str, files: dict[str, str]) -> None:
    found = context(tmp_path, files)
    assert (found.offline, found.scheduled, found.user_facing) == (True, None, False)
    assert found.offline_why is not None and found.offline_why.startswith(why)


NOT_WAITED: list[tuple[str, str]] = [
    ("celery", "from flask import Flask\nfrom celery import shared_task\nfrom llm import ask\napp = Flask('a')\n"
     "@shared_task\ndef job(x):\n    ask(x)\n@app.post('/x')\ndef h():\n    job.delay('x')\n"),
    ("celery by name", "from flask import Flask\nfrom celery import Celery\nfrom llm import ask\napp = Flask('a')\nc = Celery()\n"
     "@c.task(name='jobs.it')\ndef job(x):\n    ask(x)\n@app.post('/x')\ndef h():\n    c.send_task('jobs.it')\n"),
    ("background task", "from fastapi import FastAPI, BackgroundTasks\nfrom llm import ask\napp = FastAPI()\n"
     "@app.post('/x')\ndef h(tasks: BackgroundTasks):\n    tasks.add_task(ask, 'x')\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code"), NOT_WAITED, ids=[n[0] for n in NOT_WAITED])
def test_nobody_waits_for_what_is_queued(tmp_path: Path, name: str, code: str) -> None:
    found = context(tmp_path, {"web_app.py": code})
    assert found.user_facing is False and found.offline is True
    assert found.handler is None


UNKNOWN: list[tuple[str, str]] = [
    ("a client's get is no route", "import requests\nfrom llm import ask\ndef h():\n    requests.get('/x')\n    ask('x')\n"),
    ("a tool that an agent may call", "from fastapi import FastAPI\nfrom langchain_core.tools import tool\nfrom llm import ask\n"
     "app = FastAPI()\n@app.get('/tools')\ndef tools():\n    @tool\n    def look(x):\n        return ask(x)\n    return [look]\n"),
    ("run at the side", "from fastapi import FastAPI\nfrom threading import Thread\nfrom llm import ask\napp = FastAPI()\n"
     "@app.get('/x')\ndef h():\n    Thread(target=ask, args=('x',)).start()\n"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code"), UNKNOWN, ids=[u[0] for u in UNKNOWN])
def test_unknown(tmp_path: Path, name: str, code: str) -> None:
    found = context(tmp_path, {"web_app.py": code})
    assert found.user_facing is None


def test_both(tmp_path: Path) -> None:
    """A handler waits for it, and a job runs it: both are true, and the loop goes with the job that runs it."""
    found = context(tmp_path, {
        "web_app.py": "from fastapi import FastAPI\nfrom llm import ask\napp = FastAPI()\n@app.get('/x')\ndef h(xs):\n"
                      "    for x in xs:\n        ask(x)\n",
        "job.py": "import schedule\nfrom llm import ask\ndef job(rows):\n    for row in rows:\n        ask(row)\n"
                  "schedule.every().day.at('02:00').do(job)\n",
    })  # fmt: skip
    assert (found.user_facing, found.offline) == (True, True)
    assert found.loop == "for loop over `rows` (job.py:4)"
    assert found.offline_why == "runs nightly (job.py:6)"


def test_a_loop_and_a_job_of_different_callers_are_not_put_together(tmp_path: Path) -> None:
    found = context(tmp_path, {
        "web_app.py": "from fastapi import FastAPI\nfrom llm import ask\napp = FastAPI()\n@app.get('/x')\ndef h(xs):\n"
                      "    for x in xs:\n        ask(x)\n",
        "job.py": "from llm import ask\nif __name__ == '__main__':\n    ask('once')\n",
    })  # fmt: skip
    assert found.loop == "for loop over `xs` (web_app.py:6)"
    assert found.offline is None and found.offline_why is None


GRAPH = (
    "from langgraph.graph import StateGraph\nfrom langgraph.types import Send\nfrom llm import ask\n"
    "def write(state):\n    return ask(state)\n"
    "def fan(state):\n    return [Send('write', {'s': s}) for s in state['sections']]\n"
    "b = StateGraph(dict)\nb.add_node('write', write)\nb.add_conditional_edges('plan', fan, ['write'])\ngraph = b.compile()\n"
)


def test_a_graphs_fan_out_repeats_its_node(tmp_path: Path) -> None:
    (site,) = sites_of(tmp_path, {"g.py": GRAPH.replace("from llm import ask\n", HEAD).replace("ask(state)", ASK.replace("x}", "state}"))})
    assert site.repeated is True
    assert site.context.loop == "fan-out over `state['sections']` (g.py:8)"
    assert site.context.offline is None  # the module builds the graph; who runs it is not known


GUARDED: list[tuple[str, str, str, dict[str, str]]] = [
    ("limited", "slowapi", "from fastapi import FastAPI\nfrom slowapi import Limiter\nfrom llm import ask\napp = FastAPI()\n"
     "limiter = Limiter(key_func=str)\n@app.get('/x')\n@limiter.limit('1/minute')\ndef h(x):\n    ask(x)\n", {}),
    ("limited", "django-rest-framework", "from rest_framework.views import APIView\nfrom rest_framework.throttling import UserRateThrottle\n"
     "from llm import ask\nclass V(APIView):\n    throttle_classes = [UserRateThrottle]\n    def post(self, request):\n        ask('x')\n", {}),
    ("limited", "django-ratelimit", "from django.views import View\nfrom django_ratelimit.decorators import ratelimit\nfrom llm import ask\n"
     "@method_decorator(ratelimit(key='ip', rate='5/m'), name='dispatch')\nclass V(View):\n    def post(self, request):\n        ask('x')\n", {}),
    ("limited", "slowapi", "from fastapi import FastAPI\nfrom llm import ask\napp = FastAPI()\n@app.get('/x')\ndef h(x):\n    ask(x)\n",
     {"mid.py": "from slowapi.middleware import SlowAPIMiddleware\ndef add(app):\n    app.add_middleware(SlowAPIMiddleware)\n"}),
    ("remembered", "functools", "from fastapi import FastAPI\nfrom functools import lru_cache\nfrom llm import ask\napp = FastAPI()\n"
     "@lru_cache\ndef known(x):\n    return ask(x)\n@app.get('/x')\ndef h(x):\n    return known(x)\n", {}),
    ("remembered", "langchain-cache", "from fastapi import FastAPI\nfrom llm import ask\napp = FastAPI()\n@app.get('/x')\ndef h(x):\n    ask(x)\n",
     {"setup.py": "from langchain.globals import set_llm_cache\nset_llm_cache(1)\n"}),
    ("traced", "langfuse", "from fastapi import FastAPI\nfrom langfuse import observe\nfrom llm import ask\napp = FastAPI()\n"
     "@app.get('/x')\n@observe()\ndef h(x):\n    ask(x)\n", {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "by", "code", "more"), GUARDED, ids=[f"{g[0]}-{g[1]}-{i}" for i, g in enumerate(GUARDED)])
def test_guards(tmp_path: Path, kind: str, by: str, code: str, more: dict[str, str]) -> None:
    found = context(tmp_path, {"web_app.py": code, **more})
    guard = {"limited": found.limited, "remembered": found.remembered, "traced": found.traced}[kind]
    assert guard is not None and guard["by"] == by
    certain = {"limited": found.rate_limited, "remembered": found.answer_cached, "traced": found.is_traced}[kind]
    assert certain is True


def test_a_limiter_somewhere_else_leaves_it_open(tmp_path: Path) -> None:
    code = "from fastapi import FastAPI\nfrom llm import ask\napp = FastAPI()\n@app.get('/x')\ndef h(x):\n    ask(x)\n"
    other = "from slowapi import Limiter\nlimiter = Limiter(key_func=str)\n@limiter.limit('1/minute')\ndef other():\n    pass\n"
    found = context(tmp_path, {"web_app.py": code, "other.py": other})
    assert (found.limited, found.rate_limited) == (None, None)


def test_the_errors_of_a_providers_limit_are_no_limiter(tmp_path: Path) -> None:
    code = ("from fastapi import FastAPI\nimport openai\nfrom llm import ask\napp = FastAPI()\n@app.get('/x')\ndef h(x):\n"
            "    try:\n        ask(x)\n    except openai.RateLimitError:\n        pass\n")  # fmt: skip
    assert context(tmp_path, {"web_app.py": code}).rate_limited is False


SAID = [
    ("0 3 * * *", "nightly"), ("30 9 * * *", "daily"), ("*/5 * * * *", "every 5 minutes"), ("0 * * * *", "hourly"),
    ("0 9 * * 1-5", "on workdays"), ("0 9 * * 1", "weekly"), ("0 0 1 * *", "monthly"), ("@daily", "daily"),
    ("rate(5 minutes)", "every 5 minutes"), ("cron(0 3 * * ? *)", "nightly"), ("crontab(hour=3, minute=0)", "nightly"),
    ("timedelta(days=1)", "daily"), ("hours=6", "every 6 hours"), ("interval, minutes=10", "every 10 minutes"),
    ("schedule.every(10).minutes", "every 10 minutes"), ("schedule.every().monday", "weekly"), ("3600", "hourly"),
    ("SCHEDULE", None), ("modal.Cron('0 3 * * *')", "nightly"), ("rate(1 day)", "daily"), ("weekly", "weekly"),
    ("*-*-* 04:30:00", "nightly"), ("CronTrigger.from_crontab('0 9 * * *')", "daily"),
]  # fmt: skip


@pytest.mark.parametrize(("every", "expected"), SAID)
def test_said(every: str, expected: str | None) -> None:
    assert said(every) == expected


@pytest.mark.parametrize(("row", "message"), [
    ({"role": "handler"}, "an entry has no name"),
    ({"by": "x", "role": "cook"}, "role must be one of"),
    ({"by": "x", "role": "queue", "decorator": ["a"]}, "'decorator' is no field"),
])  # fmt: skip
def test_a_wrong_entry_is_named(row: dict[str, object], message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        framework(row, "web.yaml")
