"""A server on loopback that speaks both wire formats and both batch APIs, fails as it is told, and keeps the bill.

    with serving(faults={"429": 0.1, "500": 0.1}) as server:
        server.url                # OpenAI's format below /v1, Anthropic's at the root
        server.bill()             # what was asked, answered, billed, answered twice

Also a program, for benchmarks and for tests that kill: `python server.py '{"faults": {…}}'` prints its address.
Nothing here is llmlint's own: what it says it says as the providers' documents do.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any

PRICES = {"big": (50, 50), "mid": (10, 10), "small": (1, 1)}  # USD per million tokens read and written
ACCURACY = {"big": 0.933, "mid": 0.933, "small": 0.823}
LABELS = ("alpha", "beta", "gamma", "delta")
ERRORS = {  # kind → status, the error's type, what it says
    "429": (429, "rate_limit_error", "Rate limit reached for requests"),
    "500": (500, "server_error", "The server had an error while processing your request"),
    "503": (503, "server_error", "The engine is currently overloaded"),
    "529": (529, "overloaded_error", "Overloaded"),
    "400": (400, "invalid_request_error", "Unsupported parameter: 'temperature'"),
    "401": (401, "authentication_error", "Incorrect API key provided: sk-test-1234567890abcdef"),
    "403": (403, "permission_error", "Your key has no access to this model"),
    "404": (404, "not_found_error", "The model does not exist"),
    "413": (413, "request_too_large", "Request exceeds the maximum size"),
    "quota": (429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details"),
    "credit": (400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API"),
    "filter": (400, "content_filter", "The response was filtered due to the prompt triggering content management policy"),
}


def truth(text: str) -> str:
    """The right answer to a question."""
    return LABELS[_draw("truth", text) % len(LABELS)]


def said(model: str, text: str) -> str:
    """What a model answers: right as often as `ACCURACY` has it. The errors of big and mid are not the same ones."""
    right = _draw(model, text) % 10_000 < ACCURACY.get(model.split("-")[0], 1) * 10_000
    return truth(text) if right else next(one for one in LABELS if one != truth(text))


def _draw(*words: str) -> int:
    return int.from_bytes(sha256("|".join(words).encode()).digest()[:6], "big")


@dataclass
class Plan:
    """faults: kind → share of requests. models: model → the fault that it always has. latency in seconds.

    output: tokens written; retry_after: sent with each 429.
    """

    faults: dict[str, float] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    latency: float = 0
    seed: int = 1
    retry_after: str | None = "0.05"
    output: int = 5
    capacity: int | None = None  # requests at once; above it 429
    batch_seconds: float = 0
    batch_faults: float = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Books:
    """What was asked and answered."""

    asked: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)  # body → whole answers that were billed
    billed: Decimal = Decimal(0)
    most_at_once: int = 0
    at_once: int = 0
    not_before: dict[str, float] = field(default_factory=dict)
    waited: int = 0
    not_waited: int = 0
    by_model: Counter[str] = field(default_factory=Counter)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


class Server:
    """The state and the answers; `Wire` is the HTTP around it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.books = Books()
        self.random = random.Random(plan.seed)
        self.url = ""

    def bill(self) -> dict[str, Any]:
        """twice: whole answers to a body that had one already."""
        books = self.books
        return {
            "asked": books.asked, "kinds": dict(books.kinds), "answers": sum(books.answered.values()),
            "twice": sum(count - 1 for count in books.answered.values()), "usd": str(books.billed),
            "most_at_once": books.most_at_once, "waited": books.waited, "not_waited": books.not_waited,
            "by_model": dict(books.by_model), "batches": len(books.batches),
            "batched": sum(len(one["lines"]) for one in books.batches.values()),
        }  # fmt: skip

    def fault(self, model: str) -> str | None:
        always = self.plan.models.get(model)
        if always is not None:
            return always
        if self.plan.capacity is not None and self.books.at_once > self.plan.capacity:
            return "429"
        chance = self.random.random()
        for kind, share in self.plan.faults.items():
            chance -= share
            if chance < 0:
                return kind
        return None

    # --- one answer

    def respond(self, path: str, raw: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes, str | None]:
        """Status, headers, body, and how the wire is to fail."""
        body = json.loads(raw)
        if path.endswith(":rawPredict"):  # Vertex AI names the model in the path
            path, body = "/v1/messages", {**body, "model": path.rsplit("/", 1)[-1].removesuffix(":rawPredict")}
        model = str(body.get("model"))
        key = sha256(path.encode() + json.dumps(body, sort_keys=True).encode()).hexdigest()  # clients write JSON as they like
        books = self.books
        books.asked += 1
        books.by_model[model] += 1
        if len(books.bodies) < 200:
            books.bodies.append(body)
            books.headers.append(headers)
        if key in books.not_before:
            if time.monotonic() >= books.not_before.pop(key) - 0.001:
                books.waited += 1
            else:
                books.not_waited += 1
        kind = self.fault(model)
        books.kinds[kind or "ok"] += 1
        if kind in ERRORS:
            return self._error(kind, key)
        if kind == "html":
            return 200, {"content-type": "text/html"}, b"<html><body>Please log in</body></html>", None
        if kind == "hang":
            return 200, {}, b"", "hang"
        if kind == "reset":
            return 200, {}, b"", "reset"
        answer, read, written = self.answer(path, body, kind)
        self.charge(model, read, written, 1)
        if kind != "half":
            books.answered[key] += 1
        return 200, {"content-type": "application/json", **self.plan.headers}, json.dumps(answer).encode(), kind

    def _error(self, kind: str, key: str) -> tuple[int, dict[str, str], bytes, None]:
        status, type_, message = ERRORS[kind]
        headers = {"content-type": "application/json"}
        if kind == "429" and self.plan.retry_after is not None:
            headers["retry-after"] = self.plan.retry_after
            with suppress(ValueError):
                self.books.not_before[key] = time.monotonic() + float(self.plan.retry_after)
        error = {"type": type_, "code": type_, "message": message}
        return status, headers, json.dumps({"type": "error", "error": error}).encode(), None

    def charge(self, model: str, read: int, written: int, share: float) -> None:
        dollars = PRICES.get(model.split("-")[0], (1, 1))
        self.books.billed += (read * Decimal(dollars[0]) + written * Decimal(dollars[1])) / 10**6 * Decimal(share)

    def answer(self, path: str, body: dict[str, Any], kind: str | None) -> tuple[dict[str, Any], int, int]:
        """The JSON, and the tokens truly read and written."""
        if path.endswith("/embeddings"):
            return _embeddings(body)
        turns = body.get("messages") or body.get("input") or []
        question = _text(turns[-1]["content"]) if isinstance(turns, list) and turns else str(turns)
        text = said(str(body.get("model")), question)
        read = max(1, len(json.dumps(turns)) // 4 + len(str(body.get("system") or "")) // 4)
        written = self.plan.output
        if kind == "huge":
            text = "x" * 10_000_000
        if kind == "empty":
            text = ""
        if kind == "truncated":
            limits = [body.get(name) for name in ("max_tokens", "max_completion_tokens", "max_output_tokens")]
            written = next((one for one in limits if one), written)
        if kind == "no_json":
            text = '{"label": '
        made = {"messages": _message, "responses": _response}.get(path.rsplit("/", 1)[-1], _completion)(
            str(body.get("model")), text, kind, read, written
        )
        if kind == "bad_usage":
            made["usage"] = self.random.choice(
                [None, {}, "many", dict.fromkeys(made["usage"], "many"), dict.fromkeys(made["usage"], -5)]
            )
        return made, read, written

    # --- batches

    def start_batch(self, lines: list[dict[str, Any]], kind: str) -> dict[str, Any]:
        """lines: {"custom_id", "path", "body"}."""
        id = f"{'msgbatch' if kind == 'messages' else 'batch'}_{len(self.books.batches) + 1}"
        batch = {"id": id, "kind": kind, "lines": lines, "ready": time.monotonic() + self.plan.batch_seconds, "out": None,
                 "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}  # fmt: skip
        self.books.batches[id] = batch
        return batch

    def finished(self, batch: dict[str, Any]) -> bool:
        """Answers and bills a batch once its time has come."""
        if time.monotonic() < batch["ready"]:
            return False
        if batch["out"] is None:
            batch["out"] = [self._batch_line(batch["kind"], line) for line in batch["lines"]]
        return True

    def _batch_line(self, kind: str, line: dict[str, Any]) -> dict[str, Any]:
        failed = self.random.random() < self.plan.batch_faults
        model = str(line["body"].get("model"))
        answer, read, written = self.answer(line["path"], line["body"], None)
        if not failed:
            self.charge(model, read, written, 0.5)
            raw = json.dumps(line["body"], sort_keys=True).encode()
            self.books.answered[sha256(b"batch" + raw).hexdigest()] += 1
        error = {"type": "api_error", "message": "Internal server error"}
        if kind == "messages":
            result = {"type": "errored", "error": {"type": "error", "error": error}} if failed else None
            return {"custom_id": line["custom_id"], "result": result or {"type": "succeeded", "message": answer}}
        response = {"status_code": 500, "request_id": "r", "body": {"error": error}} if failed else None
        return {
            "id": "r", "custom_id": line["custom_id"], "error": None,
            "response": response or {"status_code": 200, "request_id": "r", "body": answer},
        }  # fmt: skip

    def shown(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The batch as its API describes it."""
        done, count = self.finished(batch), len(batch["lines"])
        if batch["kind"] == "messages":
            counts = {"processing": 0 if done else count, "succeeded": count if done else 0, "errored": 0, "canceled": 0, "expired": 0}
            return {
                "id": batch["id"], "type": "message_batch", "processing_status": "ended" if done else "in_progress",
                "request_counts": counts, "created_at": batch["made"], "expires_at": "2026-01-02T00:00:00Z",
                "ended_at": "2026-01-01T01:00:00Z" if done else None, "archived_at": None, "cancel_initiated_at": None,
                "results_url": f"{self.url}/v1/messages/batches/{batch['id']}/results" if done else None,
            }  # fmt: skip
        if done:
            self.books.files[f"out_{batch['id']}"] = _jsonl(batch["out"])
        return {
            "id": batch["id"], "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": batch.get("file"),
            "completion_window": "24h", "status": "completed" if done else "in_progress", "created_at": 1,
            "output_file_id": f"out_{batch['id']}" if done else None, "error_file_id": None,
            "metadata": batch.get("metadata"), "request_counts": {"total": count, "completed": count if done else 0, "failed": 0},
        }  # fmt: skip

    def other(self, method: str, path: str, raw: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes, None]:
        """Files, batches and the bill."""
        parts = path.split("?")[0].strip("/").split("/")
        json_type = {"content-type": "application/json"}
        if path == "/_bill":
            for batch in self.books.batches.values():
                self.finished(batch)  # one that nobody asks for any more is answered and billed all the same
            return 200, json_type, json.dumps(self.bill()).encode(), None
        if path == "/_plan":
            self.plan = Plan(**json.loads(raw))
            return 200, json_type, b"{}", None
        books = self.books
        if parts[-1] == "files" and method == "POST":
            id = f"file_{len(books.files) + 1}"
            books.files[id] = _uploaded(raw, headers)
            made = {"id": id, "object": "file", "bytes": len(raw), "created_at": 1, "filename": "b.jsonl", "purpose": "batch", "status": "processed"}
            return 200, json_type, json.dumps(made).encode(), None
        if parts[-1] == "content" and parts[-3] == "files":
            return 200, {"content-type": "application/octet-stream"}, books.files[parts[-2]], None
        messages = "messages" in parts
        if parts[-1] == "batches" and method == "POST":
            data = json.loads(raw)
            if messages:
                lines = [{"custom_id": one["custom_id"], "path": "/v1/messages", "body": one["params"]} for one in data["requests"]]
            else:
                read = [json.loads(line) for line in books.files[data["input_file_id"]].splitlines()]
                lines = [{"custom_id": one["custom_id"], "path": one["url"], "body": one["body"]} for one in read]
            batch = self.start_batch(lines, "messages" if messages else "openai")
            batch["metadata"], batch["file"] = data.get("metadata"), data.get("input_file_id")
            return 200, json_type, json.dumps(self.shown(batch)).encode(), None
        if parts[-1] == "batches":
            known = [one for one in books.batches.values() if (one["kind"] == "messages") == messages]
            page = {"object": "list", "data": [self.shown(one) for one in reversed(known)], "has_more": False}
            return 200, json_type, json.dumps(page).encode(), None
        if parts[-1] == "results":
            return 200, {"content-type": "application/x-jsonl"}, _jsonl(books.batches[parts[-2]]["out"]), None
        if parts[-2:-1] == ["batches"] and parts[-1] in books.batches:
            return 200, json_type, json.dumps(self.shown(books.batches[parts[-1]])).encode(), None
        return 404, json_type, b'{"error": {"type": "not_found_error", "message": "no such page"}}', None


def _text(content: Any) -> str:
    """A message's content as text: plain, or in blocks."""
    return content if isinstance(content, str) else "".join(str(one.get("text", "")) for one in content)


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


def _uploaded(raw: bytes, headers: dict[str, str]) -> bytes:
    """The file in a multipart form."""
    boundary = b"--" + headers["content-type"].split("boundary=")[1].strip('"').encode()
    for one in raw.split(boundary):
        head, _, content = one.partition(b"\r\n\r\n")
        if b'name="file"' in head:
            return content.rstrip(b"\r\n")
    raise ValueError("no file in the form")


def _embeddings(body: dict[str, Any]) -> tuple[dict[str, Any], int, int]:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows = [
        {"object": "embedding", "index": index, "embedding": [_draw(str(n), str(text)) % 1000 / 1000 for n in range(8)]}
        for index, text in enumerate(texts)
    ]
    read = sum(len(str(text)) for text in texts) // 4 + 1
    usage = {"prompt_tokens": read, "total_tokens": read}
    return {"object": "list", "data": rows, "model": body.get("model"), "usage": usage}, read, 0


def _completion(model: str, text: str, kind: str | None, read: int, written: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if kind == "refusal":
        message |= {"content": None, "refusal": "I cannot help with that."}
    if kind == "tool":
        call = {"id": "c", "type": "function", "function": {"name": "label", "arguments": json.dumps({"is": text})}}
        message |= {"content": None, "tool_calls": [call]}
    reason = {"truncated": "length", "tool": "tool_calls"}.get(kind or "", "stop")
    usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    choice = {"index": 0, "finish_reason": reason, "message": message}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}


def _response(model: str, text: str, kind: str | None, read: int, written: int) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    if kind == "refusal":
        part = {"type": "refusal", "refusal": "I cannot help with that."}
    output: list[dict[str, Any]] = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}]
    if kind == "tool":
        output = [{"type": "function_call", "id": "f", "call_id": "c", "name": "label", "arguments": json.dumps({"is": text})}]
    details = {"reason": "max_output_tokens"} if kind == "truncated" else None
    usage = {
        "input_tokens": read, "output_tokens": written, "total_tokens": read + written,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    return {
        "id": "x", "object": "response", "created_at": 1, "model": model, "output": output, "usage": usage, "error": None,
        "status": "incomplete" if details else "completed", "incomplete_details": details, "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [],
    }  # fmt: skip


def _message(model: str, text: str, kind: str | None, read: int, written: int) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
    if kind == "refusal":
        content = []
    if kind == "tool":
        content = [{"type": "tool_use", "id": "c", "name": "label", "input": {"is": text}}]
    reason = {"refusal": "refusal", "truncated": "max_tokens", "tool": "tool_use"}.get(kind or "", "end_turn")
    return {
        "id": "x", "type": "message", "role": "assistant", "model": model, "content": content, "stop_reason": reason,
        "stop_sequence": None, "usage": {"input_tokens": read, "output_tokens": written},
    }  # fmt: skip


class Wire(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, as much of it as clients need."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.buffer = b""
        self.counted = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self._count(-1)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            first, *rest = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
            size = int(headers.get("content-length", 0))
            if len(self.buffer) < end + 4 + size:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
            method, path, _ = first.split(" ", 2)
            self._serve(method, path, body, headers)

    def _count(self, step: int) -> None:
        books = self.server.books
        if (step > 0) != self.counted:
            self.counted = step > 0
            books.at_once += step
            books.most_at_once = max(books.most_at_once, books.at_once)

    def _serve(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
        last = path.split("?")[0].rsplit("/", 1)[-1]
        answering = last in ("completions", "responses", "messages", "embeddings") or last.endswith(":rawPredict")
        if not answering or method != "POST":
            self._write(*self.server.other(method, path, body, headers))
            return
        self._count(+1)
        made = self.server.respond(path.split("?")[0], body, headers)
        if self.server.plan.latency:
            asyncio.get_running_loop().call_later(self.server.plan.latency, self._write, *made)
        else:
            self._write(*made)

    def _write(self, status: int, headers: dict[str, str], body: bytes, kind: str | None) -> None:
        self._count(-1)
        if kind == "hang" or self.transport.is_closing():
            return
        if kind == "reset":
            self.transport.abort()
            return
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *(f"{name}: {one}" for name, one in headers.items())]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        self.transport.write(head + (body[: len(body) // 2] if kind == "half" else body))
        if kind == "half":
            self.transport.close()


async def _listen(server: Server) -> asyncio.Server:
    listening = await asyncio.get_running_loop().create_server(lambda: Wire(server), "127.0.0.1", 0, backlog=1000)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    return listening


@contextmanager
def serving(**plan: Any) -> Iterator[Server]:
    """In a thread of its own; the keywords are those of `Plan`."""
    server, ready, loop = Server(Plan(**plan)), threading.Event(), asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_listen(server))
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _program() -> None:
    server = Server(Plan(**json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")))
    listening = await _listen(server)
    print(server.url, flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(_program())
