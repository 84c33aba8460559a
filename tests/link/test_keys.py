"""Whose key pays for the requests of a handler."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import os, openai\nfrom fastapi import Depends, FastAPI, Request\napp = FastAPI()\n"
ASK = "chat.completions.create(model='gpt-4o', max_tokens=5, messages=[{'role': 'user', 'content': body.text}])"

KEYS: list[tuple[str, str, bool | None]] = [
    ("ours", f"client = openai.OpenAI()\n@app.post('/a')\ndef a(body: Body):\n    client.{ASK}\n", None),
    ("in the body", f"@app.post('/a')\ndef a(body: Body):\n    openai.OpenAI(api_key=body.api_key).{ASK}\n", True),
    ("by another name", "@app.post('/a')\nasync def a(request: Request):\n    body = await request.json()\n    key = body['key']\n"
     f"    openai.OpenAI(api_key=key).{ASK}\n", True),
    ("put into the environment", "@app.post('/a')\ndef a(body: Body):\n    os.environ['OPENAI_API_KEY'] = body.key\n"
     f"    openai.OpenAI().{ASK}\n", True),
    ("handed to a helper", f"def go(body, llm_token):\n    openai.OpenAI(api_key=llm_token).{ASK}\n"
     "@app.post('/a')\ndef a(body: Body):\n    go(body, llm_token=body.token)\n", True),
    ("out of the settings", "@app.post('/a')\ndef a(body: Body, settings: Settings = Depends(get_settings)):\n"
     f"    openai.OpenAI(api_key=settings.openai_api_key).{ASK}\n", None),
    ("checked, not used", f"client = openai.OpenAI()\n@app.post('/a')\ndef a(body: Body):\n    verify(api_key=body.key)\n    client.{ASK}\n",
     None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "callers"), [k[1:] for k in KEYS], ids=[k[0] for k in KEYS])
def test_callers_key(tmp_path: Path, code: str, callers: bool | None) -> None:
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.context.handler is not None
    assert site.context.callers_key is callers


FEW = [
    ("a list", "@app.post('/a')\ndef a(body: Body):\n    if body.user not in ALLOWED_USERS:\n        return\n    {}\n", None),
    ("one's own id", "@app.post('/a')\ndef a(body: Body):\n    who = body.user\n    if who != ALLOWED_USER_ID:\n        return\n    {}\n", None),
    ("asked of a helper", "@app.post('/a')\ndef a(body: Body):\n    if not in_allowlist(body.user):\n        raise E\n    {}\n", None),
    ("a service's token", "@app.post('/a', dependencies=[Depends(require_internal_token)])\ndef a(body: Body):\n    {}\n", None),
    ("anybody", "@app.post('/a')\ndef a(body: Body):\n    if body.text not in TEXTS:\n        return\n    {}\n", False),
    ("more for some", "@app.post('/a')\ndef a(body: Body):\n    if body.user not in ALLOWED_USERS:\n        body.text = 'x'\n    {}\n", False),
    ("a list that a helper looks into", "def known(body):\n    return body.user in settings.allowed_user_ids\n@app.post('/a')\n"
     "def a(body: Body):\n    if not known(body):\n        return\n    {}\n", None),
    ("so many a day", "@app.post('/a')\ndef a(body: Body):\n    if count(body) >= USERS[body.user]['daily_allowed']:\n        return\n    {}\n", True),
    ("a user's token", "@app.post('/a', dependencies=[Depends(require_token)])\ndef a(body: Body):\n    {}\n", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "limited"), [f[1:] for f in FEW], ids=[f[0] for f in FEW])
def test_whom_a_handler_turns_away(tmp_path: Path, code: str, limited: bool | None) -> None:
    (site,) = sites_of(tmp_path, HEAD + "client = openai.OpenAI()\n" + code.format(f"client.{ASK}"))
    assert site.context.handler is not None
    assert site.context.rate_limited is limited


OWN_ACCOUNT = """import openai
from telethon import TelegramClient, events
bot = TelegramClient('me', 1, 'x')
client = openai.OpenAI()
@bot.on(events.NewMessage({}))
async def polish(body):
    client.{}
"""
OWN_SERVER = """import openai, tornado
from jupyter_server.base.handlers import APIHandler
client = openai.OpenAI()
class Ask(APIHandler):
    @tornado.web.authenticated
    def post(self):
        client.{}
"""


@pytest.mark.parametrize(("only", "limited"), [("outgoing=True", None), ("", False)])
def test_what_the_owner_of_an_account_writes(tmp_path: Path, only: str, limited: bool | None) -> None:
    (site,) = sites_of(tmp_path, OWN_ACCOUNT.format(only, ASK))
    assert site.context.rate_limited is limited


SERVED = """import openai, uvicorn
from fastapi import FastAPI
app = FastAPI()
client = openai.OpenAI()
@app.post('/a')
def a(body: dict):
    client.{}
def serve(host: str = '{}', port: int = 8000):
    uvicorn.run(app, host=host, port=port)
"""


@pytest.mark.parametrize(("host", "limited"), [("127.0.0.1", None), ("0.0.0.0", False)])
def test_a_program_that_serves_its_own_machine(tmp_path: Path, host: str, limited: bool | None) -> None:
    (site,) = sites_of(tmp_path, SERVED.format(ASK.replace("body.text", "body['text']"), host))
    assert site.context.rate_limited is limited


def test_a_notebook_server_serves_its_owner(tmp_path: Path) -> None:
    (site,) = sites_of(tmp_path, OWN_SERVER.format(ASK))
    assert site.context.handler is not None and site.context.handler["by"] == "jupyter"


def test_of_two_handlers_the_one_that_pays_is_told(tmp_path: Path) -> None:
    code = (
        f"def go(body, key=None):\n    openai.OpenAI(api_key=key).{ASK}\n"
        "@app.post('/a')\ndef a(body: Body):\n    go(body, api_key=body.key)\n@app.post('/b')\ndef b(body: Body):\n    go(body)\n"
    )
    (site,) = sites_of(tmp_path, HEAD + code)
    assert site.context.handler is not None and site.context.handler["function"] == "b"
    assert site.context.callers_key is None
