"""The reporting database of the prompt, made up by a seed: what the statements of an answer are run on."""

from __future__ import annotations

import random
import sqlite3
from datetime import date, datetime, timedelta

SCHEMA = """
CREATE TABLE shop (shop_id INTEGER PRIMARY KEY, name TEXT, city TEXT, country TEXT, kind TEXT, plan TEXT,
                   opened_on TEXT, closed_on TEXT);
CREATE TABLE terminal (terminal_id INTEGER PRIMARY KEY, shop_id INTEGER, model TEXT, firmware TEXT, last_seen_at TEXT,
                       broken INTEGER);
CREATE TABLE sale (sale_id INTEGER PRIMARY KEY, shop_id INTEGER, sold_at TEXT, total_cents INTEGER, tip_cents INTEGER,
                   tax_cents INTEGER, method TEXT, terminal_id INTEGER, refund_of INTEGER);
CREATE TABLE line (sale_id INTEGER, position INTEGER, article TEXT, category TEXT, quantity REAL, cents INTEGER);
CREATE TABLE payout (payout_id INTEGER PRIMARY KEY, shop_id INTEGER, day TEXT, sent_on TEXT, gross_cents INTEGER,
                     fee_cents INTEGER);
CREATE TABLE ticket (ticket_id INTEGER PRIMARY KEY, shop_id INTEGER, queue TEXT, created_at TEXT, answered_at TEXT);
"""
CITIES = {"DE": ("Berlin", "Hamburg", "Köln", "Kiel"), "AT": ("Wien", "Graz"), "DK": ("Aarhus", "Odense"),
          "FR": ("Lyon", "Nantes")}  # fmt: skip
KINDS = ("cafe", "restaurant", "bakery", "retail", "other")
ARTICLES = {"food": ("Bagel", "Soup", "Croissant", "Salad"), "drink": ("Espresso", "Tea", "Lemonade", "Cider", "Water"),
            "goods": ("Mug", "Tote bag"), "service": ("Delivery",)}  # fmt: skip
QUEUES = ("billing", "payouts", "hardware", "software", "account", "security", "sales")
FIRST = date(2026, 1, 1)
DAYS = 330


def warehouse() -> sqlite3.Connection:
    """A database in memory, the same each time."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    rows = random.Random(26)
    shops = _shops(connection, rows)
    terminals = _terminals(connection, rows, shops)
    _sales(connection, rows, shops, terminals)
    _payouts(connection, rows, shops)
    _tickets(connection, rows, shops)
    connection.commit()
    return connection


def _shops(connection: sqlite3.Connection, rows: random.Random) -> list[int]:
    names = ["Café Anker", "Linde", "Brot & Korn", "Zur Post", "Nordlys", "Chez Luc", "Kornblume", "Mole 7"]
    for number in range(1, 61):
        country = rows.choice(("DE", "DE", "DE", "AT", "DK", "FR"))
        name = names[number - 1] if number <= len(names) else f"{rows.choice(names)} {number}"
        opened = date(2021, 1, 1) + timedelta(days=rows.randrange(1800))
        closed = (date(2026, 1, 10) + timedelta(days=rows.randrange(300))).isoformat() if number % 7 == 0 else None
        kind = rows.choice(KINDS)
        if number % 14 == 0:  # so that a count of closed bakeries is not 0
            country, kind = "DE", "bakery"
        row = (number, name, rows.choice(CITIES[country]), country, kind,
               rows.choice(("free", "basic", "plus")), opened.isoformat(), closed)  # fmt: skip
        connection.execute("INSERT INTO shop VALUES (?,?,?,?,?,?,?,?)", row)
    return [number for number in range(1, 61) if number % 13]  # every 13th has never sold anything


def _terminals(connection: sqlite3.Connection, rows: random.Random, shops: list[int]) -> dict[int, list[int]]:
    placed: dict[int, list[int]] = {}
    for number in range(1, 121):
        shop = None if number % 11 == 0 else rows.choice(shops)
        seen = datetime(2026, 11, 20) - timedelta(minutes=rows.randrange(60 * 24 * 40))
        firmware = rows.choice(("4.9.2", "4.11.0", "4.12.0", "4.12.1"))
        row = (number, shop, rows.choice(("L1", "L2", "L2mini")), firmware, f"{seen:%Y-%m-%d %H:%M:%S}",
               int(rows.random() < 0.08))  # fmt: skip
        connection.execute("INSERT INTO terminal VALUES (?,?,?,?,?,?)", row)
        if shop is not None:
            placed.setdefault(shop, []).append(number)
    return placed


def _sales(connection: sqlite3.Connection, rows: random.Random, shops: list[int], placed: dict[int, list[int]]) -> None:
    for number in range(1, 4001):
        shop = rows.choice(shops)
        moment = datetime(2026, 1, 1, 6) + timedelta(days=rows.randrange(DAYS), minutes=rows.randrange(16 * 60))
        method = rows.choice(("card", "card", "card", "cash", "voucher"))
        lines = [_line(number, place, rows) for place in range(1, rows.randrange(2, 6))]
        total = sum(line[5] for line in lines)
        refund = rows.randrange(1, number) if number > 100 and rows.random() < 0.03 else None
        tip = rows.choice((0, 0, 0, 50, 100, 200)) if refund is None and method == "card" else 0
        terminal = rows.choice(placed[shop]) if method == "card" and shop in placed else None
        if refund is not None:  # a refund belongs to the shop of the sale
            shop = connection.execute("SELECT shop_id FROM sale WHERE sale_id = ?", (refund,)).fetchone()[0]
            total = -total
        row = (number, shop, f"{moment:%Y-%m-%d %H:%M:%S}", total, tip, round(total * 0.16), method, terminal, refund)
        connection.execute("INSERT INTO sale VALUES (?,?,?,?,?,?,?,?,?)", row)
        connection.executemany("INSERT INTO line VALUES (?,?,?,?,?,?)", lines)


def _line(sale: int, place: int, rows: random.Random) -> tuple[int, int, str, str, float, int]:
    category = rows.choice(("food", "drink", "drink", "goods", "service"))
    quantity = rows.choice((1, 1, 1, 2, 3, 0.5))
    return sale, place, rows.choice(ARTICLES[category]), category, quantity, round(quantity * rows.randrange(120, 900))


def _payouts(connection: sqlite3.Connection, rows: random.Random, shops: list[int]) -> None:
    for number in range(1, 901):
        day = FIRST + timedelta(days=rows.randrange(DAYS))
        sent = None if rows.random() < 0.04 else (day + timedelta(days=rows.choice((1, 1, 1, 2, 2, 4)))).isoformat()
        gross = rows.randrange(2_000, 90_000)
        row = (number, rows.choice(shops), day.isoformat(), sent, gross, round(gross * 0.019))
        connection.execute("INSERT INTO payout VALUES (?,?,?,?,?,?)", row)


def _tickets(connection: sqlite3.Connection, rows: random.Random, shops: list[int]) -> None:
    for number in range(1, 501):
        made = datetime(2026, 1, 1) + timedelta(minutes=rows.randrange(DAYS * 24 * 60))
        waits = rows.random() < 0.1
        answered = None if waits else f"{made + timedelta(minutes=rows.randrange(20, 5_000)):%Y-%m-%d %H:%M:%S}"
        shop = None if rows.random() < 0.12 else rows.choice(shops)
        row = (number, shop, rows.choice(QUEUES), f"{made:%Y-%m-%d %H:%M:%S}", answered)
        connection.execute("INSERT INTO ticket VALUES (?,?,?,?,?)", row)
