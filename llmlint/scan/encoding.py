"""The first bytes of a Python file → the name of its encoding."""

from __future__ import annotations

import re

# encodings for something else than source: some of them take quadratic time, and no editor writes them
REFUSED = frozenset({"idna", "punycode", "undefined", "raw_unicode_escape", "unicode_escape", "utf_7", "mbcs", "oem"})
COOKIE = re.compile(rb"coding[:=]")


def source_encoding(data: bytes) -> str:
    """By byte order mark and cookie; "utf-8-sig" drops the mark. Raises Unreadable where they contradict each other."""
    from llmlint.scan.source import Unreadable

    head = data[:400]
    if not COOKIE.search(head):  # nearly every file; a longer first line hides a cookie that nobody could see
        return "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    import codecs
    import io
    import tokenize

    try:
        name = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        known = codecs.lookup(name).name.replace("-", "_")
    except (SyntaxError, LookupError, UnicodeError) as error:
        raise Unreadable(1, f"its encoding cannot be told: {error}") from None
    if known in REFUSED:
        raise Unreadable(1, f"{name!r} is no encoding for Python source")
    return name
