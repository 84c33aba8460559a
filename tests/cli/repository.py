"""A git repository in a temporary folder, for what `check --since` and baselines see of one."""

from __future__ import annotations

import subprocess
from pathlib import Path

APP = """\
from openai import OpenAI

from settings import MODEL

client = OpenAI()


def ask(question):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": question}])


def is_spam(mail):
    answer = client.chat.completions.create(
        model=MODEL, max_tokens=3,
        messages=[{"role": "system", "content": "Is this spam? Answer yes or no."}, {"role": "user", "content": mail}],
    )
    return answer.choices[0].message.content == "yes"
"""


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def repository(folder: Path) -> Path:
    """`ask` has no limit; `is_spam` is cheap as long as settings.py names a small model."""
    write(folder, {"app.py": APP, "settings.py": 'MODEL = "gpt-6-luna"\n'})
    git(folder, "init", "-q")
    commit(folder)
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "more")
