"""A value → does it differ from request to request: the clock, random numbers and ids, drawn for every request anew.

Something that is drawn once for the process (at the top level, when an object is made, before the loop that sends the
requests) is none of these, nor is today's date: it changes once a day, and no cache lives that long.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmlint.link.values import Args, Const, Made, Origin, Seq, Value, force

if TYPE_CHECKING:
    from llmlint.link.project import FuncInfo
    from llmlint.link.scopes import CallRecord, Frame, Loop

CLOCKS = frozenset({
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.now", "datetime.utcnow",
    "time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.ctime", "time.asctime",
    "django.utils.timezone.now", "pendulum.now", "arrow.now", "arrow.utcnow", "pandas.Timestamp.now",
})  # fmt: skip
DRAWN = frozenset({
    "uuid.uuid1", "uuid.uuid4", "uuid.uuid7", "shortuuid.uuid", "nanoid.generate", "ulid.new", "secrets.token_hex",
    "secrets.token_urlsafe", "secrets.token_bytes", "secrets.randbelow", "os.urandom", "random.random",
    "random.randint", "random.uniform", "random.sample", "random.choices", "random.randrange", "random.getrandbits",
    "numpy.random.rand", "numpy.random.randint", "numpy.random.permutation",
})  # fmt: skip
PICKED = frozenset({"random.choice", "secrets.choice", "numpy.random.choice"})
FEW = 8  # of so few texts each is soon in the cache
NAMES = frozenset(n.rpartition(".")[2] for n in (*CLOCKS, *DRAWN, *PICKED, "time.strftime"))
PASSED_ON = frozenset({"builtins.str", "builtins.repr", "builtins.format", "builtins.round", "builtins.list"})
FINE = re.compile(r"%-?[MSfsXTcRrp]|%I|:%?mm|:ss|HH:|hh:")  # minutes and below, in a format of strftime or of pendulum
COARSE = frozenset({"date", "year", "month", "day", "hour", "weekday", "isoweekday", "isocalendar", "tzinfo",
                    "to_date_string", "tm_year", "toordinal"})  # fmt: skip
ONCE = frozenset({"__init__", "__post_init__", "__new__", "__init_subclass__", "setup", "setUp", "model_post_init"})
MEMOS = ("lru_cache", "cache", "cached_property", "cache_data", "cache_resource", "memoize", "alru_cache", "cached",
         "fixture", "ttl_cache")  # fmt: skip
# names of values that say by themselves whom or what they tell apart
EACH = re.compile(r"^(request|trace|correlation|message|msg)_?(id|uuid)$|^(uuid|nonce|request_uuid)$", re.I)
PERSON = re.compile(
    r"^(user|customer|client|member|student|patient|sender)_?(name|id|email)$|^username$"
    r"|^(session|conversation|chat|thread)_id$",
    re.I,
)


def origin(node: ast.Call, frame: Frame) -> Origin | None:
    """Where a call stands that may draw something new; None for any other call."""
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    if name not in NAMES:
        return None
    return Origin(node, frame.module, ((frame.function, frame.loops), *frame.came))


def drawn(value: Value) -> Origin | None:
    """Where the value was drawn, if it is one that differs from one drawing to the next."""
    if not isinstance(value, Made):
        return None
    if value.dotted in PASSED_ON:
        return drawn(force(value.args.pos[0])) if value.args.pos and not value.path else None
    root = value
    while root.base is not None and isinstance(root.base, Made):
        root = root.base
    at = root.at
    if at is None or (value.path and value.path[-1] in COARSE):
        return None
    if root.dotted in DRAWN or (root.dotted in PICKED and many(root.args)):
        seeded = root.dotted.partition(".")[0] in ("random", "numpy") and "seed(" in at.module.source.text
        return None if seeded else at
    if root.dotted == "time.strftime":
        return at if root is value and fine(value.args) else None
    if root.dotted not in CLOCKS:
        return None
    return at if all(exact(step) for step in steps(value)) else None


def steps(value: Made) -> list[Made]:
    """The calls and attributes that led from the drawing to the value."""
    out = [value]
    while out[-1].base is not None and isinstance(out[-1].base, Made):
        out.append(out[-1].base)
    return out


def exact(step: Made) -> bool:
    """Is the time still told by the minute after this step?"""
    if any(p in COARSE for p in step.path):
        return False
    if step.base is None:
        return True
    method = step.dotted.rpartition(".")[2]
    if method in ("strftime", "format", "__format__"):
        return fine(step.args)
    return method in ("isoformat", "timestamp", "ctime", "astimezone", "time", "to_datetime_string", "__str__")


def fine(args: Args) -> bool:
    """Does a format of the clock tell minutes or seconds? Not where it is not known."""
    given = force(args.pos[0]) if args.pos else None
    return isinstance(given, Const) and isinstance(given.value, str) and FINE.search(given.value) is not None


def many(args: Args) -> bool:
    given = force(args.pos[0]) if args.pos else None
    return not (isinstance(given, Seq) and not given.open and len(given.items) <= FEW)


class PerRequest:
    """Is what was drawn there drawn anew for every request that `record` sends? Not where that is not certain."""

    def __init__(self, record: CallRecord, reached: Sequence[tuple[CallRecord, int]]) -> None:
        self.record = record
        self.reached = reached

    def __call__(self, at: Origin) -> bool:
        if any(info is not None and once(info) for info, _ in at.chain):
            return False
        root, loops = at.chain[-1]
        here = self.record
        if any(info is None for info, _ in at.chain[:-1]):
            return False
        if root is here.function:
            return (root is not None or bool(around(here))) and held(here, loops)
        ways = [(r, hops) for r, hops in self.reached if r.function is root and hops]
        if root is None or not ways:
            return False
        nearest = min(hops for _, hops in ways)
        between = [r for r, hops in self.reached if hops < nearest]
        return not any(around(r) for r in between) and all(held(r, loops) for r, _ in ways)


def once(info: FuncInfo) -> bool:
    """A function that runs when an object is made, or whose answer is kept."""
    return info.name in ONCE or info.decorated(*MEMOS)


def held(record: CallRecord, loops: tuple[Loop, ...]) -> bool:
    """Does every loop around the call stand around the drawing too?"""
    return all(loop in loops for loop in around(record))


def around(record: CallRecord) -> list[Loop]:
    """The loops around a call that do more than try again."""
    return [loop for loop in record.loops if loop.per_item or loop.what != "for"]


def by_name(name: str) -> str | None:
    """How to call a value of which only the name is known, where that says that it tells requests or people apart."""
    if name.isupper():
        return None
    return f"`{name}`" if EACH.search(name) else f"`{name}` (from user to user)" if PERSON.search(name) else None
