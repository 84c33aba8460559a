"""A server's address and question → its JSON answer, or one sentence that says what it did instead.

Keys come from the environment, go to no other host and into no message; a redirect is not followed.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from llmlint.errors import UsageError

SECONDS = 60
TRIES = 4
LONGEST_WAIT = 30.0
LARGEST = 64 << 20
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Server:
    """base: "https://api.anthropic.com". secret: the headers hold a key. `sleep` is the clock's, for tests."""

    base: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: bool = False
    sleep: Callable[[float], None] = time.sleep

    @property
    def shown(self) -> str:
        """Without what may be a password."""
        parts = urlsplit(self.base)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """The object that the server answers with; tried again where it is busy. Raises UsageError."""
        self._check()
        url = self.base.rstrip("/") + path + ("?" + urlencode(query) if query else "")
        request = urllib.request.Request(url, headers={"Accept": "application/json", **self.headers})
        for attempt in range(1, TRIES + 1):
            try:
                with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS) as answer:
                    return self._object(answer, path)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 500, 502, 503, 504, 529) or attempt == TRIES:
                    raise self._refused(error, path, attempt) from None
                self.sleep(_wait(error.headers.get("Retry-After"), attempt))
            except (urllib.error.URLError, OSError, ValueError) as error:
                if attempt == TRIES or isinstance(error, ValueError):
                    reason = getattr(error, "reason", None) or error
                    why = str(getattr(reason, "strerror", None) or reason).lower()
                    raise UsageError(f"the server cannot be reached: {why}", path=self.shown) from None
                self.sleep(_wait(None, attempt))
        raise AssertionError

    def _check(self) -> None:
        try:
            parts = urlsplit(self.base)
            host = parts.hostname
        except ValueError:
            host, parts = None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host:
            raise UsageError("this is no address of a server", mend="write it as https://prometheus.example")
        if self.secret and parts.scheme == "http" and host not in LOCAL:
            raise UsageError("a key is not sent without encryption", path=self.shown, mend="use https")

    def _object(self, answer: IO[bytes], path: str) -> dict[str, Any]:
        body = answer.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise UsageError(f"the answer to {path} is longer than {LARGEST >> 20} MB", path=self.shown)
        length = getattr(answer, "headers", {}).get("Content-Length")
        if length is not None and length.isdigit() and int(length) != len(body):
            raise UsageError(f"the answer to {path} is cut off", path=self.shown, mend="try again")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            what = "a page for people, not data" if body.lstrip()[:1] == b"<" else "no JSON, or cut off"
            raise UsageError(f"the answer to {path} is {what}", path=self.shown, mend="is the address right?") from None
        if not isinstance(found, dict):
            raise UsageError(f"the answer to {path} has another shape than documented", path=self.shown)
        return found

    def _refused(self, error: urllib.error.HTTPError, path: str, attempts: int) -> UsageError:
        code = error.code
        if code in (401, 403):
            mend = "does the key have the right?"
            return UsageError(f"the server refuses {path}: {code}", path=self.shown, mend=mend)
        if 300 <= code < 400:
            return UsageError(f"the server sends {path} elsewhere, which is not followed", path=self.shown)
        times = f" {attempts} times" if attempts > 1 else ""
        return UsageError(f"the server answers {path} with {code}{times}", path=self.shown)


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to whomever it names."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _is_bucket(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("results"), list)


def _wait(told: str | None, attempt: int) -> float:
    try:
        return min(LONGEST_WAIT, max(0.0, float(told or "")))
    except ValueError:
        return min(LONGEST_WAIT, 2.0**attempt)


def pages(server: Server, path: str, query: Sequence[tuple[str, str]], most: int = 10_000) -> list[dict[str, Any]]:
    """The buckets of all pages, as Anthropic and OpenAI page them. All or nothing: raises UsageError where a page is
    missing, comes twice or has another shape, for a part of a bill must not look like the whole."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    page: str | None = None
    while True:
        answer = server.get(path, [*query, *([("page", page)] if page else [])])
        data = answer.get("data")
        if not isinstance(data, list) or not all(map(_is_bucket, data)):
            raise UsageError(f"the answer to {path} has another shape than documented", path=server.shown)
        found += data
        if not answer.get("has_more"):
            return found
        page = answer.get("next_page")
        if not isinstance(page, str) or not page or page in seen or len(seen) >= most:
            what = "names none" if not page else "names one that it gave before"
            raise UsageError(f"{path} says that there is another page and {what}", path=server.shown)
        seen.add(page)
