"""Hostile Python files by name, each with what is expected of its analysis.

A program that is analysed has the call site that is asked for; one that is refused says why. All name an SDK, so that a
refusal makes the run exit 2.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.hostile.harness import CALL, SDK


@dataclass(frozen=True)
class Program:
    """files: path → content. sites: lines of app.py with a call site, where it must be analysed.

    said: what the error on app.py must contain, where it must be refused. Neither: either will do, but one of them.
    """

    files: dict[str, bytes]
    sites: tuple[int, ...] | None = None
    said: str | None = None
    line: int | None = None


def app(body: bytes | str, sites: tuple[int, ...] | None = None, said: str | None = None, line: int | None = None) -> Program:
    return Program({"app.py": body.encode() if isinstance(body, str) else body}, sites, said, line)


def chain(term: bytes, operator: bytes, count: int) -> bytes:
    return (b" " + operator + b" ").join([term] * count)


def blocks(header: bytes, count: int) -> bytes:
    return b"".join(b" " * n + header for n in range(count)) + b" " * count + b"pass\n"


def prompt(value: bytes) -> bytes:
    """SDK, then P = value on line 3, then a call that sends P on line 4."""
    return SDK + b"P = " + value + b"\n" + b'client.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": P}])\n'


def model(value: bytes) -> bytes:
    """SDK, then M = value on line 3, then a call that asks model M on line 4."""
    return SDK + b"M = " + value + b"\n" + b"client.chat.completions.create(model=M, messages=[])\n"


RECURSIVE_FUNCTIONS = SDK + b"""
def ping(model, n, extra=None):
    if n:
        return pong(model, n - 1, extra)
    return client.chat.completions.create(model=model, messages=[], **(extra or {}))
def pong(model, n, extra=None):
    client.chat.completions.create(model=model, messages=[])
    return ping(model + "", n - 1, {"max_tokens": n, **(extra or {})})
def round_and_round(model):
    return round_and_round(round_and_round(model))
ping("gpt-4.1", 3)
pong(round_and_round("gpt-4.1"), 3)
"""

RECURSIVE_CLASSES = SDK + b"""
class A(B):
    model = B.model
    def run(self):
        return client.chat.completions.create(model=self.model, messages=[])
class B(A):
    model = A.model
class C(C): pass
class D(type(D), metaclass=D): pass
A().run()
B().run()
C().run()
"""

SELF_REFERENCE = SDK + b"""
d = {"model": "gpt-4.1", "messages": []}
d["self"] = d
d["self"]["self"]["self"] = [d, d]
l = [d]
l.append(l)
l[0] = l
l.extend(l)
t = (l, d)
t = t + (t,)
x = x
y: int = y
z = z or z
f = f"{f}{f}"
while True:
    d = {**d, "deeper": d}
    l = l + [l]
client.chat.completions.create(**d)
client.chat.completions.create(model="gpt-4.1", messages=l, metadata=d)
client.chat.completions.create(model=f, messages=[{"content": f"{t}{x}{y}{z}"}])
"""

GENERATORS = SDK + b"""
def g():
    yield from g()
def h():
    for x in h():
        yield (y for y in h() for z in g() for w in (v for v in h()))
def models():
    yield from (m for m in (n for n in (o for o in ("gpt-4.1",))))
async def a():
    async for x in a():
        yield x
for model in models():
    client.chat.completions.create(model=model, messages=[m for g in h() for m in g])
[client.chat.completions.create(model=m, messages=list(map(list, map(list, h())))) for m in [k for k in models()]]
"""

DECORATORS = SDK + b"""
def d(f):
    return d
def e(f):
    return e(f)
def k(*a, **kw):
    return k
@d
@e
@k(1)(2)(3)(4)
@d(d)(d)(d)
def ask(q):
    return client.chat.completions.create(model="gpt-4.1", messages=[q])
@ask
def answer(q): pass
@d
class K:
    @property
    @d
    def model(self): return self.model
    @model.setter
    def model(self, v): self.model = v
    def run(self):
        return client.chat.completions.create(model=self.model, messages=[])
