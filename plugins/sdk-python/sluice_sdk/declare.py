"""Declares stops: a function with what flows, forms and documentation need to know of it."""

import inspect
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

Text = Union[str, Mapping[str, str]]

none = {"kind": "none"}
"""No port on this side."""
single = {"kind": "single"}
"""One port, whose name is the empty text."""
optional_single = {"kind": "single", "optional": True}
"""One in port that a flow may leave unfed."""
any_ports = {"kind": "any"}
"""Any number of ports, named by the paths of the flow."""


def named(*names: str) -> Dict[str, Any]:
    """The ports named here, such as Left and Right."""
    return {"kind": "named", "names": list(names)}


class _Properties:
    """Makes properties of each kind that the platform knows: prop.string(title="Name", required=True)."""

    kinds = (
        "string", "text", "integer", "number", "boolean", "enum", "list", "map", "path", "sql", "json", "secret",
    )

    def __getattr__(self, kind: str) -> Callable[..., Dict[str, Any]]:
        if kind not in self.kinds:
            raise AttributeError(f"there is no kind of property '{kind}'; there are {', '.join(self.kinds)}")
        return lambda **options: _property(kind, options)

    def columns(self, port: str = "", **options: Any) -> Dict[str, Any]:
        """Names of columns of an in port."""
        return {**_property("columns", options), "detail": port}

    def code(self, language: str, **options: Any) -> Dict[str, Any]:
        """Program text in a language."""
        return {**_property("code", options), "detail": language}

    def datasource(self, family: str, **options: Any) -> Dict[str, Any]:
        """The name of a datasource of a family; context.datasource gives its values."""
        return {**_property("datasource", options), "detail": family}


prop = _Properties()

_OPTIONS = {
    "title", "description", "required", "default", "example", "aliases", "allowEmpty", "secret", "values", "synonyms",
    "min", "max",
}


def _property(kind: str, options: Mapping[str, Any]) -> Dict[str, Any]:
    renamed = {("allowEmpty" if key == "allow_empty" else key): value for key, value in options.items()}
    unknown = [key for key in renamed if key not in _OPTIONS]
    if unknown:
        raise TypeError(f"a property has no option '{unknown[0]}'; there are {', '.join(sorted(_OPTIONS))}")
    texts = {key: _text(renamed[key]) for key in ("title", "description") if key in renamed}
    return {"secret": kind == "secret", **renamed, **texts, "kind": kind}


def _text(value: Text) -> Dict[str, str]:
    return {"en": value} if isinstance(value, str) else dict(value)


@dataclass
class Example:
    """A use of the stop with what must come of it; run when the package is uploaded, and by sluice plugin check."""

    title: str
    outputs: Mapping[str, Any]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Stop:
    """A declared stop."""

    manifest: Dict[str, Any]
    run: Callable[[Any], Any]
    examples: Sequence[Example]


def stop(
    name: str,
    title: Text,
    description: Text,
    groups: Sequence[str],
    inputs: Mapping[str, Any] = single,
    outputs: Mapping[str, Any] = single,
    properties: Optional[Mapping[str, Mapping[str, Any]]] = None,
    aliases: Sequence[str] = (),
    owner: str = "",
    icon: str = "",
    customized: Optional[Text] = None,
    ignore_extra_properties: bool = False,
    pure: bool = True,
    writes: bool = False,
    examples: Sequence[Example] = (),
) -> Callable[[Callable[[Any], Any]], Stop]:
    """Declares the function below as a stop. It takes a Context and gives tables: see Context."""

    def declare(function: Callable[[Any], Any]) -> Stop:
        if len(inspect.signature(function).parameters) != 1:
            raise TypeError(f"stop '{name}': its function takes one argument, the context")
        manifest = {
            "name": name,
            "aliases": list(aliases),
            "title": _text(title),
            "description": _text(description),
            "groups": list(groups),
            "owner": owner,
            "icon": icon,
            "ports": {"in": dict(inputs), "out": dict(outputs)},
            "properties": {key: dict(value) for key, value in (properties or {}).items()},
            "extraProperties": "ignore" if ignore_extra_properties else "refuse",
            "engines": ["duckdb"],
            "pure": pure,
            "writes": writes,
        }
        if customized is not None:
            manifest["customized"] = _text(customized)
        return Stop(manifest, function, tuple(examples))

    return declare


def plugin(*stops: Stop) -> List[Stop]:
    """The stops of a package: `stops = plugin(mask, sort)` in its entry module."""
    wrong = [each for each in stops if not isinstance(each, Stop)]
    if wrong:
        raise TypeError(f"{wrong[0]!r} is no stop; declare it with @stop(...)")
    return list(stops)


def table(columns: Mapping[str, str], *rows: Tuple[Any, ...]) -> Any:
    """A small Arrow table for examples: table({"n": "int64", "name": "string"}, (1, "a"), (2, None))."""
    import pyarrow as pa

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(columns)}, schema=schema)
