"""A whole eval through the unmodified anthropic and openai SDKs, against LiteLLM's proxy with mocked responses.

The proxy has dependencies of its own and lives in an environment of its own: `python -m venv V && V/bin/pip install
'litellm[proxy]'`, then LLMLINT_LITELLM=V/bin/litellm. Without it the test is skipped.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmlint.cli import main

PROXY = os.environ.get("LLMLINT_LITELLM", "")
MODELS = {"claude-opus-4-7": ("anthropic", "alpha"), "claude-haiku-4-5": ("anthropic", "alpha"), "gpt-5.4-mini": ("openai", "beta")}
TASK = """\
name: greek
task: classification
data: {file: items.jsonl, id: id, expected: label}
prompt: {system: "Answer with one letter's name.", user: "{{ text }}", max_tokens: 600}
candidates: [claude-opus-4-7, claude-haiku-4-5, {model: gpt-5.4-mini, api: chat, parameters: {reasoning_effort: none}}]
reference: claude-opus-4-7
graders: exact
quality: {margin: 0.1}
budget_usd: 100
"""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not PROXY:
        pytest.skip("LLMLINT_LITELLM names no LiteLLM proxy")
    folder = tmp_path_factory.mktemp("proxy")
    rows = [
        {"model_name": name, "litellm_params": {"model": f"{maker}/{name}", "api_key": "none", "mock_response": said}}
        for name, (maker, said) in MODELS.items()
    ]
    (folder / "config.yaml").write_text(json.dumps({"model_list": rows}), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true", "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)
    with (folder / "log").open("wb") as log:
        command = [PROXY, "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}", process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 110
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            with urllib.request.urlopen(f"{url}/health/liveliness", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(log.read_text(errors="replace")[-2000:])


@pytest.mark.slow
def test_a_whole_eval(proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", proxy)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{proxy}/v1")
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "sk-of-nobody")
    monkeypatch.setitem(sys.modules, "aiohttp", None)  # every request goes through the SDK
    rows = "".join(f'{{"id": "i{i}", "text": "question {i}", "label": "alpha"}}\n' for i in range(60))
    (tmp_path / "items.jsonl").write_text(rows, encoding="utf-8")
    (tmp_path / "task.yaml").write_text(TASK, encoding="utf-8")

    done = CliRunner().invoke(main, ["eval", "task.yaml", "--target", "dataset", "--format", "json"])
    assert done.exit_code in (0, 3), done.output
    told = json.loads(done.stdout)
    means = {one["model"]: one["mean"] for one in told["candidates"] if one["n"]}
    assert means["claude-opus-4-7"] == 1.0
    assert all(means[name] == (1.0 if said == "alpha" else 0.0) for name, (_, said) in MODELS.items() if name in means)
    assert {one["model"] for one in told["candidates"] if one["spent_usd"]} >= {"claude-opus-4-7", "gpt-5.4-mini"}
    assert told["recommendation"] in ("claude-haiku-4-5", None)
    assert all(set(one["statuses"]) and not one["statuses"]["failed"] for one in told["candidates"])
    assert 0 < told["usd"] < 100
