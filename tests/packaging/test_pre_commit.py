"""The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit in a scratch repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, run
from tests.packaging.test_wheel import WASTE

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Scratch:
    """A git repository whose commits pass through pre-commit."""

    folder: Path
    environment: dict[str, str]

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(["git", *arguments], self.folder, self.environment)

    def commit(self, file: str, text: str) -> subprocess.CompletedProcess[str]:
        """Writes, adds and commits one file."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", file)
        return self.git("commit", "-q", "-m", f"Add {file}")

    def hook(self, name: str) -> subprocess.CompletedProcess[str]:
        """One hook on every file of the repository."""
        return run([sys.executable, "-m", "pre_commit", "run", name, "--all-files"], self.folder, self.environment)

    def use(self, hook_repository: Path, *hooks: str) -> None:
        """Writes the configuration, and lets every commit run it."""
        ids = "".join(f"      - id: {hook}\n" for hook in hooks)
        text = f"repos:\n  - repo: {hook_repository}\n    rev: v0.1\n    hooks:\n{ids}"
        (self.folder / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
        self.git("add", ".pre-commit-config.yaml")
        installed = run([sys.executable, "-m", "pre_commit", "install"], self.folder, self.environment)
        assert installed.returncode == 0, installed.stdout + installed.stderr


@pytest.fixture(scope="module")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout with its uncommitted changes, as a repository of its own with the tag v0.1."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("hooks")
    listed = run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "-co", "--exclude-standard"], ROOT)
    assert listed.returncode == 0, listed.stderr
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Everything"], ["tag", "v0.1"]):
        done = run(["git", *arguments], folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pre_commit_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environments that it makes: one for all tests of this module."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def scratch(tmp_path: Path, pre_commit_home: Path) -> Scratch:
    made = Scratch(tmp_path / "repository", {"PRE_COMMIT_HOME": str(pre_commit_home)})
    made.folder.mkdir()
    assert made.git("init", "-q").returncode == 0
    return made


def test_a_commit_with_waste_is_stopped(scratch: Scratch, hook_repository: Path) -> None:
    scratch.use(hook_repository, "llmlint")
    stopped = scratch.commit("app.py", WASTE)
    said = stopped.stdout + stopped.stderr
    assert stopped.returncode == 1, said
    assert "LLM101" in said and "app.py" in said
    assert scratch.git("log", "--oneline").returncode == 128  # no commit was made


def test_a_commit_without_waste_goes_through(scratch: Scratch, hook_repository: Path) -> None:
    scratch.use(hook_repository, "llmlint")
    made = scratch.commit("app.py", "def add(a, b):\n    return a + b\n")
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_file_that_the_policy_excludes_is_left_alone(scratch: Scratch, hook_repository: Path) -> None:
    scratch.use(hook_repository, "llmlint")
    scratch.commit("llmlint.yaml", 'extend_exclude: ["legacy/**"]\n')
    made = scratch.commit("legacy/app.py", WASTE)
    assert made.returncode == 0, made.stdout + made.stderr


def test_the_fix_hook_rewrites_and_then_agrees(scratch: Scratch, hook_repository: Path) -> None:
    scratch.use(hook_repository, "llmlint-fix")
    stopped = scratch.commit("app.py", WASTE)
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert "files were modified by this hook" in stopped.stdout + stopped.stderr
    fixed = (scratch.folder / "app.py").read_text(encoding="utf-8")
    assert "max_completion_tokens=" in fixed
    scratch.git("add", "app.py")
    again = scratch.hook("llmlint-fix")
    assert again.returncode == 0, again.stdout + again.stderr
