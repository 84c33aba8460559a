"""Files → which of them may mention a name, without looking at them again.

One bit for each group of files and each of 65,536 hash values: it says "perhaps" too often for one group in a hundred,
and "no" only where it is so. Building it costs as much as some forty searches of all files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llmlint.scan.search import WORD_BYTE

GROUP = 8  # files side by side share most of their words
VALUES = 1 << 16
BLANKED = bytes(c if WORD_BYTE.match(bytes([c])) else 32 for c in range(256))


class NameIndex:
    """`data`: path → bytes, None where there are none to read."""

    def __init__(self, files: Sequence[str], data: Callable[[str], bytes | None]) -> None:
        self.files = files
        self._groups = [files[i : i + GROUP] for i in range(0, len(files), GROUP)]
        self._width = len(self._groups) // 8 + 1
        self._bits = bytearray(VALUES * self._width)
        for number, group in enumerate(self._groups):
            words: set[bytes] = set()
            for path in group:
                words.update((data(path) or b"").translate(BLANKED).split())
            at, bit = number >> 3, 1 << (number & 7)
            for value in {hash(word) % VALUES for word in words}:
                self._bits[value * self._width + at] |= bit

    def candidates(self, name: str) -> list[str]:
        """The files that may hold the identifier as a whole word, in their order."""
        start = hash(name.encode("utf-8", "surrogateescape")) % VALUES * self._width
        row = self._bits[start : start + self._width]
        numbers = (at * 8 + n for at, byte in enumerate(row) if byte for n in range(8) if byte >> n & 1)
        return [path for number in numbers for path in self._groups[number]]
