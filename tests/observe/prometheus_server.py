"""A Prometheus of one's own on loopback, filled with generated series; torn down with the test."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

WHY = "needs promtool and prometheus (Debian's package prometheus)"
INSTALLED = shutil.which("prometheus") is not None and shutil.which("promtool") is not None
DAYS, STEP = 8, 600  # of samples; seconds between two


@dataclass(frozen=True)
class Server:
    url: str

    def get(self, path: str, **query: str) -> Any:
        with urlopen(f"{self.url}{path}?{urlencode(query)}", timeout=30) as answer:
            return json.load(answer)["data"]

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """What an instant query gives: (labels, value)."""
        rows = self.get("/api/v1/query", query=expr)["result"]
        return [(row["metric"], float(row["value"][1])) for row in rows]


def openmetrics(rates: Mapping[str, float], end: int) -> str:
    """Counters that grow evenly. rates: series as written in PromQL → what it grows by in an hour."""
    lines = []
    for series, rate in rates.items():
        series = series.replace('", ', '",')  # older parsers know no space there
        for i in range(DAYS * 86_400 // STEP + 1):
            at = end - DAYS * 86_400 + i * STEP
            lines.append(f"{series} {rate * i * STEP / 3600:.9f} {at}")
    return "\n".join([*lines, "# EOF", ""])


@contextmanager
def serving(folder: Path, rates: Mapping[str, float], rule_files: Sequence[Path] = ()) -> Iterator[Server]:
    """A running server that holds the series up to now and evaluates the rules all the time."""
    data, text = folder / "data", folder / "series.txt"
    text.write_text(openmetrics(rates, int(time.time())))
    # one block: by default there is one for every two hours
    promtool = ["promtool", "tsdb", "create-blocks-from", "--max-block-duration=720h", "openmetrics", str(text), str(data)]
    made = subprocess.run(promtool, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    config = {"global": {"evaluation_interval": "200ms"}, "rule_files": [str(file) for file in rule_files]}
    (folder / "prometheus.yml").write_text(json.dumps(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={data}",
        f"--web.listen-address={address}", "--storage.tsdb.retention.time=90d", "--log.level=warn",
    ]  # fmt: skip
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        ready(f"http://{address}/-/ready", process, folder / "log")
        yield Server(f"http://{address}")
    finally:
        process.terminate()
        process.wait(30)


def ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("not ready: " + log.read_text())
