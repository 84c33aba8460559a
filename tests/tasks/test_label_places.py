"""Where a labelled prompt stands: the texts of distributions are read without unpacking or running them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

from benchmarks.typer.places import sdist_files

PROMPTS = b'SYSTEM = "You sort e-mails."\n'


def test_a_wheel_is_read_where_no_source_distribution_is(tmp_path: Path) -> None:
    folder = tmp_path / "pypi+mail-sorter"
    folder.mkdir()
    with zipfile.ZipFile(folder / "mail_sorter-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("mail_sorter/prompts.py", PROMPTS)
        wheel.writestr("mail_sorter/logo.png", b"\x89PNG")
    assert sdist_files(tmp_path, "pypi:mail-sorter", "1.2") == {"mail_sorter/prompts.py": PROMPTS.decode()}

    with tarfile.open(folder / "mail_sorter-1.2.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("mail_sorter-1.2/src/prompts.py")
        member.size = len(PROMPTS)
        archive.addfile(member, io.BytesIO(PROMPTS))
    assert sdist_files(tmp_path, "pypi:mail-sorter", "1.2") == {"src/prompts.py": PROMPTS.decode()}
