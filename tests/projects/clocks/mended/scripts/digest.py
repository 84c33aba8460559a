import csv
from pathlib import Path

from shop.llm import send


def main():
    with Path("articles.csv").open() as file:
        articles = list(csv.DictReader(file))
    prompts = [f"Write a headline of at most ten words for this article: {article['text']}" for article in articles]
    print(send(prompts, 60).id)


if __name__ == "__main__":
    main()
