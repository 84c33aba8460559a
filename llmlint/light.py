"""`dataclass` as the standard library has it, for records that nobody changes, at a fraction of the cost.

A frozen dataclass with slots takes a quarter of a millisecond to make, for each of its methods is compiled from text,
and there are a hundred on the way to the first finding. Each of its fields is then set through `object.__setattr__`,
which was a tenth of a scan. Here only `__init__` is compiled, the other methods are shared, and that nobody changes a
record is held by the type checker, which sees the standard library's decorator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from operator import attrgetter

    def dataclass(*, slots, frozen=False, eq=True):
        assert slots

        def made(cls):
            own = frozenset(cls.__dict__)
            if not cls.__doc__:
                cls.__doc__ = cls.__name__  # else the signature is worked out and written there
            cls = dataclasses.dataclass(slots=True, repr=False, eq=False)(cls)
            fields = dataclasses.fields(cls)
            cls._shown = tuple(f.name for f in fields if f.repr)
            methods = {"__repr__": _repr}
            if eq:
                compared = [f.name for f in fields if f.compare]
                cls._compared = attrgetter(*compared) if compared else type
                methods |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
            for name, method in methods.items():
                if name not in own:
                    setattr(cls, name, method)
            return cls

        return made

    def _repr(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._shown)
        return f"{type(self).__qualname__}({values})"

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self._compared(self) == self._compared(other)

    def _hash(self):
        return hash(self._compared(self))
