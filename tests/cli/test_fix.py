from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from llmlint.judge.finding import Finding, FixSpec
from tests.cli.pipeline import Pipeline, run
from tests.report.samples import finding

BEFORE = "import c\n\nc.create(model='m')\n"
AFTER = "import c\n\nc.create(model='m', max_tokens=1024)\n"
CAP = FixSpec("set-keyword", {"keyword": "max_tokens", "value": 1024})
MODEL = FixSpec("replace-value", {"keyword": "model", "value": "small"}, "unsafe")


def at(path: str, fix: FixSpec, source: str = BEFORE) -> Finding:
    call = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return finding(
        path=path, fix=fix, line=call.lineno, end_line=call.end_lineno, column=call.col_offset + 1,
        end_column=(call.end_col_offset or 0) + 1,
    )  # fmt: skip


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.py").write_text(BEFORE)
    return Pipeline(findings=(at("x.py", CAP),)).install(monkeypatch)


def test_fix_writes_and_says_so(pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "x.py").chmod(0o754)
    result = run("fix")
    assert result.output == "x.py: 1 finding fixed\nfixed 1 finding in 1 file\n" and result.exit_code == 0
    assert (tmp_path / "x.py").read_text() == AFTER
    assert (tmp_path / "x.py").stat().st_mode & 0o777 == 0o754
    assert [p.name for p in tmp_path.iterdir()] == ["x.py"]


def test_diff_writes_nothing_and_git_takes_it(pipeline: Pipeline, tmp_path: Path) -> None:
    result = run("fix", "--diff")
    assert result.exit_code == 1 and result.stderr == "llmlint: would fix 1 finding in 1 file\n"
    assert (tmp_path / "x.py").read_text() == BEFORE
    subprocess.run(["git", "apply", "-"], input=result.stdout.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "x.py").read_text() == AFTER


def test_diff_of_a_file_without_last_newline(pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(BEFORE.rstrip("\n"))
    result = run("fix", "--diff")
    subprocess.run(["git", "apply", "-"], input=result.stdout.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "x.py").read_text() == AFTER.rstrip("\n")


def test_nothing_to_fix(pipeline: Pipeline) -> None:
    pipeline.findings = (finding(fix=None),)
    assert run("fix").output == "nothing to fix\n"
    assert run("fix", "--diff").exit_code == 0


def test_unsafe_edits_only_when_asked(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.findings = (at("x.py", CAP), at("x.py", MODEL))
    assert run("fix", "--diff").stderr == "llmlint: would fix 1 finding in 1 file; 1 more with --unsafe\n"
    assert run("fix", "--unsafe").output.endswith("fixed 2 findings in 1 file\n")
    assert (tmp_path / "x.py").read_text() == "import c\n\nc.create(model='small', max_tokens=1024)\n"


def test_a_file_that_changed_since_analysis_is_left_alone(pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("import c\n\n\nc.create(model='m')\n")
    result = run("fix")
    assert "x.py:3:1: LLM101 output-cap not fixed: no call stands at its place" in result.stderr
    assert result.stdout == "nothing to fix; 1 not fixed\n"


def test_a_file_that_changes_between_reading_and_writing_is_left_alone(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmlint.fixes import files

    def interfere(edit: files.FileEdit) -> str | None:
        edit.file.write_text("# somebody else\n")
        return write(edit)

    write = files.write_edit
    monkeypatch.setattr(files, "write_edit", interfere)
    result = run("fix")
    assert "not fixed: the file has changed since it was analysed" in result.stderr
    assert (tmp_path / "x.py").read_text() == "# somebody else\n"
    assert [p.name for p in tmp_path.iterdir()] == ["x.py"]


def test_one_bad_file_does_not_stop_the_others(pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.findings = (at("gone.py", CAP), at("x.py", CAP))
    result = run("fix")
    assert "gone.py:3:1: LLM101 output-cap not fixed: the file cannot be read: no such file" in result.stderr
    assert (tmp_path / "x.py").read_text() == AFTER


def test_symbolic_links_stay(pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "x.py").rename(tmp_path / "real.py")
    (tmp_path / "x.py").symlink_to("real.py")
    run("fix")
    assert (tmp_path / "x.py").is_symlink() and (tmp_path / "real.py").read_text() == AFTER
