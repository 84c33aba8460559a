import sqlite3


def open_tickets():
    with sqlite3.connect("shop.db") as db:
        return db.execute("select id, text from tickets where label is null").fetchall()


def save(ticket, label):
    with sqlite3.connect("shop.db") as db:
        db.execute("update tickets set label = ? where id = ?", (label, ticket))
