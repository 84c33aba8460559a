from openai import OpenAI

client = OpenAI()
MODEL = "gpt-5.6-luna"


def describe(product):
    answer = client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=300,
        messages=[{"role": "user", "content": f"Write a product description of two sentences for: {product}"}],
    )
    return answer.choices[0].message.content


def headline(article):
    answer = client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=60,
        messages=[{"role": "user", "content": f"Write a headline of at most ten words for this article: {article}"}],
    )
    return answer.choices[0].message.content


def label(ticket):
    answer = client.chat.completions.create(
        model=MODEL,
        max_completion_tokens=20,
        messages=[{"role": "user", "content": f"Is this ticket about billing, shipping or something else? {ticket}"}],
    )
    return answer.choices[0].message.content
