"""A body of JSON → what the server sent back, whatever it is; only an answer that never came whole is an exception.

The official SDK sends. It manages some 300 to 700 requests a second and core, so where aiohttp is installed and the key
does not change, its first request is looked at and the next ones are sent the same way without it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from llmlint.evals.providers import api_of
from llmlint.evals.providers.clients import open_client
from llmlint.evals.records import Candidate

LARGEST = 64 * 2**20  # bytes of one answer
FIXED_KEYS = ("anthropic", "openai")
NOT_KEPT = {"content-length", "accept-encoding", "host", "connection", "transfer-encoding", "x-stainless-read-timeout"}


class UnreachableError(Exception):
    """No whole answer came: connection, time-out, half a body. sent: the server may have worked, and may bill it."""

    def __init__(self, why: str, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What came over the wire. headers: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    async def send(self, body: Mapping[str, Any]) -> Answer: ...

    async def close(self) -> None: ...


def transport_for(candidate: Candidate, timeout: float, lean: bool = True) -> Transport:
    """timeout: seconds for one attempt; lean: leave the SDK out after its first request, where that can be done."""
    sdk = Sdk(open_client(candidate, timeout), api_of(candidate).name)
    if lean and candidate.provider in FIXED_KEYS:
        try:
            return Lean(sdk, import_module("aiohttp"), timeout)
        except ImportError:
            pass
    return sdk


@dataclass
class Sdk:
    """Through the official SDK; `learned` is the address and the headers of its last request."""

    client: Any
    api: str
    learned: tuple[str, dict[str, str]] | None = None

    async def send(self, body: Mapping[str, Any]) -> Answer:
        named, rest = _split(body, self.api)
        try:
            raw = await _method(self.client, self.api)(**named, extra_body=rest)
            response = raw.http_response
        except Exception as error:
            response = getattr(error, "response", None)
            if response is None:
                raise _unreachable(error) from error
        self.learned = (str(response.request.url), dict(response.request.headers))
        content = response.content
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, content)

    async def close(self) -> None:
        await self.client.close()


def _method(client: Any, api: str) -> Any:
    if api == "messages":
        return client.messages.with_raw_response.create
    if api == "responses":
        return client.responses.with_raw_response.create
    return client.chat.completions.with_raw_response.create


def _split(body: Mapping[str, Any], api: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each version of the SDK knows by name, and the rest, which it sends as it is."""
    known = {"messages": ("model", "messages", "max_tokens"), "responses": ("model", "input")}.get(
        api, ("model", "messages")
    )
    return {name: body[name] for name in known}, {name: one for name, one in body.items() if name not in known}


def _unreachable(error: Exception) -> Exception:
    """Our own bugs stay what they are; the SDK's errors of the wire become ours."""
    module = type(error).__module__.split(".")[0]
    if module not in ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2"):
        return error
    cause = error.__cause__ or error
    never_sent = "Connect" in type(cause).__name__ or isinstance(cause.__cause__, ConnectionRefusedError)
    return UnreachableError(f"{type(cause).__name__}: {str(cause) or str(error)}"[:200], sent=not never_sent)


@dataclass
class Lean:
    """The same protocol without the SDK, once the SDK has shown how."""

    sdk: Sdk
    aiohttp: Any
    timeout: float
    session: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""

    async def send(self, body: Mapping[str, Any]) -> Answer:
        if not self.url:
            answer = await self.sdk.send(body)
            if answer.status == 200 and self.sdk.learned is not None:
                self._take_over(*self.sdk.learned)
            return answer
        http, session = self.aiohttp, self._session()
        data = json.dumps(body, separators=(",", ":")).encode()
        try:
            async with session.post(self.url, data=data, headers=self.headers, allow_redirects=False) as response:
                content = await _read(response)
                return Answer(response.status, {name.lower(): one for name, one in response.headers.items()}, content)
        except http.ClientConnectorError as error:
            raise UnreachableError(f"no connection: {error}"[:200], sent=False) from error
        except (http.ClientError, asyncio.TimeoutError, OSError) as error:
            why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise UnreachableError(why[:200], sent=True) from error

    async def close(self) -> None:
        await self.sdk.close()
        if self.session is not None:
            await self.session.close()

    def _take_over(self, url: str, headers: Mapping[str, str]) -> None:
        self.headers = {name: value for name, value in headers.items() if name.lower() not in NOT_KEPT}
        self.url = url

    def _session(self) -> Any:
        if self.session is None:
            secure = self.url.startswith("https:")
            self.session = self.aiohttp.ClientSession(
                connector=self.aiohttp.TCPConnector(limit=0, ssl=_certificates() if secure else True),
                timeout=self.aiohttp.ClientTimeout(total=self.timeout),
                proxy=_proxy(self.url),  # aiohttp would look for it, in a thread, at every request
                cookie_jar=self.aiohttp.DummyCookieJar(),
            )
        return self.session


async def _read(response: Any) -> bytes:
    parts, size = [], 0
    async for chunk in response.content.iter_any():
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise UnreachableError(f"an answer of more than {LARGEST // 2**20} MB", sent=True)
    return b"".join(parts)


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _certificates() -> Any:
    """The same list of authorities as the SDKs', where it is installed."""
    import ssl

    try:
        return ssl.create_default_context(cafile=import_module("certifi").where())
    except ImportError:
        return True
