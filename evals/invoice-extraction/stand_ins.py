"""Local programs that read invoices while no key is set: patterns of a language, of five languages, and with terms."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

FIELDS = ("vendor", "number", "date", "due", "currency", "net", "tax", "total")
SIGNS = {"€": "EUR", "£": "GBP", "$": "USD", "kr.": "DKK"}
CODE = re.compile(r"\b(EUR|GBP|USD|CHF|DKK|SEK|NOK|JPY|AUD|NZD)\b")
AMOUNT = re.compile(r"-?[£$€]?\s?\d[\d.,' ]*\d(?![\d%])|\b\d\b(?!\s?%)")
MONTHS = (
    ("jan", "gen"), ("feb", "fév"), ("mar", "mär"), ("apr", "avr"), ("may", "mai", "mag"), ("jun", "giu"),
    ("jul", "lug"), ("aug", "ago", "aoû"), ("sep", "set"), ("oct", "okt", "ott"), ("nov",),
    ("dec", "dez", "déc", "dic"),
)  # fmt: skip
NAMED = r"(?:(\d{1,2})\.?\s+([a-zäûé]{3})\w*\.?\s+|([a-z]{3})\w*\s+(\d{1,2}),\s+)(20\d\d)"  # 3 June 2026, June 3, 2026
ENGLISH = {
    "number": r"invoice|inv\b|bill no",
    "due": r"\bdue|pay by|payment by",
    "net": r"\bnet\b|subtotal",
    "tax": r"\bvat\b|\btax\b|\bgst\b",
    "total": r"\btotal\b|amount due",
}
ALL = {
    "number": r"invoice|\binv\b|bill no|rechnung|re\.-nr|factu|fattura|fakt|credit note|gutschrift|avoir|beleg|reçu",
    "due": r"\bdue|\bby\b|fällig|bis\b|zahlbar|avant|échéance|vencimiento|verval|scadenza|f[oö]rfall|senest|voor\b",
    "net": r"\bnet\b|netto|subtotal|\bht\b|base|imponibile|excl|ekskl|\bex\b|\bfees\b",
    "tax": r"\bvat\b|\btax\b|\bgst\b|\bust\b|mwst|umsatzsteuer|\btva\b|\biva\b|btw|moms|mva",
    "total": r"total|amount due|gesamt|brutto|\bttc\b|totaal|totale|i alt|betal[ae]|à payer|\bto pay\b|betrag",
}


def english_patterns(request: Any) -> str:
    """Words of English invoices, dates as they stand."""
    return json.dumps(read(request.values["input"], ENGLISH, terms=False), ensure_ascii=False)


def five_languages(request: Any) -> str:
    """Words of invoices in five languages."""
    return json.dumps(read(request.values["input"], ALL, terms=False), ensure_ascii=False)


def with_terms(request: Any) -> str:
    """The same, and terms such as "30 days net" are counted from the date."""
    return json.dumps(read(request.values["input"], ALL, terms=True), ensure_ascii=False)


def read(text: str, words: dict[str, str], terms: bool) -> dict[str, Any]:
    """The fields as far as the patterns find them, null where they do not."""
    lines = text.split("\n")
    sign = next((code for mark, code in SIGNS.items() if mark in text), None)
    code = CODE.search(text)
    currency = code[1] if code else sign
    dates = [(i, found) for i, line in enumerate(lines) for found in days(line, currency == "USD")]
    promised = [found for i, found in dates[1:] if re.search(words["due"], lines[i], re.I)]
    due = promised[0] if promised else None
    made = dates[0][1] if dates else None
    if terms and due is None and made is not None:
        due = by_terms(text, made)
    out: dict[str, Any] = {
        "vendor": vendor(lines, words), "number": number(lines, words), "date": made and made.isoformat(),
        "due": due and due.isoformat(), "currency": currency,
    }  # fmt: skip
    for name in ("net", "tax", "total"):
        rows = [line for line in lines if re.search(words[name], line, re.I)]
        found = [money for line in rows if (money := amount(line)) is not None]
        out[name] = (found[-1] if name == "total" else found[0]) if found else None
    return out


def vendor(lines: list[str], words: dict[str, str]) -> str | None:
    """The first line that is not the title of the document."""
    for line in lines:
        if not re.search(words["number"], line, re.I) and not re.search(r"\d{3}", line):
            return re.split(r",|\s{2,}", line)[0].strip()
    return None


def number(lines: list[str], words: dict[str, str]) -> str | None:
    """The first word with a digit in it after the word for invoice."""
    for line in lines:
        found = re.search(rf"(?:{words['number']})\w*(.*)", line, re.I)
        for word in found[1].split() if found else ():
            if re.search(r"\d", word) and not days(word, False):
                return word.strip(".,:#()")
    return None


def amount(line: str) -> float | None:
    """The last sum of a line."""
    found = AMOUNT.findall(re.sub(r"\d+([.,]\d+)?\s?%", "", line))
    if not found:
        return None
    digits = re.sub(r"[£$€' ]", "", found[-1])
    if re.search(r"[.,]\d\d$", digits):
        whole, cents = digits[:-3], digits[-2:]
        return float(re.sub(r"[.,]", "", whole) + "." + cents)
    return float(re.sub(r"[.,]", "", digits) or 0)


def days(line: str, american: bool) -> list[date]:
    """The days that a line names, in whatever way."""
    found = []
    for hit in re.finditer(r"(\d{4})[-/](\d\d)[-/](\d\d)|(\d{1,2})[./-](\d{1,2})[./-](20\d\d)", line):
        if hit[1]:
            found.append(day(hit[1], hit[2], hit[3]))
        else:
            first, second = (hit[5], hit[4]) if american else (hit[4], hit[5])
            found.append(day(hit[6], second, first))
    for hit in re.finditer(NAMED, line, re.I):
        name = (hit[2] or hit[3]).casefold()
        month = next((i for i, names in enumerate(MONTHS, start=1) if name in names), None)
        found.append(day(hit[5], str(month or 0), hit[1] or hit[4]))
    return [one for one in found if one is not None]


def day(year: str, month: str, number: str) -> date | None:
    try:
        return date(int(year), int(month), int(number))
    except ValueError:
        return None


def by_terms(text: str, made: date) -> date | None:
    """ "30 days net", "Net 45", "14 Tage", "on receipt" → the day."""
    if re.search(r"on receipt|zahlbar sofort", text, re.I):
        return made
    found = re.search(r"(\d+)\s+(?:days|tage|dage|giorni|jours)|net\s+(\d+)\b(?![.,])", text, re.I)
    return made + timedelta(days=int(found[1] or found[2])) if found else None
