"""Expressions that a string, number, path or container refuses in some way; each is put where values matter."""

from __future__ import annotations

EXPRESSIONS = (
    "'{²}'.format(1)", "'{" + "9" * 5_000 + "}'.format(1)", "'%(²)s' % {'²': 1}", "'%*d' % (1,)",
    "'%" + "9" * 5_000 + "d' % 1", "'{:{}}'.format(1,2)", "'{!z}'.format(1)", "'{0[}'.format(1)",
    "'{}'.format_map({})", "'x'.join({})", "'x'.join('abc')", "'a,b'.split('')", "'a'.split(None, 'x')",
    "'a b'.split(' ', -10**30)", "'a'.replace('', 'b')", "'a'.replace('a')", "'a'[10**30]", "'a'[::0]", '[1,2][::0]',
    '[1][10**30]', "[1]['a']", '{}[[]]', '{}[{}]', "{'a':1}[0:1]", "string.Template('$a ${b} $').substitute(a=1)",
    "Template('{{' * 200000).render()", "Template('{%' * 200000).render()", "Template('{{ a }' * 100000).render(a=1)",
    "Template('{#' * 200000).render()", "PromptTemplate.from_template('{' * 200000)",
    "PromptTemplate.from_template('{{'*100000)", "ChatPromptTemplate.from_messages([('system','{a'*100000)])",
    "textwrap.dedent(' \\n'*100000)", "textwrap.dedent((' '*50000+'\\n')*1)", "'{'*100000 .format()",
    "('{a}'*30000).format(a='{a}'*30000)", "('{a}'*30000).replace('{a}','{a}{a}')",
    "('$a'*30000).replace('$a','$b$b')", 'os.path.join()', "os.path.join(1,'a')", "os.path.join('a', '/b', *x)",
    "Path('a')/1", "1/Path('a')", "Path()/''", "Path('a').parents[-1]", "Path('a').parents['x']", 'os.path.dirname()',
    'os.path.dirname(1)', 'open()', "open('\\ud800').read()", "open('\\0').read()", "open(b'p').read()",
    'open(1).read()', "json.loads('[1')", "json.loads('9'*5000)", 'json.loads(1)', 'json.load()',
    "json.loads('['*100000)", 'os.getenv()', 'os.getenv(1,2)', "os.environ['a']", 'os.environ.get()', "int('²')",
    "int('9'*5000)", "int('x')", "float('nan')", "int(float('inf'))", 'str(1e400)', 'round(1e400)', 'max()', 'min([])',
    "max(1,'a')", "sum(['a'])", 'len()', 'sorted(1)', 'zip()', 'range(10**30)', 'list(range(10**30))',
    'random.choice([])', 'random.choice({})', 'next(iter([]))', 'next([])', 'enumerate()', 'functools.reduce()',
    'functools.partial()', 'functools.partial(functools.partial)()', 'getattr(x)', 'getattr(1, 2, 3)',
    "setattr(x,'y')", 'setattr(x,1,2)', 'dict(1)', 'dict([1,2])', 'dict([[1,2,3]])', 'dict(**1)', '{**1}', '[*1]',
    '{*()}', "dict(zip('ab','c'))", 'type()', 'super()', 'isinstance()', 'vars()', "locals()['x']",
    "globals()['client'].x", "__import__('openai').OpenAI()", '(lambda: (yield))()', '(await x)',
    'lambda *a, **k: a(k)', '(x for x in x)', "-'a'", "~'a'", 'not []', "'a' < 1", "1 < 'a' < None", '-(10**400)',
    '10**400*1.5', '(-8)**0.5', '0**-1', '1 % 0', "'a' % 0", '1e308*10', '2**64**64', "True + 'a'", "b'a' + 'a'",
    "'a' * 1.5", "'a' * -10**30", '[1] * 10**12', "[1] * 'a'", '() * 5', '{} | 1', '{} | {}', "{'a':1} | {'b':2}",
    'set() | 1', 'x if x else y', 'x[x:x]', "f'{1:{2}}'", "f'{x!r}'", 'print(print)', "'\\ud800'.lower()",
    "'\\ud800'.encode('utf-8')", "'\\u0130'.lower()", "'ß'.upper()", "str(b'a')", 'str(None)', 'str({})', 'repr(x)',
    "format(1, 'x' * 5)", "'a'.format(**{'a': 1, 2: 3})", "'%s' % ()", "'%s %s' % 'a'", "'%(a)s' % 1",
    "'%(a)s %s' % {'a': 1}", "'%' % 1", "'%z' % 1", "'%%' % ()",
)  # fmt: skip

HEADER = """\
from openai import OpenAI
import functools, itertools, json, os, random, string, textwrap
from pathlib import Path
from jinja2 import Template
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
client = OpenAI()
"""


def program(expression: str) -> str:
    """The expression as prompt, model, limit, tools, default argument and splat of calls."""
    return HEADER + f"""\
v = {expression}
client.chat.completions.create(model=v, messages=[{{'role': 'user', 'content': v}}], max_tokens=v, tools=v, **(v or {{}}))
def f(v=v, *a, **k):
    client.chat.completions.create(model=v, messages=[{{'role': 'system', 'content': v}}], max_tokens=v, n=v, stream=v)
f(v, *v, **v)
"""


def one_file() -> str:
    """All of them, each in a function of its own."""
    call = "client.chat.completions.create(model=v, messages=[v], n=v)"
    return HEADER + "".join(f"def f{n}(x):\n    v = {e}\n    {call}\n" for n, e in enumerate(EXPRESSIONS))
