import json
from pathlib import Path

from shop.llm import send


def run():
    products = json.loads(Path("products.json").read_text())
    prompts = [f"Write a product description of two sentences for: {product['name']}" for product in products]
    print(send(prompts, 300).id)


run()
