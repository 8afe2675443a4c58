"""The catalogue's tables and the questions that can be asked of them.

In: two JSON files found by `modelspec.resources`; the second, with the signatures of
functions and methods, is read at the first question that needs it. Out: `Layer` and
`Signature` values. Names are those a spec writes: bare for layers, `torch.cat`,
`torch.linalg.norm` or `F.relu` for functions.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from modelspec.catalog.parsing import parse_signature
from modelspec.catalog.signature import Signature
from modelspec.records import dataclass
from modelspec.resources import read_schema

TARGET = "torch-2.13"


@dataclass(frozen=True, slots=True)
class Layer:
    """One class of torch.nn.

    `choices` are the strings a parameter accepts: they bind string values only, since
    `padding` may be a number and `activation` a function. `attributes` are those that
    constructors name in their source; recurrent layers and those that make their
    attributes in a loop have more. `methods` are those beyond nn.Module's.
    """

    name: str
    signature: Signature
    forward: Signature | None
    bases: tuple[str, ...]
    is_container: bool
    attributes: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]] = field(hash=False)
    methods: Mapping[str, Signature] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Catalog:
    """What one version of torch offers; made by `load_catalog`."""

    torch_version: str
    layer_names: tuple[str, ...]
    init_names: tuple[str, ...]
    parametrization_names: tuple[str, ...]
    module_methods: frozenset[str]
    dtype_names: frozenset[str]
    constant_names: frozenset[str]
    context_names: frozenset[str]
    type_names: frozenset[str]
    value_attributes: frozenset[str]
    tensor_attributes: frozenset[str]

    # --- layers -----------------------------------------------------------------

    def layer(self, name: str) -> Layer | None:
        """A class of torch.nn by its bare name."""
        return _layer(name)

    def is_sublayer(self, name: str, base: str) -> bool:
        """Whether `isinstance(name(), base)` holds; a class is its own sublayer."""
        entry = _tables()["layers"].get(name)
        return entry is not None and (name == base or base in entry["bases"])

    def init_function(self, name: str) -> tuple[Signature, ...]:
        """A function of torch.nn.init; the first parameter is the tensor."""
        return _signature_of("init", name)

    def parametrization(self, name: str) -> tuple[Signature, ...]:
        """A function of torch.nn.utils.parametrizations."""
        return _signature_of("parametrizations", name)

    def module_names(self, base: str = "Module") -> frozenset[str]:
        """Names a child must not hide in a subclass of nn.Module or of a container.

        Dunder names are not among them: the language refuses those everywhere.
        """
        return _module_names(base)

    # --- functions --------------------------------------------------------------

    def function(self, dotted: str) -> tuple[Signature, ...] | None:
        """The overloads of a function, type or context; `None` if not offered.

        A type that cannot be called, such as `torch.dtype`, has no overload.
        """
        name = _canonical(dotted)
        return None if name.startswith("Tensor.") else _overloads(name)

    def function_choices(self, dotted: str) -> Mapping[str, tuple[str, ...]]:
        """The strings that parameters of a function accept, as `Layer.choices`."""
        return _function_choices(_canonical(dotted))

    def function_names(self, prefix: str = "") -> tuple[str, ...]:
        """The dotted names that start with a prefix, sorted: `torch.fft.`, `F.`."""
        prefix = _canonical(prefix)
        return tuple(n for n in _function_names() if n.startswith(prefix))

    def is_constant(self, dotted: str) -> bool:
        """Whether a name is a plain value: `torch.pi`, a dtype, a memory format."""
        return dotted in self.constant_names or dotted in self.dtype_names

    # --- tensors ----------------------------------------------------------------

    def tensor_method(self, name: str) -> tuple[Signature, ...] | None:
        """The overloads of a method of Tensor without `self`; `None` if not offered."""
        return _overloads(f"Tensor.{name}")

    def tensor_method_names(self) -> tuple[str, ...]:
        """The names of all methods of Tensor, sorted."""
        names = _function_table()
        return tuple(sorted(n[7:] for n in names if n.startswith("Tensor.")))

    def tensor_attribute(self, name: str) -> bool:
        """Whether Tensor has this attribute, methods aside."""
        return name in self.tensor_attributes


def _canonical(dotted: str) -> str:
    """`F.relu` for every way to write it, other names unchanged."""
    for prefix in ("torch.nn.functional.", "nn.functional."):
        if dotted.startswith(prefix):
            return f"F.{dotted.removeprefix(prefix)}"
    return dotted


@functools.cache
def load_catalog() -> Catalog:
    """The catalogue of the target version; read once in a process."""
    tables = _tables()
    values = [*tables["constants"], *tables["layouts"], *tables["memory_formats"]]
    return Catalog(
        torch_version=tables["torch_version"],
        layer_names=tuple(tables["layers"]),
        init_names=tuple(tables["init"]),
        parametrization_names=tuple(tables["parametrizations"]),
        module_methods=frozenset(tables["module_methods"]),
        dtype_names=frozenset(tables["dtypes"]),
        constant_names=frozenset(values),
        context_names=frozenset(tables["contexts"]),
        type_names=frozenset(tables["types"]),
        value_attributes=frozenset(tables["value_attributes"]),
        tensor_attributes=frozenset(tables["tensor_attributes"]),
    )


@functools.cache
def _layer(name: str) -> Layer | None:
    entry = _tables()["layers"].get(name)
    if entry is None:
        return None
    choices = {key: tuple(texts) for key, texts in entry.get("choices", {}).items()}
    methods = {k: parse_signature(v) for k, v in entry.get("methods", {}).items()}
    forward = entry.get("forward")
    return Layer(
        name=name,
        signature=parse_signature(entry["signature"]),
        forward=None if forward is None else parse_signature(forward),
        bases=tuple(entry["bases"]),
        is_container=entry.get("container", False),
        attributes=tuple(entry.get("attributes", ())),
        choices=MappingProxyType(choices),
        methods=MappingProxyType(methods),
    )


@functools.cache
def _module_names(base: str) -> frozenset[str]:
    tables = _tables()["module_names"]
    return frozenset(tables["Module"]).union(tables.get(base, ()))


def _signature_of(table: str, name: str) -> tuple[Signature, ...]:
    text = _tables()[table].get(name)
    return () if text is None else (parse_signature(text),)


@functools.cache
def _overloads(name: str) -> tuple[Signature, ...] | None:
    texts = _function_table().get(name)
    if texts is None:
        return None
    builtin = name in _functions()["builtin"]
    aliases = tuple(_tables()["numpy_names"].items()) if builtin else ()
    return tuple(parse_signature(text, aliases) for text in texts)


@functools.cache
def _function_choices(name: str) -> Mapping[str, tuple[str, ...]]:
    choices = _functions()["choices"].get(name, {})
    return MappingProxyType({key: tuple(texts) for key, texts in choices.items()})


@functools.cache
def _function_names() -> tuple[str, ...]:
    return tuple(sorted(n for n in _function_table() if not n.startswith("Tensor.")))


@functools.cache
def _function_table() -> dict[str, list[str]]:
    functions = _functions()
    return {**functions["builtin"], **functions["python"]}


@functools.cache
def _functions() -> dict[str, dict[str, Any]]:
    return _read(f"{TARGET}-functions.json")


@functools.cache
def _tables() -> dict[str, Any]:
    return _read(f"{TARGET}.json")


def _read(name: str) -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(read_schema(name))
    return tables
