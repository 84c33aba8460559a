from shop.llm import label
from shop.store import open_tickets, save


def label_all():
    for ticket in open_tickets():
        save(ticket.id, label(ticket.text))
