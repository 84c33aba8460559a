"""How long `llmlint diff` takes beside `git diff --stat`, in a generated repository.

    python benchmarks/diff_speed.py [FILES]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

APP = """from openai import OpenAI
from pkg0.config import MODEL{n}

client = OpenAI()


def ask{n}(question):
    return client.responses.create(model=MODEL{n}, input=question, max_output_tokens=100)
"""
METHODS = "".join(f"    def method_{i}(self, x):\n        return json.dumps(x)\n\n" for i in range(40))
PLAIN = "import json\n\n\nclass Thing{n}:\n" + METHODS
CHANGES = {
    "a constant in another file": ("pkg0/config.py", 'MODEL3 = "gpt-5-mini"', 'MODEL3 = "gpt-5"'),
    "code without a call site": ("pkg1/thing7.py", "return json.dumps(x)", "return json.dumps(x, indent=2)"),
    "a page of documentation": ("README.md", "words", "more words"),
}


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def generate(folder: Path, files: int) -> None:
    for n in range(files):
        package = folder / f"pkg{n % 50}"
        package.mkdir(exist_ok=True)
        name, text = (f"ask{n}.py", APP) if n % 50 == 2 else (f"thing{n}.py", PLAIN)
        (package / name).write_text(text.replace("{n}", str(n // 50 if n % 50 == 2 else n)), encoding="utf-8")
    models = "".join(f'MODEL{n} = "gpt-5-mini"\n' for n in range(files // 50 + 1))
    (folder / "pkg0" / "config.py").write_text(models, encoding="utf-8")
    (folder / "pkg1" / "thing7.py").write_text(PLAIN.replace("{n}", "7"), encoding="utf-8")
    (folder / "README.md").write_text("words\n", encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")


def seconds(command: list[str], folder: Path) -> str:
    """By the clock and of the processor, the best of three."""
    clock = processor = 1e9
    # modules are compiled once, as they are where llmlint is installed
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(3):
        start, before = time.perf_counter(), os.times()
        subprocess.run(command, cwd=folder, check=False, capture_output=True, env=own)
        after = os.times()
        clock = min(clock, time.perf_counter() - start)
        used = after.children_user + after.children_system - before.children_user - before.children_system
        processor = min(processor, used)
    return f"{clock:.2f} s ({processor:.2f} s of processor)"


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, files)
        print(f"{files:,} files, {files // 50:,} of them with a call site; best of 3")
        for words, (path, old, new) in CHANGES.items():
            file = folder / path
            text = file.read_text(encoding="utf-8")
            file.write_text(text.replace(old, new, 1), encoding="utf-8")
            stat = seconds(["git", "diff", "--stat", "HEAD"], folder)
            ours = seconds([sys.executable, "-m", "llmlint", "diff", "HEAD", "-q"], folder)
            print(f"{words}: git diff --stat {stat}, llmlint diff {ours}")
            file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
