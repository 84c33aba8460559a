"""What the loop around a call repeats it for, and whether it has a limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from .code import sites_of

HEAD = "import anthropic, itertools, time\nclient = anthropic.Anthropic()\ntools, messages = make()\n"
ASK = "client.messages.create(model='claude-haiku-4-5', max_tokens=99, tools=tools, messages=messages)"
PLAIN = "client.messages.create(model='claude-haiku-4-5', max_tokens=99, messages=messages)"
STEP = f"""        answer = {ASK}
        messages.append({{'role': 'assistant', 'content': answer.content}})
        if answer.stop_reason != 'tool_use':
            return answer
        messages.append(run_tools(answer))
"""

CLASSES: list[tuple[str, str, str | None, bool | None]] = [
    ("no loop", f"def ask():\n    return {ASK}\n", None, None),
    ("items", f"def ask(rows):\n    for row in rows:\n        {PLAIN}\n", "items", True),
    ("comprehension", f"def ask(rows):\n    return [{PLAIN} for row in rows]\n", "items", True),
    ("agent", f"def run():\n    while True:\n{STEP}", "agent", False),
    ("agent whose test reads the answer", f"def run():\n    answer = {ASK}\n    while answer.stop_reason == 'tool_use':\n"
     f"        messages.append(run_tools(answer))\n        answer = {ASK}\n", "agent", False),
    ("agent for a number of steps", f"def run():\n    for step in range(10):\n{STEP}", "agent", True),
    ("agent without end", f"def run():\n    for step in itertools.count():\n{STEP}", "agent", False),
    ("agent that counts", f"def run():\n    n = 0\n    while True:\n        n += 1\n        if n > 20:\n            break\n{STEP}",
     "agent", True),
    ("agent that compares a count", f"def run():\n    n = 0\n    while n < 20:\n        n += 1\n{STEP}", "agent", True),
    ("agent with a budget of tokens", f"def run():\n    used = 0\n    while True:\n{STEP}        used += answer.usage.output_tokens\n"
     "        if used > 50_000:\n            return None\n", "agent", True),
    ("agent with a deadline", f"def run(end):\n    while True:\n        if time.time() > end:\n            raise TimeoutError\n{STEP}",
     "agent", True),
    ("agent that is asked from outside", f"def run(stop):\n    while True:\n        if stop.is_set():\n            return\n{STEP}",
     "agent", None),
    ("agent whose budget is kept elsewhere", f"def run(guard):\n    while True:\n        guard.check_budget()\n{STEP}", "agent", None),
    ("agent whose steps are taken by somebody", f"def run():\n    while True:\n        yield 1\n{STEP}", "agent", None),
    ("text without tools", f"def run():\n    while True:\n        answer = {PLAIN}\n        text = answer.content[0].text\n"
     "        messages.append({'role': 'assistant', 'content': text})\n        if 'FINAL' in text:\n            return text\n",
     "agent", False),
    ("agent that counts its tools", f"def run():\n    seen = {{}}\n    while True:\n{STEP}        if answer.id not in seen:\n"
     "            seen[answer.id] = 0\n        seen[answer.id] += 1\n", "agent", False),
    ("agent that goes on while there are tools", f"def run():\n    while True:\n        answer = {ASK}\n"
     "        if answer.stop_reason == 'tool_use':\n            messages.append(run_tools(answer))\n            continue\n"
     "        return answer\n", "agent", False),
    ("agent that keeps all it hears", f"def run():\n    while True:\n        answer = {PLAIN}\n"
     "        messages.append({'role': 'assistant', 'content': answer.content})\n        step = parse(answer)\n"
     "        if step != 'result':\n            print(step)\n            continue\n        break\n", "agent", False),
    ("told what is wrong until it fits", f"def run():\n    while True:\n        answer = {PLAIN}\n        if bad(answer):\n"
     "            messages.append(answer)\n            continue\n        return answer\n", "attempts", False),
    ("tried again until it fits", f"def run():\n    while True:\n        answer = {ASK}\n        if bad(answer):\n"
     "            continue\n        return answer\n", "attempts", False),
    ("agent by recursion", f"def run(messages):\n    answer = {ASK}\n    if answer.stop_reason != 'tool_use':\n"
     "        return answer\n    return run([*messages, run_tools(answer)])\n", "agent", False),
    ("agent by recursion, so deep", f"def run(messages, depth=0):\n    answer = {ASK}\n    if answer.stop_reason != 'tool_use' or depth > 9:\n"
     "        return answer\n    return run([*messages, run_tools(answer)], depth + 1)\n", "agent", True),
    ("conversation", f"def chat():\n    while True:\n        messages.append(input('> '))\n        print({PLAIN})\n",
     "conversation", False),
    ("an agent inside a conversation", f"def chat():\n    while True:\n        messages.append(input('> '))\n        while True:\n"
     f"            answer = {ASK}\n            messages.append(answer)\n            if answer.stop_reason != 'tool_use':\n"
     "                break\n", "agent", False),
    ("socket", f"async def chat(websocket):\n    async for text in websocket.iter_text():\n        {PLAIN}\n", "conversation", None),
    ("attempts", f"def ask():\n    while True:\n        try:\n            return {ASK}\n        except Exception:\n            pass\n",
     "attempts", False),
    ("attempts inside items", f"def ask(rows):\n    for row in rows:\n        for _ in range(3):\n            try:\n                {PLAIN}\n"
     "                break\n            except Exception:\n                pass\n", "items", True),
    ("an agent's step is tried again", f"def run(env):\n    done, talk = False, []\n    while not done:\n        messages = list(talk)\n"
     f"        while True:\n            try:\n                answer = {PLAIN}\n                break\n            except Exception:\n"
     "                pass\n        seen, done = env.step(answer)\n        talk.append(seen)\n", "agent", False),
    ("an agent's talk is an object", f"def run(env):\n    done, talk = False, Talk()\n    while not done:\n        messages = talk.dump()\n"
     f"        answer = {PLAIN}\n        seen, done = env.step(answer)\n        talk.append_message('user', seen)\n", "agent", False),
    ("poll", f"def work():\n    while True:\n        {PLAIN}\n        time.sleep(60)\n", "poll", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "kind", "bounded"), [c[1:] for c in CLASSES], ids=[c[0] for c in CLASSES])
def test_loop_class(tmp_path: Path, code: str, kind: str | None, bounded: bool | None) -> None:
    context = sites_of(tmp_path, HEAD + code)[-1].context
    assert (context.loop_class, context.loop_bounded) == (kind, bounded)


def test_the_loop_of_a_caller_in_another_file(tmp_path: Path) -> None:
    files = {
        "llm.py": HEAD + f"def ask(messages):\n    return {ASK}\n",
        "agent.py": "from llm import ask\n\ndef run(messages):\n    while True:\n        answer = ask(messages)\n"
        "        if not answer.tool_calls:\n            return answer\n        messages.append(answer)\n",
    }
    context = sites_of(tmp_path, files)[0].context
    assert (context.loop_class, context.loop_bounded, context.loop_where) == ("agent", False, "`while True` (agent.py:4)")


@pytest.mark.parametrize(("limit", "bounded"), [("", False), (", max_iterations=8", True)])
def test_a_tool_runner_goes_on_by_itself(tmp_path: Path, limit: str, bounded: bool) -> None:
    code = f"{HEAD}client.beta.messages.tool_runner(model='m', max_tokens=9, tools=tools, messages=messages{limit})\n"
    (site,) = sites_of(tmp_path, code)
    assert (site.context.loop_class, site.context.loop_bounded) == ("agent", bounded)
