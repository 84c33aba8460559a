"""A server on the loopback interface that answers as it is told; each test says what."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Asked = Callable[[str, dict[str, list[str]], dict[str, str]], Answer]


@contextmanager
def serving(answer: Asked) -> Iterator[str]:
    """The base address. `answer(path, query, headers)` gives (status, object or bytes[, headers])."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, body, *more = answer(parts.path, parse_qs(parts.query), {k.lower(): v for k, v in self.headers.items()})
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers = {"Content-Length": str(len(data)), **(more[0] if more else {})}
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)  # seconds until it sees that it is to end
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
