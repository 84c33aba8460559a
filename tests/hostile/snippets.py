"""Statement templates → random small programs around SDK calls, for the fuzzing of the link stage."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = ("client", "model", "kwargs", "a", "b", "f", "g", "C", "D", "self", "x")
LITERALS = (
    '"gpt-4.1"', "1", "None", "True", "[]", "{}", "()", '""', "-1", "1.5", "b''", "...", '"{} {a} {0.b[c]}"', '"%s %(k)s %d"',
    "{'model': 'm'}", "{**kwargs}", "[*a]", "open('p.txt').read()", "json.load(open('c.json'))", "os.getenv('M', 'm')",
    "'./p.txt'", "Path(__file__).parent / 'p.txt'",
)  # fmt: skip
ATTRIBUTES = (
    "model", "chat", "completions", "create", "messages", "x", "format", "join", "append", "update", "get", "pop", "items",
    "__init__", "__class__", "__call__", "__enter__", "read_text", "strip", "bind", "with_options", "invoke", "copy",
)  # fmt: skip
HEADER = """\
import os, json, functools, asyncio
from pathlib import Path
from openai import OpenAI, AsyncOpenAI
from anthropic import Anthropic
from langchain_openai import ChatOpenAI
import litellm
client = OpenAI()
"""

names = st.sampled_from(NAMES)


def expressions() -> st.SearchStrategy[str]:
    return st.recursive(names | st.sampled_from(LITERALS), _compound, max_leaves=8)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def made(template: str) -> st.SearchStrategy[str]:
        return st.tuples(inner, inner, names, st.sampled_from(ATTRIBUTES)).map(
            lambda parts: template.format(e=parts[0], o=parts[1], n=parts[2], t=parts[3])
        )

    return st.sampled_from(EXPRESSIONS).flatmap(made)


EXPRESSIONS = (
    "({e} + {o})", "({e} % {o})", "({e} or {o})", "({e} and {o})", "({e} if {o} else {n})", "(not {e})", "({e} == {o})",
    "({e} is None)", "({e} in {o})", "({e} | {o})", "({e} * {o})", "({e}).{t}", "({e})[{o}]", "({e})[:{o}]", "({e})({o})",
    "({e})(*{o}, **{n})", "({e})(model={o})", "({e}).{t}({o})", "({e}).{t}({n}={o}, **kwargs)", "[{e} for {n} in {o}]",
    "{{{e}: {o} for {n} in {n}}}", "({e} for {n} in {o} if {n})", "[{e}, {o}, *{n}]", "{{'model': {e}, **{n}}}",
    "{{{e}: {o}}}", 'f"{{{n}}}x{{{n}.{t}!r:>{{{n}}}}}"', "(lambda {n}=1, *a, **kwargs: {e})", "(lambda {n}: {e})({o})",
    "({n} := {e})", "dict({e}, {n}={o})", "functools.partial({e}, {o}, {n}={o})", "getattr({e}, '{t}', {o})",
    "setattr({e}, '{t}', {o})", "map({e}, {o})", "list({e})", "str({e})", "type({e})", "isinstance({e}, {n})", "super().{t}",
    "asyncio.gather(*{e})", "(await_({e}))", "OpenAI(api_key={e}, **{n})", "Anthropic(max_retries={e}).with_options({n}={o})",
    "client.chat.completions.create(model={e}, messages={o}, **kwargs)", "client.chat.completions.create(**{e})",
    "client.responses.create(model={e}, input={o}, max_output_tokens={n})", "litellm.completion({e}, {o})",
    "Anthropic().messages.create(model={e}, system={o}, messages=[{{'role': 'user', 'content': {n}}}], max_tokens={n})",
    "ChatOpenAI(model={e}).bind(**{n}).invoke({o})", "({e} | ChatOpenAI(model={o}) | {n}).invoke({n})", "C({e})", "C().{t}({e})",
)  # fmt: skip

SIMPLE = (
    "{n} = {e}", "{n}, {m} = {e}", "{n} = {m} = {e}", "{n}: {m} = {e}", "{n} += {e}", "{n}.{t} = {e}", "{n}['model'] = {e}",
    "{n}.{t}['k'] = {e}", "({n}, *{m}), b = {e}", "del {n}", "del {n}['model']", "{e}", "assert {e}", "raise {e}", "pass",
    "import a as {n}", "from app import {n} as {m}", "from app import *", "from . import {n}", "from b import {n}", "self.{t} = {e}",
    "self.{t} = self.{t}", "{n}.update({e})", "{n}.append({e})", "{n}.setdefault('model', {e})", "{n} |= {e}", "{n}[{e}:] = {e}",
)  # fmt: skip
IN_FUNCTION = ("return {e}", "yield {e}", "global {n}", "nonlocal_ = {n}", "return", "x = yield", "yield from {e}")
BLOCKS = (
    "if {e}:", "while {e}:", "for {n} in {e}:", "for {n}, {m} in {e}:", "with {e} as {n}:", "with {e}:", "try:", "else_:",
    "def {n}({m}, b={e}, *a, **kwargs):", "def {n}({m}=1, /, *, x={e}) -> {m}:", "async def {n}(self, model: {m} = {e}):",
    "@{m}\ndef {n}(self, model):", "@{n}({e})\ndef {n}():", "@property\ndef {n}(self):", "@staticmethod\ndef {n}(model):",
    "@classmethod\ndef {n}(cls, model={e}):", "class {n}:", "class {n}({m}):", "class {n}({m}, D):", "@{m}\nclass {n}(dict):",
    "@dataclass\nclass {n}:", "@contextmanager\ndef {n}(model):", "match {e}:", "if __name__ == '__main__':", "class {n}(C, metaclass={m}):",
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn, depth: int = 3, inside: bool = False) -> str:
    """One statement, with its blocks."""
    fill = {"n": draw(names), "m": draw(names), "e": draw(expressions()), "t": draw(st.sampled_from(ATTRIBUTES))}
    if depth == 0 or draw(st.booleans()):
        simple = (*SIMPLE, *IN_FUNCTION) if inside else SIMPLE
        return draw(st.sampled_from(simple)).format(**fill)
    header = draw(st.sampled_from(BLOCKS)).format(**fill)
    within = inside or "def " in header
    body = draw(st.lists(statements(depth - 1, within), min_size=1, max_size=4))
    if header == "match " + fill["e"] + ":":
        cases = "\n".join("case {'model': model, **kwargs} if x:\n" + indented(one) for one in body)
        return header + "\n" + indented(cases)
    text = (header if header != "else_:" else f"for {fill['n']} in {fill['e']}:") + "\n" + indented("\n".join(body))
    if header == "try:":
        text += f"\nexcept {fill['m']} as {fill['n']}:\n" + indented(body[0]) + "\nfinally:\n" + indented(body[-1])
    if header == "else_:":
        text += "\nelse:\n" + indented(body[0])
    return text


def indented(text: str) -> str:
    return "\n".join("    " + line for line in text.split("\n"))


def programs() -> st.SearchStrategy[str]:
    return st.lists(statements(), min_size=1, max_size=10).map(lambda body: HEADER + "\n".join(body) + "\n")
