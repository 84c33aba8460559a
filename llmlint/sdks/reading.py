"""One parsed YAML document → `Sdk`, or a CatalogueError that names the file, the entry and what could stand there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, get_args

from llmlint.errors import CatalogueError
from llmlint.facts import Kind
from llmlint.sdks.catalogue import ClientEntry, Http, Method, ModelObject, Sdk, Shape, Signature, When

KINDS = frozenset(get_args(Kind))


def sdk_from_data(data: object, name: str) -> Sdk:
    """name: the file's, for errors."""
    return Reader(name).sdk(data)


class Reader:
    """Reads one file; knows its shapes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.shapes: dict[str, Shape] = {}

    def sdk(self, data: object) -> Sdk:
        top = self.mapping("the document", data)
        self.only("the document", top, {*Sdk.__slots__, "shapes"})
        for needed in ("name", "provider"):
            if not isinstance(top.get(needed), str):
                raise self.error("the document", f"{needed} is missing", "a short name")
        for key, row in self.rows(top, "shapes"):
            self.shapes[key] = self.shape(key, row)
        return Sdk(
            name=top["name"],
            provider=top["provider"],
            modules=self.texts("modules", top.get("modules", ())),
            words=self.texts("words", top.get("words", ())),
            calls=self.texts("calls", top.get("calls", ())),
            common=frozenset(self.texts("common", top.get("common", ()))),
            module_api=top.get("module_api"),
            module_aliases=self.texts("module_aliases", top.get("module_aliases", ())),
            self_attributes=frozenset(self.texts("self_attributes", top.get("self_attributes", ()))),
            self_methods=frozenset(self.texts("self_methods", top.get("self_methods", ()))),
            cache_mode=top.get("cache_mode"),
            retries=top.get("retries"),
            yields=bool(top.get("yields")),
            settings=self.texts("settings", top.get("settings", ())),
            batch_api=bool(top.get("batch_api")),
            maker=top.get("maker"),
            clients={k: self.client(k, row) for k, row in self.rows(top, "clients")},
            methods={k: self.method(k, row) for k, row in self.rows(top, "methods")},
            functions={k: self.function(k, row) for k, row in self.rows(top, "functions")},
            model_objects={k: self.model_object(k, row) for k, row in self.rows(top, "model_objects")},
            model_methods={k: self.method(k, row) for k, row in self.rows(top, "model_methods")},
            model_self_methods={k: str(v) for k, v in (top.get("model_self_methods") or {}).items()},
            http=tuple(self.http(row, top["provider"]) for row in top.get("http") or ()),
            signatures=tuple(self.signature(row) for row in top.get("signatures") or ()),
        )

    # entries ----------------------------------------------------------------------------------------------------------

    def shape(self, where: str, row: Mapping[str, Any]) -> Shape:
        """`like: other` starts from another shape; one path may stand without a list."""
        self.only(where, row, {*Shape.__slots__, "like"})
        base = self.shape_named(where, row["like"]) if "like" in row else Shape()
        fields: dict[str, Any] = {f: getattr(base, f) for f in Shape.__slots__}
        for key, value in row.items():
            if key in ("cap_fix", "cap_required", "hidden"):
                fields[key] = value
            elif key != "like":
                fields[key] = self.texts(f"{where}.{key}", value)
        return Shape(**fields)

    def method(self, where: str, row: Mapping[str, Any]) -> Method:
        self.only(where, row, Method.__slots__)
        rest = {k: v for k, v in row.items() if k not in ("kind", "shape")}
        shape = self.shape_named(where, row["shape"]) if row.get("shape") else None
        return Method(self.kind(where, row), shape, **rest)

    def function(self, where: str, row: Mapping[str, Any]) -> Method:
        """Named in facts without its package: litellm.completion → completion."""
        return self.method(where, {"api": where.partition(".")[2], **row})

    def model_object(self, where: str, row: Mapping[str, Any]) -> ModelObject:
        self.only(where, row, ModelObject.__slots__)
        shape = self.shape_named(where, row.get("shape"))
        api = row.get("api") or where.rpartition(".")[2]
        holds = self.texts(f"{where}.holds", row.get("holds", ()))
        return ModelObject(
            api, shape, row.get("provider"), self.kind(where, row), row.get("maker"), holds, bool(row.get("quiet")),
            bool(row.get("empty")),
        )  # fmt: skip

    def client(self, where: str, row: Mapping[str, Any]) -> ClientEntry:
        self.only(where, row, ClientEntry.__slots__)
        when = row.get("when")
        if when is None:
            return ClientEntry(row.get("provider"), None, row.get("wraps"))
        when = self.mapping(f"{where}.when", when)
        self.only(f"{where}.when", when, When.__slots__)
        equals = self.texts(f"{where}.when.equals", when.get("equals"))
        return ClientEntry(
            row.get("provider"), When(equals, when.get("position"), when.get("keyword", "")), row.get("wraps")
        )

    def http(self, row: Mapping[str, Any], provider: str) -> Http:
        where = f"http {row.get('url')}"
        self.only(where, row, Http.__slots__)
        shape = self.shape_named(where, row.get("shape"))
        return Http(row["url"], self.kind(where, row), shape, row.get("provider") or provider)

    def signature(self, row: Mapping[str, Any]) -> Signature:
        where = f"signature {row.get('path')}"
        self.only(where, row, Signature.__slots__)
        keywords = self.texts(where, row.get("keywords") or ())
        if not keywords and not row.get("alone"):
            raise self.error(where, "neither alone nor keywords", "an unknown receiver needs more than a method's name")
        return Signature(row["path"], bool(row.get("alone")), keywords, bool(row.get("splat")))

    # pieces -----------------------------------------------------------------------------------------------------------

    def kind(self, where: str, row: Mapping[str, Any]) -> Kind:
        kind: Kind = row.get("kind", "generate")
        if kind not in KINDS:
            raise self.error(where, f"no such kind: {kind!r}", one_of(KINDS))
        return kind

    def shape_named(self, where: str, name: object) -> Shape:
        if not isinstance(name, str) or name not in self.shapes:
            raise self.error(where, f"no such shape: {name!r}", one_of(self.shapes))
        return self.shapes[name]

    def rows(self, top: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
        rows = self.mapping(key, top.get(key) or {})
        return [(str(k), self.mapping(str(k), row or {})) for k, row in rows.items()]

    def mapping(self, where: str, data: object) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            raise self.error(where, f"{type(data).__name__} instead of keys and values", "write `key: value` lines")
        return data

    def texts(self, where: str, data: object) -> tuple[str, ...]:
        found = [data] if isinstance(data, str) else data
        if not isinstance(found, (list, tuple)) or not all(isinstance(x, str) for x in found):
            raise self.error(where, f"{data!r} instead of names", "write one name or a list of them")
        return tuple(found)

    def only(self, where: str, row: Mapping[str, Any], known: Collection[str]) -> None:
        unknown = [str(k) for k in row if k not in known]
        if unknown:
            raise self.error(where, f"unknown key {unknown[0]!r}", one_of(known))

    def error(self, where: str, problem: str, mend: str) -> CatalogueError:
        return CatalogueError(f"{where}: {problem}", path=self.name, mend=mend)


def one_of(names: Collection[str]) -> str:
    return "one of " + ", ".join(sorted(names))
