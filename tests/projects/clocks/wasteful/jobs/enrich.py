import json
from pathlib import Path

from shop.llm import describe

PRODUCTS = Path("products.json")


def run():
    products = json.loads(PRODUCTS.read_text())
    for product in products:
        product["description"] = describe(product["name"])
    PRODUCTS.write_text(json.dumps(products))


run()
