"""Whole evals through the unmodified SDKs against somebody else's mock server: @copilotkit/aimock, from npm.

It speaks OpenAI's chat and responses, Anthropic's messages, Azure's deployments and Bedrock's invoke. Vertex, which it
does not speak, is asked at our own server. A dozen megabytes, one package, installed in two seconds of processor time;
LLMLINT_AIMOCK names one that is installed. Where neither it nor npm is at hand the tests are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from llmlint.cli import main
from tests.evals.server import serving

VERSION = "1.43.0"
SAID = {
    "claude-opus-4-7": "alpha", "claude-haiku-4-5": "alpha", "gpt-5.4-mini": "beta", "gpt-5.4": "alpha",
    "anthropic.claude-haiku-4-5-20251001-v1:0": "alpha",
}  # fmt: skip
TASK = """\
name: greek
task: classification
data: {file: items.jsonl, id: id, expected: label}
prompt: {system: "Answer with one letter's name.", user: "{{ text }}", max_tokens: 600}
candidates: [CANDIDATES]
reference: REFERENCE
graders: exact
quality: {margin: 0.3}
budget_usd: 100
"""
SDKS = ("claude-opus-4-7", "claude-haiku-4-5", "{model: gpt-5.4-mini, api: chat, parameters: {reasoning_effort: none}}",
        "{name: responses, model: gpt-5.4, api: responses, parameters: {reasoning_effort: none}}")  # fmt: skip
CLOUDS = ("{name: azure, provider: azure, model: gpt-5.4, parameters: {reasoning_effort: none}}",
          "{name: bedrock, provider: bedrock, model: 'anthropic.claude-haiku-4-5-20251001-v1:0'}")  # fmt: skip


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("aimock")
    command = os.environ.get("LLMLINT_AIMOCK") or _installed(folder)
    usage = {"input_tokens": 40, "output_tokens": 3, "prompt_tokens": 40, "completion_tokens": 3, "total_tokens": 43}
    fixtures = [
        {"match": {"model": model}, "response": {"content": said, "usage": usage}} for model, said in SAID.items()
    ]
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        started = subprocess.Popen(
            [command, "-p", str(port), "-f", "fixtures.json", "--log-level", "warn"], cwd=folder, stdout=log, stderr=log
        )
        try:
            _wait_for(port, started, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            started.terminate()
            started.wait(30)


def _installed(folder: Path) -> str:
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("npm and node are not installed, and LLMLINT_AIMOCK names no aimock")
    install = ["npm", "install", "--no-fund", "--no-audit", "--loglevel=error", f"@copilotkit/aimock@{VERSION}"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm could not install aimock: {done.stderr.strip()[-200:]}")
    return str(folder / "node_modules" / ".bin" / "llmock")


def _wait_for(port: int, started: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert started.poll() is None, log.read_text(errors="replace")[-2000:]
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "aiohttp", None)  # every request goes through the SDK
    rows = "".join(f'{{"id": "i{i}", "text": "question {i}", "label": "alpha"}}\n' for i in range(24))
    (tmp_path / "items.jsonl").write_text(rows, encoding="utf-8")
    return tmp_path


def decided(folder: Path, reference: str, *candidates: str) -> dict[str, Any]:
    task = TASK.replace("CANDIDATES", ", ".join(candidates)).replace("REFERENCE", reference)
    (folder / "task.yaml").write_text(task, encoding="utf-8")
    done = CliRunner().invoke(main, ["eval", "task.yaml", "--target", "dataset", "--full-grid", "--no-report", "-f", "json"])
    assert done.exit_code in (0, 3), done.output
    told: dict[str, Any] = json.loads(done.stdout)
    assert all(one["statuses"]["ok"] == 24 for one in told["candidates"]), told["candidates"]
    assert 0 < told["usd"] < 100
    return told


@pytest.mark.parametrize("candidates", [SDKS, ("claude-opus-4-7", *CLOUDS)], ids=["vendors", "clouds"])
def test_a_whole_eval(aimock: str, folder: Path, monkeypatch: pytest.MonkeyPatch, candidates: tuple[str, ...]) -> None:
    variables = {
        "ANTHROPIC_BASE_URL": aimock, "OPENAI_BASE_URL": f"{aimock}/v1", "AZURE_OPENAI_ENDPOINT": aimock,
        "ANTHROPIC_BEDROCK_BASE_URL": aimock, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret", "ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "AZURE_OPENAI_API_KEY": "k",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    told = decided(folder, "claude-opus-4-7", *candidates)
    wrong = {one["model"] for one in told["candidates"] if one["mean"] == 0.0}
    assert wrong == ({"gpt-5.4-mini"} if candidates is SDKS else set())
    assert told["recommendation"] not in (None, "gpt-5.4-mini", "claude-opus-4-7")


def test_vertex_through_its_sdk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    google = pytest.importorskip("google.oauth2.credentials")

    class Known(google.Credentials):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(None)

        def refresh(self, request: object) -> None:
            self.token = "token"

    with serving() as server:
        monkeypatch.setattr("google.auth.default", lambda *_, **__: (Known(), "project"))
        monkeypatch.setenv("ANTHROPIC_VERTEX_PROJECT_ID", "project")
        monkeypatch.setenv("ANTHROPIC_VERTEX_BASE_URL", f"{server.url}/v1")
        price = "price: {input_usd_per_mtok: DOLLARS, output_usd_per_mtok: DOLLARS}"
        asked = [f"{{model: {model}, provider: vertex, {price.replace('DOLLARS', usd)}}}" for model, usd in (("big", "9"), ("mid", "1"))]
        decided(folder, "big", *asked)
        assert server.bill()["by_model"] == {"big": 24, "mid": 24}
