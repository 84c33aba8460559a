"""One file's bytes + its findings → the bytes with the remedies applied, and for every other finding the reason.

Only the text of a call goes through libcst, parsed as an expression of its own: what stands outside it (encoding,
line ends, tabs, form feeds, a missing last newline) is copied, never rendered. Nested calls are rewritten from the
inside out, several findings on one call in one go. The result is returned only if ast accepts it.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmlint.fixes.locate import CallSpan, Lines, find_call, find_calls, indentation_unit, parse

if TYPE_CHECKING:
    from llmlint.judge.finding import Finding

NEEDS_UNSAFE = "offered only with --unsafe"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A finding that was not fixed, and why, as the end of "not fixed: …"."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class FixResult:
    """source is the very object that was given where nothing was applied."""

    source: bytes
    applied: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class TextResult:
    """As FixResult, of decoded text: a file's, or a notebook cell's."""

    text: str
    applied: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def fix_source(source: bytes, findings: Sequence[Finding], unsafe: bool) -> FixResult:
    """Findings without a fix are ignored. unsafe: also make the edits that may change what the program does."""
    findings = [f for f in findings if f.fix is not None]
    if not findings:
        return FixResult(source)
    try:
        text, encoding = decode(source)
    except (SyntaxError, UnicodeError, LookupError) as error:
        return FixResult(source, skipped=_all(findings, f"the file cannot be decoded: {error}"))
    result = fix_text(text, findings, unsafe)
    if not result.applied:
        return FixResult(source, skipped=result.skipped)
    try:
        return FixResult(result.text.encode(encoding), result.applied, result.skipped)
    except UnicodeError:
        reason = f"the new text cannot be written in the file's encoding, {encoding}"
        return FixResult(source, skipped=(*result.skipped, *_all(result.applied, reason)))


def fix_text(text: str, findings: Sequence[Finding], unsafe: bool, python: str | None = None) -> TextResult:
    """python: the same text with what is not Python (a notebook's magics) masked, character for character."""
    wanted = [f for f in findings if f.fix is not None]
    skipped = [Skipped(f, NEEDS_UNSAFE) for f in wanted if not _allowed(f, unsafe)]
    wanted = [f for f in wanted if _allowed(f, unsafe)]
    python = text if python is None else python
    try:
        tree = parse(python)
    except SyntaxError as error:
        return TextResult(text, skipped=(*skipped, *_all(wanted, f"the file does not parse: {error.msg}")))
    lines = Lines(python)
    targets, unplaced = _targets(find_calls(tree, lines), lines, wanted)
    skipped += unplaced
    applied: list[Finding] = []
    unit, grown = indentation_unit(tree, lines), [0] * len(targets)
    for i, (span, group) in enumerate(targets):  # from the last line up: what is still to do keeps its offsets
        start, end = span.start, span.end + grown[i]
        if text[start:end] != python[start:end]:
            skipped += _all(group, "a notebook's magic stands inside the call")
            continue
        new, done, refused = _rewrite(python, start, end, span, group, unit)
        text, python = text[:start] + new + text[end:], python[:start] + new + python[end:]
        applied += done
        skipped += refused
        for j in range(i + 1, len(targets)):
            if targets[j][0].end >= span.end:  # it starts before this one and ends after it: it holds it
                grown[j] += len(new) - (end - start)
    try:
        parse(python)
    except SyntaxError:
        return TextResult(text, skipped=(*skipped, *_all(applied, "the result would not be valid Python")))
    return TextResult(text, tuple(applied), tuple(skipped))


def decode(source: bytes) -> tuple[str, str]:
    """(text, encoding) such that `text.encode(encoding)` is `source`; raises UnicodeError where that cannot be."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    text = source.decode(encoding)
    if text.encode(encoding) != source:
        raise UnicodeError(f"its bytes do not survive {encoding} unchanged")
    return text, encoding


def _allowed(finding: Finding, unsafe: bool) -> bool:
    return unsafe or (finding.fix is not None and finding.fix.safety == "safe")


def _all(findings: Iterable[Finding], reason: str) -> tuple[Skipped, ...]:
    return tuple(Skipped(f, reason) for f in findings)


def _targets(
    calls: list[CallSpan], lines: Lines, findings: Sequence[Finding]
) -> tuple[list[tuple[CallSpan, list[Finding]]], list[Skipped]]:
    """The calls to rewrite, each before the calls that hold it, and the findings that point at none."""
    groups: dict[tuple[int, int], tuple[CallSpan, list[Finding]]] = {}
    skipped: list[Skipped] = []
    for f in findings:
        span = find_call(calls, lines, (f.line, f.column), (f.end_line, f.end_column))
        if span is None:
            skipped.append(Skipped(f, "no call stands at its place: the file has changed since it was analysed"))
        elif span.in_fstring:
            skipped.append(Skipped(f, "the call stands inside an f-string"))
        else:
            groups.setdefault((-span.start, span.end), (span, []))[1].append(f)
    return [groups[key] for key in sorted(groups)], skipped


def _rewrite(
    text: str, start: int, end: int, span: CallSpan, group: list[Finding], unit: str
) -> tuple[str, list[Finding], list[Skipped]]:
    """The new text of the call text[start:end]; which findings it settles, which not and why."""
    from llmlint.fixes.call import rewrite_call  # libcst: 0.3 s, and only where something is to be fixed

    specs = [f.fix for f in group if f.fix is not None]
    new, reasons = rewrite_call(text, start, end, span.node, specs, unit)
    applied = [f for f, reason in zip(group, reasons, strict=True) if reason is None]
    return new, applied, [Skipped(f, r) for f, r in zip(group, reasons, strict=True) if r is not None]
