"""Pages are opened as people open them: in a browser, from the disk, without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BROWSER = next((b for b in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if b), None)
REACHES_OUT = re.compile(r"(?:src|href)\s*=\s*[\"']?https?:|url\(\s*[\"']?https?:|@import", re.I)
APP = '''import anthropic

client = anthropic.Anthropic()


def triage(ticket):
    # llmlint: label=triage volume=12000/day input_tokens=800 output_tokens=20
    prompt = f"Answer yes or no: is this urgent? <script>document.title = 'taken'</script> {ticket}"
    return client.messages.create(model="claude-opus-4-7", max_tokens=5, messages=[{"role": "user", "content": prompt}])
'''
PAGES: list[tuple[str, list[str], str, list[str]]] = [
    ("cost", ["cost", ".", "--format", "html=page.html"], "page.html", ["What the LLM calls cost", "app.py:9"]),
    ("audit", ["audit", ".", "--format", "html=page.html"], "page.html", ["Models by the difficulty of the task"]),
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "llmlint.yaml").write_text("extends: default\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "page", "texts"), [p[1:] for p in PAGES], ids=[p[0] for p in PAGES])
def test_a_page_opens(project: Path, command: list[str], page: str, texts: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "llmlint", *command], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    shown = opened(project / page, project)
    for text in texts:
        assert text in shown
    assert "<title>taken</title>" not in shown


def opened(page: Path, folder: Path) -> str:
    """The page as the browser has built it."""
    assert not REACHES_OUT.search(re.sub(r"<a\s[^>]*>", "", page.read_text())), "a page must do without a network"
    if BROWSER is None:
        pytest.skip("no Chromium here")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'browser'}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout
