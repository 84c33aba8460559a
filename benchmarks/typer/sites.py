"""Call sites of held-out repositories whose labelled prompt reaches them → what the code around the prompt adds.

    LLMLINT_PROMPT_DATA=FOLDER python benchmarks/typer/sites.py --mirrors FOLDER --model FILE [--most 150]

FILE is what train.py writes from the training part. Each repository's Python files, at the commit that its labels name,
or those of the distribution, are written to a temporary folder and scanned as `check` scans them; nothing of them is
run. A site counts for a label when the text that reaches it holds the labelled prompt. Repositories of more than
`--most` Python files are left out.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from data import LABELS, is_held_out
from evaluate import Answer, figures
from places import Blobs, git, git_dir, load_texts, sdist_files

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from data import Row

from llmlint.cli.scanning import Request, scan
from llmlint.facts import CallSite, TaskFact
from llmlint.tasks import typer
from llmlint.tasks.hints import typed

LEAST_CHARS = 60  # of constant text: a shorter prompt could stand inside another by chance


def plain(text: str) -> str:
    """The text without its values and white space."""
    return re.sub(r"\s+", "", re.sub(r"\{[^{}]*\}", "", text))


def labelled(mirrors: Path) -> dict[tuple[str, str], list[Row]]:
    """The held-out real prompts by repository and commit."""
    out = defaultdict(list)
    for path in sorted(LABELS.glob("real_*.jsonl")):
        rows, _ = load_texts(path, mirrors)
        for r in rows:
            if is_held_out("more", r["repo"]) and len(plain(r["text"])) >= LEAST_CHARS:
                row = Row(r["id"], "more", r["repo"], r["text"], r["task"], tuple(r["also"]), r["simple"], {})
                out[r["repo"], r["commit"]].append(row)
    return out


def sites_of(blobs: Blobs, repo: str, commit: str, most: int) -> Sequence[CallSite]:
    if repo.startswith("pypi:"):
        listing = list(sdist_files(blobs.mirror, repo, commit))
    else:
        listing = git(git_dir(blobs.mirror, repo), "ls-tree", "-r", "--name-only", commit).splitlines()
    names = [n for n in listing if n.endswith(".py") and ".." not in Path(n).parts and not Path(n).is_absolute()]
    if not 0 < len(names) <= most:
        return ()
    with tempfile.TemporaryDirectory() as root:
        for name in names:
            if (text := blobs.read(repo, commit, name)) is not None:
                (Path(root) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(root) / name).write_text(text, encoding="utf-8")
        return scan(Request((Path(root),), no_cache=True, jobs=1), quiet=True)[1].call_sites


def answer(fact: TaskFact) -> Answer:
    return Answer(fact.type, fact.simple is True, fact.simple is True and fact.confidence >= typer.SPEAK_CONFIDENCE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mirrors", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--most", type=int, default=150)
    args = parser.parse_args()
    model = typer.load_model(args.model)
    typer.load_model = lambda *_: model  # type: ignore[assignment]
    reached, alone, with_code = [], [], []
    with Blobs(args.mirrors) as blobs:
        for (repo, commit), rows in sorted(labelled(args.mirrors).items()):
            sites = sites_of(blobs, repo, commit, args.most)
            found = [(plain(s.prompt.text), s) for s in sites if s.prompt.text]
            for row in rows:
                text = plain(row.text)
                site = next((s for whole, s in found if text in whole and len(text) > 0.5 * len(whole)), None)
                if site is not None:
                    reached.append(row)
                    alone.append(answer(typer.classify_prompt(row.text)))
                    with_code.append(answer(typed(site).task))
    figures("the prompt alone", reached, alone)
    figures("as `check` sees it, with the code around it", reached, with_code)


if __name__ == "__main__":
    main()
