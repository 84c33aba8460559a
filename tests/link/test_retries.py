"""Who asks again after a failure, how often, and how it waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmlint.facts import RetryFact

from .code import sites_of

ASK = "openai.OpenAI().chat.completions.create(model='gpt-5-mini', messages=m)"
TENACITY = "from tenacity import retry, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_fixed, wait_random_exponential\n"
TRIED = f"        try:\n            return {ASK}\n        except Exception:\n"


def decorated(head: str, decorator: str) -> str:
    return f"import openai\n{head}{decorator}\ndef ask(m):\n    return {ASK}\n"


OWN = (
    "def retry(f):\n    def g(*a):\n        {head}:\n            try:\n                return f(*a)\n"
    "            except Exception:\n                {then}\n    return g\n"
)
MAKER = (
    "def retry_on(tries=3):\n    def deco(f):\n        def g(*a):\n            for i in range(tries + 1):\n                try:\n"
    "                    return f(*a)\n                except TimeoutError: time.sleep(2 ** i)\n        return g\n    return deco\n"
)

RETRIES: list[tuple[str, str, RetryFact | None]] = [
    ("none", decorated("", ""), None),
    ("a count that nobody raises", f"import openai\ndef ask(m):\n    n = 0\n    while n < 10:\n{TRIED}            pass\n",
     RetryFact("loop", "app.py:4", False, None, False, (), False)),
    ("a count", f"import openai\ndef ask(m):\n    n = 0\n    while n < 10:\n{TRIED}            n += 1\n",
     RetryFact("loop", "app.py:4", True, 10, False, (), False)),
    ("tenacity", decorated(TENACITY, "@retry(stop=stop_after_attempt(6), wait=wait_random_exponential(min=1, max=60))"),
     RetryFact("tenacity", "app.py:3", True, 6, True, ())),
    ("tenacity's default", decorated(TENACITY, "@retry"), RetryFact("tenacity", "app.py:3", False, None, False, ())),
    ("tenacity for a time", decorated(TENACITY, "@retry(stop=stop_after_delay(60), wait=wait_fixed(2))"),
     RetryFact("tenacity", "app.py:3", True, None, False, ())),
    ("tenacity on one error", decorated(TENACITY, "@retry(retry=retry_if_exception_type(openai.RateLimitError))"),
     RetryFact("tenacity", "app.py:3", False, None, False, ("RateLimitError",))),
    ("backoff without a limit", decorated("import backoff\n", "@backoff.on_exception(backoff.expo, openai.RateLimitError)"),
     RetryFact("backoff", "app.py:3", False, None, True, ("RateLimitError",))),
    ("backoff", decorated("import backoff\n", "@backoff.on_exception(backoff.expo, Exception, max_tries=4)"),
     RetryFact("backoff", "app.py:3", True, 4, True, ())),
    ("retry", decorated("from retry import retry\n", "@retry(tries=3, delay=1, backoff=2)"),
     RetryFact("retry", "app.py:3", True, 3, True, ())),
    ("an unknown decorator", decorated("from .mine import retry\n", "@retry"), None),
    ("one's own decorator without end", f"import openai\n{OWN.format(head='while True', then='pass')}@retry\ndef ask(m):\n    return {ASK}\n",
     RetryFact("retry", "app.py:10", False, None, False, ())),
    ("one's own decorator that ends", f"import openai\n{OWN.format(head='while True', then='raise')}@retry\ndef ask(m):\n    return {ASK}\n",
     None),
    ("one's own decorator with a number", f"import openai\n{MAKER}@retry_on(tries=7)\ndef ask(m):\n    return {ASK}\n",
     RetryFact("retry_on", "app.py:11", True, 8, True, ("TimeoutError",))),
    ("its default", f"import openai\n{MAKER}@retry_on()\ndef ask(m):\n    return {ASK}\n",
     RetryFact("retry_on", "app.py:11", True, 4, True, ("TimeoutError",))),
    ("a decorator that tries once", "import openai\ndef retry_log(f):\n    def g(*a):\n        try:\n            return f(*a)\n"
     f"        except Exception:\n            pass\n    return g\n@retry_log\ndef ask(m):\n    return {ASK}\n", None),
    ("a loop", f"import openai\ndef ask(m):\n    for _ in range(3):\n{TRIED}            pass\n",
     RetryFact("loop", "app.py:3", True, 3, False, (), False)),
    ("a loop that waits longer", f"import openai, time\ndef ask(m):\n    for i in range(5):\n{TRIED}            time.sleep(2 ** i)\n",
     RetryFact("loop", "app.py:3", True, 5, True, (), False)),
    ("a loop without end", f"import openai, time\ndef ask(m):\n    while True:\n{TRIED}            time.sleep(1)\n",
     RetryFact("loop", "app.py:3", False, None, False, (), False)),
    ("a loop that counts", f"import openai\ndef ask(m):\n    n = 0\n    while True:\n{TRIED}            n += 1\n"
     "            if n > 3:\n                raise\n", RetryFact("loop", "app.py:4", True, None, False, None, False)),
    ("until the answer parses", f"import openai, json\ndef ask(m):\n    while True:\n        r = {ASK}\n        try:\n"
     "            return json.loads(r.choices[0].message.content)\n        except ValueError:\n            continue\n",
     RetryFact("loop", "app.py:3", False, None, False, (), True)),
    ("one model after the other", f"import openai\ndef ask(m, models):\n    for model in models:\n{TRIED}            pass\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "fact"), [r[1:] for r in RETRIES], ids=[r[0] for r in RETRIES])
def test_retry(tmp_path: Path, code: str, fact: RetryFact | None) -> None:
    (site,) = sites_of(tmp_path, code)
    assert site.context.retry == fact


def test_attempts_of_tenacity_as_a_loop(tmp_path: Path) -> None:
    code = (
        "import openai\nfrom tenacity import Retrying, stop_after_attempt\ndef ask(m):\n"
        f"    for attempt in Retrying(stop=stop_after_attempt(4)):\n        with attempt:\n            return {ASK}\n"
    )
    (site,) = sites_of(tmp_path, code)
    assert site.context.retry == RetryFact("tenacity", "app.py:4", True, 4, False, ())


CLIENTS: list[tuple[str, int | None]] = [
    ("openai.OpenAI()", 2), ("openai.OpenAI(max_retries=5)", 5), ("openai.OpenAI(max_retries=0)", 0),
    ("openai.OpenAI(**options())", None), ("openai.OpenAI().with_options(max_retries=7)", 7), ("unknown()", None),
]  # fmt: skip


@pytest.mark.parametrize(("client", "retries"), CLIENTS)
def test_the_clients_own_retries(tmp_path: Path, client: str, retries: int | None) -> None:
    (site,) = sites_of(tmp_path, f"import openai\n{client}.chat.completions.create(model='gpt-5-mini', messages=[])\n")
    assert site.client_retries == retries
