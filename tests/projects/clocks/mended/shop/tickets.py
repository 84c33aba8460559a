from shop.llm import send
from shop.store import open_tickets


def label_all():
    prompts = [f"Is this ticket about billing, shipping or something else? {ticket.text}" for ticket in open_tickets()]
    return send(prompts, 20)
