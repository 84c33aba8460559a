import csv
from pathlib import Path

from shop.llm import headline


def main():
    with Path("articles.csv").open() as file:
        articles = list(csv.DictReader(file))
    print("\n".join(headline(article["text"]) for article in articles))


if __name__ == "__main__":
    main()
