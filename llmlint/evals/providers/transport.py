"""A body of JSON → what the server sent back, whatever it is; only an answer that never came whole is an exception.

The official SDK sends. It manages some 300 to 700 requests a second and core, so where aiohttp is installed and the key
does not change, its first request is looked at as it leaves, and the next ones are sent the same way without it.
SDKs take seconds to import: that is done in a thread, while models of another SDK are asked already.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from llmlint.evals.providers import api_of
from llmlint.evals.providers.clients import check_client, open_client
from llmlint.evals.records import Candidate

LARGEST = 64 * 2**20  # bytes of one answer
FIXED_KEYS = ("anthropic", "openai")
IMPORTING = threading.Lock()  # SDKs share packages: two at once would take no less time
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
    async def ready(self) -> None:
        """Waits until a request can leave. Raises UserError where none ever can."""

    async def send(self, body: Mapping[str, Any]) -> Answer: ...

    async def close(self) -> None: ...


def transport_for(candidate: Candidate, timeout: float, lean: bool = True) -> Transport:
    """timeout: seconds for one attempt; lean: leave the SDK out after its first request, where that can be done.

    Inside an event loop. Raises UserError where a key, a package or an address is missing.
    """
    sdk = Sdk(api_of(candidate).name, lambda: open_client(candidate, timeout))
    if candidate.provider not in FIXED_KEYS:
        sdk.open_now()
        return sdk
    check_client(candidate)
    sdk.open_beside()
    if lean:
        try:
            return Lean(sdk, import_module("aiohttp"), timeout)
        except ImportError:
            pass
    return sdk


@dataclass
class Sdk:
    """Through the official SDK. told: who is handed the address and the headers of each request as it leaves."""

    api: str
    open: Callable[[], Any]
    told: Callable[[str, Mapping[str, str]], None] | None = None
    _opening: asyncio.Future[Any] | None = None

    def open_now(self) -> None:
        """Imports the SDK and makes its client. Raises UserError."""
        self._opening = asyncio.get_running_loop().create_future()
        self._opening.set_result(self._opened())

    def open_beside(self) -> None:
        """The same in a thread; `ready` tells how it ended."""
        self._opening = asyncio.get_running_loop().run_in_executor(None, self._opened)

    def _opened(self) -> Any:
        with IMPORTING:
            client = self.open()
            _method(client, self.api)  # some SDKs import the rest only now
        http: Any = getattr(client, "_client", None)
        if hasattr(http, "event_hooks"):
            http.event_hooks = {**http.event_hooks, "request": [*http.event_hooks.get("request", ()), self._leaves]}
        return client

    async def _leaves(self, request: Any) -> None:
        if self.told is not None:
            self.told(str(request.url), dict(request.headers))

    async def ready(self) -> None:
        await self._client()

    async def _client(self) -> Any:
        assert self._opening is not None
        return await asyncio.shield(self._opening)

    async def send(self, body: Mapping[str, Any]) -> Answer:
        client = await self._client()
        named, rest = _split(body, self.api)
        try:
            raw = await _method(client, self.api)(**named, extra_body=rest)
            response = raw.http_response
        except Exception as error:
            response = getattr(error, "response", None)
            if response is None:
                raise _unreachable(error) from error
        content = response.content
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, content)

    async def close(self) -> None:
        await (await self._client()).close()


def _method(client: Any, api: str) -> Any:
    if api == "messages":
        return client.messages.with_raw_response.create
    if api == "responses":
        return client.responses.with_raw_response.create
    if api == "embeddings":
        return client.embeddings.with_raw_response.create
    return client.chat.completions.with_raw_response.create


def _split(body: Mapping[str, Any], api: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What each version of the SDK knows by name, and the rest, which it sends as it is."""
    own = {"messages": ("model", "messages", "max_tokens"), "chat": ("model", "messages")}
    known = own.get(api, ("model", "input"))
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
    """The same protocol without the SDK, once the SDK has shown how; until then one request at a time goes its way."""

    sdk: Sdk
    aiohttp: Any
    timeout: float
    session: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    _showing: bool = False

    def __post_init__(self) -> None:
        self.sdk.told = self._take_over

    async def ready(self) -> None:
        await self.sdk.ready()

    async def send(self, body: Mapping[str, Any]) -> Answer:
        while not self.url:
            if not self._showing:
                return await self._show(body)
            await self.shown.wait()
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

    async def _show(self, body: Mapping[str, Any]) -> Answer:
        self._showing = True
        self.shown.clear()
        try:
            return await self.sdk.send(body)
        finally:
            self._showing = False
            self.shown.set()

    def _take_over(self, url: str, headers: Mapping[str, str]) -> None:
        self.headers = {name: value for name, value in headers.items() if name.lower() not in NOT_KEPT}
        self.url = url
        self.shown.set()

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
