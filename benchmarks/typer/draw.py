"""Distributions from PyPI → a random sample of their prompts, to be read and labelled; never committed.

    python benchmarks/typer/draw.py --mirrors FOLDER --out todo.jsonl [--most 7] NAME …

Each line is a label row without task, also and simple, and with the text. Where the folder has neither a source
distribution nor a wheel, the newest source distribution is downloaded; nothing is built or run. A prompt of which over
half of the six-word runs stand in a labelled or drawn one is left out, as is what no instruction stands in.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from data import LABELS, prompt_data
from places import Found, load_texts, sdist_files, sha256, strings_of

NAMED = re.compile(r"prompt|instruct|system|template|persona|role|task|message", re.I)
ASKS = re.compile(
    r"\b(you are|you're|your (task|job|role|goal)|act as|given (the|a|an)|please|return|respond|reply|output|answer"
    r"|extract|summar|classif|categor|translat|generate|write|rewrite|determine|analy[sz]e|evaluate|judge|rate|identify"
    r"|tu es|eres|du bist|sei un|você)|你|请|あなた|당신|Ты |Вы ", re.I)  # fmt: skip
WIDE = re.compile(r"[\u3040-\uffef]")  # letters that stand for syllables and words


def found_in(path: str, text: str) -> Iterator[Found]:
    """The texts of one file that may be prompts."""
    suffix = path.rpartition(".")[2]
    try:
        if suffix == "py":
            documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            nodes = (n for n in ast.walk(ast.parse(text)) if isinstance(n, documented))
            docs = {doc for n in nodes if (doc := ast.get_docstring(n, clean=False))}
            yield from (f for f in strings_of(text, "python-string") if f.text not in docs)
        elif suffix in ("yaml", "yml"):
            yield from strings_of(text, "yaml-key:")
        elif "prompt" in path.lower():
            yield from strings_of(text, "file", path)
    except Exception as error:  # a file of strangers that does not parse
        print(f"{path}: {error!s:.80}", file=sys.stderr)


def is_prompt(found: Found, path: str) -> bool:
    long = (len(found.text) >= 160 and len(found.text.split()) >= 20) or len(WIDE.findall(found.text)) > 60
    return long and bool(NAMED.search(found.name) or "prompt" in path.lower()) and bool(ASKS.search(found.text))


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + 6]) for i in range(max(1, len(words) - 5))}


def fetched(name: str, mirrors: Path) -> str | None:
    """The version of what is there, else of the newest source distribution, downloaded; None: there is none."""
    folder = mirrors / f"pypi+{name}"
    archives = sorted(folder.glob("*.tar.gz"))
    if not archives and (wheels := sorted(folder.glob("*.whl"))):
        return wheels[0].name.split("-")[1]
    if not archives:
        try:
            with urllib.request.urlopen(f"https://pypi.org/simple/{name}/", timeout=60) as page:
                links = re.findall(r'href="([^"#]+\.tar\.gz)', page.read().decode())
            if not links:
                return None
            folder.mkdir(parents=True, exist_ok=True)
            with urllib.request.urlopen(links[-1], timeout=120) as data:
                (folder / links[-1].rpartition("/")[2]).write_bytes(data.read())
        except OSError as error:
            print(f"{name}: {error}", file=sys.stderr)
            return None
        archives = sorted(folder.glob("*.tar.gz"))
    return archives[0].name.removesuffix(".tar.gz").rpartition("-")[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--mirrors", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=7, help="of each distribution")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    known: set[tuple[str, ...]] = set()
    for index in [prompt_data() / "real_index.jsonl", *sorted(LABELS.glob("real_*.jsonl"))]:
        for row in load_texts(index, args.mirrors)[0]:
            known |= runs(row["text"])
    draw, total = random.Random(args.seed), 0
    with args.out.open("a", encoding="utf-8") as out:
        for name in args.names:
            version = fetched(name, args.mirrors)
            if version is None:
                continue
            files = sdist_files(args.mirrors, f"pypi:{name}", version)
            found = [(path, one) for path, text in sorted(files.items()) if not re.search("test|doc|readme", path, re.I)
                     for one in found_in(path, text) if is_prompt(one, path)]  # fmt: skip
            draw.shuffle(found)
            taken = 0
            for path, one in found:
                own = runs(one.text)
                if taken == args.most or len(own & known) * 2 > len(own):
                    continue
                known |= own
                taken += 1
                row = {"repo": f"pypi:{name}", "commit": version, "path": path, "start_line": one.start_line,
                       "end_line": one.end_line, "extract": one.extract, "name": one.name, "chars": len(one.text),
                       "sha256": sha256(one.text), "text": one.text}  # fmt: skip
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
            total += taken
    print(f"{total} prompts of {len(args.names)} distributions")


if __name__ == "__main__":
    main()
