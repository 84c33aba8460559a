"""Whom a client asks: what a server on one's own machine answers costs nothing by the token, and has no Batch API."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

CASES = [
    ("", "default"),
    ("base_url=None", "default"),
    ("base_url='https://api.openai.com/v1'", "default"),
    ("base_url='https://eu.api.openai.com/v1'", "default"),
    ("base_url='http://localhost:8000/v1'", "local"),
    ("base_url=f'http://127.0.0.1:{port}/v1'", "local"),
    ("base_url='http://vllm:8000/v1'", "local"),
    ("base_url='http://10.0.0.7/v1'", "local"),
    ("base_url='https://api.deepseek.com'", "other"),
    ("base_url='https://localhost.evil.example/v1'", "other"),
    ("base_url=input()", None),
    ("base_url=f'http://{host}/v1'", None),
    ("base_url='http://localhost/v1' if port else 'https://api.deepseek.com'", None),
    ("base_url='http://localhost/v1' if port else None", None),
]


@pytest.mark.parametrize(("argument", "endpoint"), CASES, ids=[c[0] for c in CASES])
def test_endpoint(tmp_path: Path, argument: str, endpoint: str | None) -> None:
    code = f"from openai import OpenAI\nport, host = input(), input()\nOpenAI({argument}).chat.completions.create(model='m', messages=[])\n"
    (site,) = sites_of(tmp_path, code)
    assert site.endpoint == endpoint
    assert site.batch_api is (endpoint == "default")


def test_an_address_in_a_request_by_hand(tmp_path: Path) -> None:
    code = "import requests\nhost = input()\nrequests.post(f'{}/v1/chat/completions', json={{'model': 'm', 'messages': []}})\n"
    for address, endpoint in (
        ("http://localhost:11434", "local"), ("https://api.openai.com", "default"), ("{host}", None),
        ("http://{host}", None), ("http://localhost:{host}", "local"),
    ):  # fmt: skip
        (site,) = sites_of(tmp_path, code.format(address))
        assert site.endpoint == endpoint


def test_an_address_of_a_model_object(tmp_path: Path) -> None:
    code = "from langchain_openai import ChatOpenAI\nChatOpenAI(model='m', openai_api_base='http://localhost:1/v1').invoke('x')\n"
    assert {s.endpoint for s in sites_of(tmp_path, code)} == {"local"}
