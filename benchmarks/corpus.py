"""Installed packages and standard libraries → a folder of many Python files, like a monorepo with one service.

The folders that scans leave out by default (`site-packages`, `build`, `dist`, …) are renamed, so that each file counts.
"""

from __future__ import annotations

import os
import shutil
import site
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from llmlint.scan.options import DEFAULT_EXCLUDE

WANTED = 21_000
# code that is an LLM SDK itself is not what a repository that uses one looks like
SDKS = frozenset({
    "anthropic", "cohere", "google", "groq", "huggingface_hub", "instructor", "langchain", "langchain_anthropic",
    "langchain_classic", "langchain_core", "langchain_openai", "langgraph", "langsmith", "litellm", "llama_index",
    "mistralai", "ollama", "openai", "tiktoken", "together", "vertexai",
})  # fmt: skip
# three files that call models, with values that lie elsewhere: what somebody works at in a large repository
SERVICE = {
    "settings.py": 'MODEL = "claude-opus-4-1"\nCAP = 300\n',
    "ask.py": """
from anthropic import Anthropic

from settings import CAP, MODEL


def answer(question: str, cap: int = CAP) -> str:
    reply = Anthropic().messages.create(
        model=MODEL, max_tokens=cap, messages=[{"role": "user", "content": f"Answer in a sentence: {question}"}]
    )
    return reply.content[0].text
""",
    "label.py": """
from openai import OpenAI

client = OpenAI()


def label(texts: list[str]) -> list[str]:
    return [
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": f"Is this mail spam? yes or no: {text}"}]
        ).choices[0].message.content
        for text in texts
    ]
""",
    "main.py": """
from ask import answer
from label import label

if __name__ == "__main__":
    print(answer("What is a monorepo?", cap=100), label(["Hello"]))
""",
}
CALLING = ("service/ask.py", "service/label.py", "service/main.py")


def build_corpus(folder: Path, wanted: int = WANTED, sdks: bool = True) -> int:
    """Copies Python files into `folder` unless that has been done; how many there are."""
    done = folder.with_name(folder.name + ".count")  # beside it: the corpus holds nothing but what is measured
    (folder / "service").mkdir(parents=True, exist_ok=True)
    for name, text in SERVICE.items():
        if not (folder / "service" / name).exists():
            (folder / "service" / name).write_text(text.lstrip(), "utf-8")
    if done.exists():
        return int(done.read_text())
    count = len(SERVICE)
    for number, source in enumerate(sources()):
        if count >= wanted:
            break
        target = folder / f"part{number}"
        for file in python_files(source, sdks):
            copy = target.joinpath(*(renamed(part) for part in file.relative_to(source).parts))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            count += 1
    (folder / ".git").mkdir(exist_ok=True)  # ends the search for ignore files above
    done.write_text(str(count))
    return count


def sources() -> Iterator[Path]:
    """Site-packages and the standard library of this Python, then those of others that pyenv holds."""
    yield from (Path(p) for p in site.getsitepackages() if Path(p).is_dir())
    yield Path(sysconfig.get_path("stdlib"))
    own = Path(sysconfig.get_path("stdlib")).resolve()
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [lib for lib in sorted(versions.glob("*/lib/python3.*")) if lib.resolve() != own]
    yield from reversed(found)  # the newest first
    yield from (lib / "site-packages" for lib in (*reversed(found), own))


def python_files(source: Path, sdks: bool) -> Iterator[Path]:
    for here, folders, files in os.walk(source):
        left_out = SDKS if Path(here) == source and not sdks else frozenset()
        folders[:] = sorted(f for f in folders if f not in ("site-packages", "__pycache__") and f not in left_out)
        yield from (path for name in sorted(files) if name.endswith(".py") and (path := Path(here, name)).is_file())


def renamed(part: str) -> str:
    return part + "_" if part in DEFAULT_EXCLUDE else part