ask(ask)(ask)
K().run()
"""

DYNAMIC = SDK + b"""
import sys, functools, importlib, operator
globals()["model"] = globals()
locals().update(locals())
setattr(client, "chat", client)
getattr(client, "chat").completions.create(model="x", messages=[])
vars(client).update(vars(client))
del client.chat
exec("client = 1"); eval("client")
importlib.import_module(__name__).client
sys.modules[__name__] = client
f = functools.partial(functools.partial, functools.partial)
f = functools.partial(f, f, f=f)
f(f)(f)
create = functools.reduce(getattr, ["chat", "completions", "create"], client)
create(model="gpt-4.1", messages=[])
(lambda x: x(x))(lambda x: x(x))
Y = lambda f: (lambda x: f(lambda *a: x(x)(*a)))(lambda x: f(lambda *a: x(x)(*a)))
Y(lambda s: lambda m: client.chat.completions.create(model=m, messages=[s(m)]))("gpt-4.1")
type("T", (T,), {"T": T})()
super().super().__class__.__class__
*a, (*b, c), *d = [a, b, c], *d, *a
try: pass
except* ValueError: pass
"""

ODD_CALLS = SDK + b"""
c = client.chat.completions.create
c()
c(*c, **c)
c(*[], **{}, **{**{}}, **c())
c(model=c(model=c(model=c())))
c(**{"model": "gpt-4.1", 3: 4, None: 5, c: c, (1,): 2, **{}}, messages=[])
c(model="gpt-4.1", messages="%s %s %d" % ("a",), max_tokens=1e400)
c(model="gpt-4.1", messages="{} {0} {a.b[c]!r:>{w}}".format(1, *c, **c), max_tokens=-10**50)
c(model="gpt-4.1", messages="{".format(), max_tokens=None)
c(model="%(a)s" % {"b": 1}, messages="%", max_tokens=True)
c(model=b"gpt-4.1", messages=b"\\xff", max_tokens="12")
c(model=..., messages=..., max_tokens=1j)
c(model=[...][-10**30], messages=(1, 2)[5], max_tokens={}[[]])
c(model="a" * 10**12, messages="a" * -1, max_tokens=1 << 10**10)
c(model=9**9**9, messages=["x"] * 10**12, max_tokens=10**5000)
c(model="x"[::0], messages="x"[1:2:3:4] if 0 else "", max_tokens=1 // 0) if 0 else c(model="x"[::0], messages=1 % 0)
c(model="\\ud800", messages="\\udfff\\ud800", n="\\ud800")
c(model=not c, messages=~c, n=-c, stream=+c, tools=await_ if c else c)
(c := c)(model=(m := m), messages=[m := m, *m])
print(f"{c(model='x', messages=[])!r:>{c(model='y', messages=[])}}")
"""


def programs() -> dict[str, Program]:
    """Built when asked for: some are large."""
    from tests.hostile.expressions import one_file

    call4 = (4,)
    made = {
        "syntax error": app(SDK + b"x = = 1\n", said="invalid syntax", line=3),
        "python 2": app(b"import openai\nprint 'x'\n", said="Python 2", line=2),
        "latin-1 undeclared": app(SDK + b"# caf\xe9\n" + CALL, said="utf-8", line=3),
        "latin-1 declared": app(b"# -*- coding: latin-1 -*-\n" + SDK + b"# caf\xe9\n" + CALL, (5,)),
        "byte order mark": app(b"\xef\xbb\xbf" + SDK + CALL, (3,)),
        "UTF-16": app((SDK + CALL).decode().encode("utf-16"), said="UTF-16", line=1),
        "NUL": app(SDK + CALL + b"x = '\0'\n", said="NUL", line=4),
        "1,600 parentheses": app(SDK + b"x = " + b"(" * 1600 + b")" * 1600 + b"\n" + CALL, said="", line=3),
        "10,000 brackets": app(SDK + b"x = " + b"[" * 10_000 + b"]" * 10_000 + b"\n" + CALL, said="", line=3),
        "10,000 blocks": app(SDK + blocks(b"if a:\n", 10_000) + CALL, said=""),
        "2,000 ifs": app(SDK + blocks(b"if a:\n", 2_000) + CALL, said=""),
        "95 ifs": app(SDK + blocks(b"if a:\n", 95) + CALL, (99,)),
        "90 functions": app(SDK + blocks(b"def f(a=f):\n", 90) + CALL, (94,)),
        "20,000 strings added": app(prompt(chain(b"'a'", b"+", 20_000))),
        "20,000 numbers added": app(prompt(chain(b"1", b"+", 20_000))),
        "5,000 strings added": app(prompt(chain(b"'a'", b"+", 5_000))),
        "5,000 names added": app(prompt(chain(b"P", b"+", 5_000))),
        "330 strings added": app(prompt(chain(b"'a'", b"+", 330)), call4),
        "330 models added": app(model(chain(b"'a'", b"+", 330)), call4),
        "330 names multiplied": app(prompt(chain(b"x", b"*", 330)), call4),
        "330 formats": app(prompt(chain(b"'%s'", b"%", 330)), call4),
        "5,000 and": app(prompt(chain(b"x", b"and", 5_000)), call4),
        "5,000 or": app(prompt(chain(b"x", b"or", 5_000)), call4),
        "5,000 comparisons": app(prompt(chain(b"x", b"<", 5_000)), call4),
        "330 ternaries": app(prompt(b"1 if x else " * 330 + b"2")),
        "5,000 not": app(prompt(b"not " * 5_000 + b"x")),
        "500 attributes": app(prompt(b"x" + b".y" * 500), call4),
        "500 calls": app(prompt(b"x" + b"()" * 500), call4),
        "400 methods": app(prompt(b"'x'" + b".strip()" * 400), call4),
        "5,000 methods": app(prompt(b"'x'" + b".strip()" * 5_000)),
        "5,000 attributes": app(prompt(b"x" + b".y" * 5_000)),
        "800 subscripts": app(prompt(b"x" + b"[0]" * 800), call4),
        "800 minus": app(prompt(b"-" * 800 + b"1"), call4),
        "3,000 elif": app(SDK + b"if a:\n pass\n" + b"elif a:\n M = 'x'\n" * 3_000 + CALL),
        "800 elif": app(SDK + b"if a:\n M = 'a'\n" + b"".join(b"elif a:\n M = '%d'\n" % n for n in range(800)) + b"client.chat.completions.create(model=M, messages=[])\n", (1605,)),
        "3,000 ifs in a row": app(SDK + b"M = ''\n" + b"if a: M = M + 'x'\n" * 3_000 + b"client.chat.completions.create(model=M, messages=[M])\n", (3004,)),
        "3,000 ternary ifs in a row": app(SDK + b"M = ''\n" + b"".join(b"M = M + ('%d' if a else 'y')\n" % n for n in range(3_000)) + b"client.chat.completions.create(model=M, messages=[M])\n", (3004,)),
        "40 doublings": app(SDK + b"M = 'x'\n" + b"M = M + M\n" * 40 + b"client.chat.completions.create(model=M, messages=[M])\n", (44,)),
        "40 list doublings": app(SDK + b"M = ['x']\n" + b"M = [*M, *M]\n" * 40 + b"client.chat.completions.create(model='m', messages=M)\n", (44,)),
        "40 nested list doublings": app(SDK + b"M = ['x']\n" + b"M = [M, M]\n" * 40 + b"client.chat.completions.create(model='m', messages=M)\n", (44,)),
        "40 nested dict doublings": app(SDK + b"M = {'x': 1}\n" + b"M = {'a': M, 'b': M}\n" * 40 + b"client.chat.completions.create(model='m', messages=[M], tools=[M])\n", (44,)),
        "40 f-string doublings": app(SDK + b"M = 'x'\n" + b"M = f'{M}{M}{u}'\n" * 40 + b"client.chat.completions.create(model=M, messages=[M])\n", (44,)),
        "40 replacing doublings": app(SDK + b"M = 'x'\n" + b"M = M.replace('x', 'xx')\n" * 40 + b"client.chat.completions.create(model=M, messages=[M])\n", (44,)),
        "40 join doublings": app(SDK + b"M = 'xx'\n" + b"M = M.join([M, M])\n" * 40 + b"client.chat.completions.create(model=M, messages=[M])\n", (44,)),
        "30 doubling functions": app(SDK + b"def f0(m): return client.chat.completions.create(model=m, messages=[])\n" + b"".join(b"def f%d(m): f%d(m + 'a'); f%d(m + 'b')\n" % (n, n - 1, n - 1) for n in range(1, 30)) + b"f29('m')\n", (3,)),
        "30 doubling lambdas": app(SDK + b"f0 = lambda m: client.chat.completions.create(model=m, messages=[])\n" + b"".join(b"f%d = lambda m: (f%d(m + 'a'), f%d(m + 'b'))\n" % (n, n - 1, n - 1) for n in range(1, 30)) + b"f29('m')\n", (3,)),
        "30 doubling classes": app(SDK + b"class C0:\n def __init__(self, m): self.m = m\n def run(self): client.chat.completions.create(model=self.m, messages=[])\n" + b"".join(b"class C%d(C%d):\n def __init__(self, m):\n  super().__init__(m + 'a'); super().__init__(m + 'b'); self.o = C%d(m)\n" % (n, n - 1, n - 1) for n in range(1, 30)) + b"C29('m').run()\n", (5,)),
        "40 diamond classes": app(SDK + b"class A0: m = 'x'\nclass B0: m = 'y'\n" + b"".join(b"class A%d(A%d, B%d): pass\nclass B%d(B%d, A%d): pass\n" % (n, n - 1, n - 1, n, n - 1, n - 1) for n in range(1, 40)) + b"client.chat.completions.create(model=A39.m, messages=[])\n", (83,)),
        "5,000 lambdas": app(prompt(b"lambda: " * 5_000 + b"0")),
        "80 lambdas": app(prompt(b"lambda: " * 80 + b"0"), call4),
        "150 lambdas called": app(prompt(b"(lambda: " * 60 + b"0" + b")()" * 60), call4),
        "list of 200,000": app(prompt(b"[" + b"'x', " * 200_000 + b"]"), call4),
        "dict of 200,000": app(prompt(b"{" + b"".join(b"%d: 'x', " % n for n in range(200_000)) + b"}"), call4),
        "set of 200,000": app(prompt(b"{" + b"".join(b"%d, " % n for n in range(200_000)) + b"}"), call4),
        "dict of 50,000 splats": app(prompt(b"{" + b"**x, " * 50_000 + b"}"), call4),
        "list of 50,000 splats": app(prompt(b"[" + b"*P, " * 50_000 + b"]"), call4),
        "call with 50,000 arguments": app(SDK + b"client.chat.completions.create(model='m', messages=[], " + b"".join(b"a%d=1, " % n for n in range(50_000)) + b")\n", (3,)),
        "call with 20,000 splats": app(SDK + b"client.chat.completions.create(model='m', messages=[], " + b"**x, " * 20_000 + b")\n", (3,)),
        "2 MB string": app(prompt(b"'''" + b"word and a line\n" * 130_000 + b"'''"), (130_004,)),
        "2 MB string on one line": app(prompt(b"'" + b"word " * 400_000 + b"'"), call4),
        "20,000 strings in a row": app(prompt(b"(" + b"'a' " * 20_000 + b")"), call4),
        "f-string of 20,000 holes": app(prompt(b"f'" + b"{P}x" * 20_000 + b"'"), call4),
        "f-string of nested formats": app(prompt(b"f'{x:{y}{z}{x!r:>10}}'"), None),
        "deep f-strings": app(prompt(b"f'''" + b"{f\"{f'{x}'}\"}" * 500 + b"'''"), call4),
        "format with 20,000 holes": app(prompt(b"('{}{a}' * 20000).format(*P, **P)"), call4),
        "bombs of arithmetic": app(prompt(b"'a' * 10**12 + 'b' * 9**9**9 if 2**10**10 > 1 << 10**12 else [0] * 10**12"), call4),
        "recursive functions": app(RECURSIVE_FUNCTIONS, (7, 9)),
        "recursive classes": app(RECURSIVE_CLASSES, (7,)),
        "self reference": app(SELF_REFERENCE, (20, 21, 22)),
        "generators of generators": app(GENERATORS, (15, 16)),
        "decorators": app(DECORATORS, (15, 26)),
        "dynamic": app(DYNAMIC.replace(b"try: pass\nexcept* ValueError: pass\n", b"")),
        "odd calls": app(ODD_CALLS.replace(b'"x"[1:2:3:4] if 0 else ""', b'""')),
        "expressions of all kinds": app(one_file()),
        "mutual recursion": app(SDK + b"def f(m, n):\n if n: return g(m, n)\n return client.chat.completions.create(model=m, messages=[])\ndef g(m, n):\n return f(m + '', n - 1)\n", (5,)),
        "x = x": app(SDK + b"x = x\ny, z = z, y\nx = y = z = x\n" + CALL, (6,)),
        "5,000 callers": app(SDK + b"def ask(m): return client.chat.completions.create(model=m, messages=[])\n" + b"".join(b"def c%d(): return ask('m%d')\n" % (n, n) for n in range(5_000)), (3,)),
        "1,500 callers of callers": app(SDK + b"def ask(m, **kw): return client.chat.completions.create(model=m, messages=[], **kw)\n" + b"".join(b"def c%d(m, **kw): return ask(m, **kw)\nc%d('m', a=1)\n" % (n, n) for n in range(1_500)), (3,)),
        "a line of 2,000 callers": app(SDK + b"def f0(m): return client.chat.completions.create(model=m, messages=[])\n" + b"".join(b"def f%d(m): return f%d(m)\n" % (n, n - 1) for n in range(1, 2_000)) + b"f1999('m')\n", (3,)),
        "5,000 calls": app(SDK + CALL * 5_000, tuple(range(3, 5_003))),
        "2,000 wrappers": app(SDK + b"".join(b"def f%d(m): return client.chat.completions.create(model=m, messages=[])\n" % n for n in range(2_000)) + b"".join(b"f%d('m')\n" % n for n in range(2_000)), tuple(range(3, 2_003))),
        "1,000 methods": app(SDK + b"class C:\n" + b"".join(b" def m%d(self, v):\n  self.x = v\n  self.y%d = self.x\n  self.m%d(self.x)\n" % (n, n, (n + 1) % 1000) for n in range(1_000)) + b" def run(self): return client.chat.completions.create(model=self.x, messages=[self.y7])\nC().run()\n", (4004,)),
        "1,000 subclasses": app(SDK + b"class C:\n x = 'm'\n def run(self): return client.chat.completions.create(model=self.x, messages=[self.p()])\n" + b"".join(b"class C%d(C):\n x = 'm%d'\n def p(self): return self.p()\n" % (n, n) for n in range(1_000)), (5,)),
        "a line of 600 subclasses": app(SDK + b"class C0:\n x = 'm'\n def run(self): return client.chat.completions.create(model=self.x, messages=[])\n" + b"".join(b"class C%d(C%d): pass\n" % (n, n - 1) for n in range(1, 600)) + b"C599().run()\n", (5,)),
        "100,000 lines": app(SDK + b"".join(b"x%d = 'text'\n" % n for n in range(100_000)) + CALL, (100_003,)),
        "100,000 lines in a function": app(SDK + b"def f():\n" + b"".join(b" x%d = g(%d)\n" % (n, n) for n in range(100_000)) + b" " + CALL, (100_004,)),
        "100,000 functions": app(SDK + b"def f(): pass\n" * 100_000 + CALL, (100_003,)),
        "200 loops in each other's way": app(SDK + b"".join(b"for a%d in b:\n" % n + b" x%d = x%d\n" % (n, n - 1) for n in range(200)) + CALL, (403,)),
        "20 loops in each other": app(SDK + b"".join(b" " * n + b"for a%d in b:\n" % n for n in range(19)) + b" " * 19 + CALL, (22,)),
        "18 try in each other": app(SDK + b"".join(b" " * n + b"try:\n" for n in range(18)) + b" " * 18 + CALL + b"".join(b" " * n + b"except E: M = M + '%d'\n" % n + b" " * n + b"finally: M = M\n" for n in reversed(range(18))), (21,)),
        "50 with": app(SDK + b"with " + b", ".join(b"open(x%d) as x%d" % (n, n) for n in range(5_000)) + b":\n " + CALL, (4,)),
        "match": app(SDK + b"match x:\n" + b"".join(b" case {'a': [%d, *_], **r} if r: M = '%d'\n" % (n, n) for n in range(2_000)) + b"client.chat.completions.create(model=M, messages=[])\n", (2004,)),
        "import itself": app(SDK + b"import app\nfrom app import *\nfrom app import client as client, x as x\nfrom . import app as b\nfrom .app import y\n" + b"app.app.app.b.client.chat.completions.create(model=app.x, messages=[app.y])\n"),
        "1,000 imports of itself": app(SDK + b"from app import *\n" * 1000 + CALL, (1003,)),
        "global in every function": app(SDK + b"M = 'a'\n" + b"".join(b"def f%d():\n global M\n M = M + 'x'; f%d()\n" % (n, (n + 7) % 500) for n in range(500)) + b"client.chat.completions.create(model=M, messages=[])\n", (1504,)),
        "comprehension of 15 loops": app(SDK + b"[" + CALL.strip() + b"".join(b" for x%d in y if x%d" % (n, n) for n in range(15)) + b"]\n", (3,)),
        "1,000 comments of suppression": app(SDK + b"# llmlint: ignore[" + b"x," * 1_000 + b"]\n" + b"# llmlint: ignore[output-cap] a\n" * 1_000 + CALL, (1_004,)),
        "nested types": app(SDK + b"def f(x: 'List[' * 900, y: '(' * 50000 = 1, z: '" + b"[" * 3000 + b"' = 2, c: " + b"Optional[" * 90 + b"OpenAI" + b"]" * 90 + b" = None):\n c.chat.completions.create(model=z, messages=[x, y])\n"),
        "annotation bombs": app(SDK + b"def f(c: '" + b"Optional[" * 190 + b"OpenAI" + b"]" * 190 + b"'):\n c.chat.completions.create(model='m', messages=[])\n"),
    }  # fmt: skip
    made |= {
        "import cycle": Program({
            "app.py": SDK + b"from b import MODEL, ask\nfrom b import client as c\nX = MODEL\nask(X)\nc.chat.completions.create(model=X, messages=[])\n",
            "b.py": b"from app import X, client\nfrom app import ask as ask\nMODEL = X\n",
        }),
        "star cycle": Program({
            "app.py": SDK + b"from b import *\nfrom c import *\nM = M\nclient.chat.completions.create(model=M, messages=[Z])\n",
            "b.py": b"from c import *\nfrom app import *\n", "c.py": b"from b import *\nfrom app import *\nZ = Z\n",
        }, (6,)),
        "star lattice": Program({
            "app.py": SDK + b"from m0a import *\nclient.chat.completions.create(model=NOWHERE, messages=[])\n",
            **{f"m{n}{x}.py": f"from m{n + 1}a import *\nfrom m{n + 1}b import *\n".encode() for n in range(40) for x in "ab"},
        }, (4,)),
        "line of 500 imports": Program({
            "app.py": SDK + b"from m0 import M\nclient.chat.completions.create(model=M, messages=[])\n",
            **{f"m{n}.py": f"from m{n + 1} import M\n".encode() for n in range(500)}, "m500.py": b"M = 'gpt-4.1'\n",
        }, (4,)),
        "package cycle": Program({
            "app.py": SDK + b"from pkg import client as c, M\nimport pkg.a as pkg\nc.chat.completions.create(model=M, messages=[])\n",
            "pkg/__init__.py": b"from .a import *\nfrom . import a, b\nfrom .pkg import M\nfrom .. import app\n",
            "pkg/a.py": b"from . import *\nfrom .b import M, client\n", "pkg/b.py": b"from .a import M\nfrom pkg import client\n",
        }),
        "classes across files": Program({
            "app.py": SDK + b"from b import B\nclass A(B):\n def run(self): return client.chat.completions.create(model=self.m, messages=[])\nA().run()\n",
            "b.py": b"from app import A\nclass B(A):\n m = A.m\n def go(self): return self.run()\n",
        }, (5,)),
        "functions across 200 files": Program({
            "app.py": SDK + b"def ask(m): return client.chat.completions.create(model=m, messages=[])\n",
            **{f"c{n}.py": f"from app import ask\ndef ask_{n}(m): return ask(m)\nask_{n}('m{n}')\n".encode() for n in range(200)},
        }, (3,)),
    }  # fmt: skip
    return made


def garbage(seed: int) -> bytes:
    """Bytes that begin like Python."""
    rng = random.Random(seed)
    return SDK + bytes(rng.choice(b"()[]{}:,.=+-*'\"\\\n\t #fxif01@\0\xff") for _ in range(400))
