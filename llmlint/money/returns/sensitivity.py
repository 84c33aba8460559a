"""A model and its inputs → the value of each single input at which the answer turns, and how far each one moves it.

The return over a horizon, net · months − one-off, is followed along one input while the others stay: first in steps,
outwards from where it is, then between the two steps where it changes its sign. Nearly all inputs enter the sums
linearly, so the first guess between the two is a straight line and mostly exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from llmlint.money.returns.inputs import Input, inputs_of
from llmlint.money.returns.records import Flip, Swing

Return = Callable[[Decimal], Decimal]
STEP = Decimal("1.3")
STEPS = 60  # outwards: a factor of about seven million
SHARES = 50
HALVINGS = 80
CLOSE = Decimal("1e-12")


def flips(model: Any, months: Decimal) -> tuple[Flip, ...]:
    """For each input the nearest value at which breaking even takes exactly `months`, nearest first."""
    found = []
    for one in inputs_of(type(model)):
        now = getattr(model, one.name)
        if now is None:
            continue
        value = along(model, one.name, months)
        at = turning_point(one, now, value)
        if at is not None and one.whole:
            at = _whole(one, now, at, value)
        if at is not None:
            found.append(Flip(one.name, one.unit, now, at))
    return tuple(sorted(found, key=_distance))


def swings(model: Any, months: Decimal) -> tuple[Swing, ...]:
    """What each input does to the return when it is half and double what it is (shares: at most 1), widest first."""
    found = []
    for one in inputs_of(type(model)):
        now = getattr(model, one.name)
        if not now:
            continue
        low, high = max(now / 2, one.low), now * 2 if one.high is None else min(now * 2, one.high)
        at_low, at_high = (replace(model, **{one.name: x}).sums() for x in (low, high))
        ends = (at_low.net * months - at_low.one_off, at_high.net * months - at_high.one_off)
        found.append(Swing(one.name, one.unit, low, high, *ends))
    return tuple(sorted((one for one in found if one.width), key=lambda one: -one.width))


def along(model: Any, name: str, months: Decimal) -> Return:
    """The return over `months` as a function of one input alone; below nothing where it does not pay."""

    def value(x: Decimal) -> Decimal:
        sums = replace(model, **{name: x}).sums()
        left: Decimal = sums.net * months - sums.one_off
        return -CLOSE if left >= 0 >= sums.net else left  # what saves nothing does not pay, not even if it is free

    return value


def turning_point(one: Input, now: Decimal, value: Return) -> Decimal | None:
    """The nearest value of an input, on either side, where the return changes its sign; None: nowhere sensible."""
    here = value(now) >= 0
    found = []
    for outwards in (_upwards(one, now), _downwards(one, now)):
        before = now
        for x in outwards:
            if (value(x) >= 0) != here:
                found.append(_between(before, x, value))
                break
            before = x
    return min(found, key=lambda x: _ratio(now, x), default=None)


def _whole(one: Input, now: Decimal, at: Decimal, value: Return) -> Decimal | None:
    """The next whole step beyond the turn, where the answer is indeed the other one."""
    step = at.to_integral_value(ROUND_CEILING if at > now else ROUND_FLOOR)
    return step if step >= one.low and (value(step) >= 0) != (value(now) >= 0) else None


def _upwards(one: Input, now: Decimal) -> Iterator[Decimal]:
    if one.high is not None:
        yield from (now + (one.high - now) * i / SHARES for i in range(1, SHARES + 1))
        return
    start = now or Decimal("0.0001")
    steps = STEPS if now else 2 * STEPS
    yield from (start * STEP**i for i in range(1, steps + 1))


def _downwards(one: Input, now: Decimal) -> Iterator[Decimal]:
    if one.high is not None:
        yield from (now - (now - one.low) * i / SHARES for i in range(1, SHARES + 1))
        return
    for i in range(1, STEPS + 1):
        x = now / STEP**i
        if x <= one.low:
            break
        yield x
    if now > one.low:
        yield one.low


def _between(near: Decimal, far: Decimal, value: Return) -> Decimal:
    """Where the return crosses zero between two values on whose two sides it lies."""
    at_near, at_far = value(near), value(far)
    side = at_near >= 0
    straight = near + (far - near) * at_near / (at_near - at_far)
    aside = (far - near) * CLOSE
    if (value(straight - aside) >= 0) == side != (value(straight + aside) >= 0):
        return straight
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        if (value(middle) >= 0) == side:
            near = middle
        else:
            far = middle
    return far


def _ratio(now: Decimal, at: Decimal) -> Decimal:
    """How far away a value is, as a factor above 1."""
    if not now or not at:
        return Decimal("Infinity")
    return max(at / now, now / at)


def _distance(flip: Flip) -> tuple[Decimal, str]:
    return _ratio(flip.now, flip.at), flip.name
