"""Write the catalogue of the installed torch into `schemas/`.

In: the installed torch and the rules of `catalog_rules`. Out: two JSON files, the
layers with everything small in one, function and method signatures in the other, one
line an entry, the same bytes on every run. The only part of the catalogue that imports
torch. Usage: `python scripts/write_catalog.py [DIRECTORY]`.
"""

import ast
import json
import re
import sys
import types
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import catalog_rules as rules
import catalog_sources as sources
import torch
from torch import nn
from torch.nn import functional, init
from torch.nn.utils import parametrizations

Json: TypeAlias = "str | bool | list[str] | dict[str, Json]"
Table: TypeAlias = "dict[str, Json]"
Texts: TypeAlias = "dict[str, list[str]]"

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


# --- layers ---------------------------------------------------------------------


def layer_classes() -> dict[str, type[nn.Module]]:
    """The public module classes of torch.nn by name."""
    found = {name: getattr(nn, name) for name in dir(nn)}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, type) and issubclass(value, nn.Module)
    }


def describe_layer(name: str, cls: type[nn.Module]) -> Table:
    """One entry: how it is constructed and called, what it is and what it has."""
    lineage = [
        c for c in cls.__mro__ if issubclass(c, nn.Module) and c is not nn.Module
    ]
    constructor = sources.method_text(lineage, "__init__") or "()"
    entry: Table = {"signature": constructor}
    if forward := sources.method_text(lineage, "forward"):
        entry["forward"] = forward
    public = layer_classes()
    entry["bases"] = [c.__name__ for c in cls.__mro__[1:] if c.__name__ in public]
    if name in rules.CONTAINERS:
        entry["container"] = True
    if choices := string_choices(name, constructor, rules.STRING_CHOICES):
        entry["choices"] = choices
    if attributes := layer_attributes(lineage):
        entry["attributes"] = attributes
    if methods := layer_methods(lineage):
        entry["methods"] = methods
    return entry


def string_choices(
    name: str, signature: str, table: Iterable[tuple[str, str, str]]
) -> Table:
    """The strings that parameters accept, where there is a closed list."""
    found: Table = {}
    for pattern, parameter, accepted in table:
        if re.fullmatch(pattern, name) and re.search(rf"\b{parameter}\b", signature):
            found.setdefault(parameter, [*accepted.split()])
    return found


def layer_attributes(lineage: list[type]) -> list[str]:
    """Attributes that constructors set, as far as the source names them."""
    found: set[str] = set()
    for cls in lineage:
        for node in sources.class_statements(cls):
            if isinstance(node, ast.FunctionDef) and _sets_attributes(node):
                found.update(_own_attributes(node))
    return sorted(name for name in found if not name.startswith("_"))


def _sets_attributes(node: ast.FunctionDef) -> bool:
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    return node.name == "__init__" and "overload" not in decorators


def _own_attributes(function: ast.FunctionDef) -> Iterable[str]:
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from _stored_names(target)
        elif isinstance(node, ast.Call):
            yield from _registered_name(node)


def _stored_names(target: ast.expr) -> Iterable[str]:
    if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
        yield target.attr
    elif isinstance(target, ast.Tuple):
        for element in target.elts:
            yield from _stored_names(element)


def _registered_name(call: ast.Call) -> Iterable[str]:
    registers = ("self.register_parameter", "self.register_buffer")
    if ast.unparse(call.func) in registers and isinstance(call.args[0], ast.Constant):
        yield str(call.args[0].value)


def layer_methods(lineage: list[type]) -> Table:
    """Public methods that a layer has beyond those of nn.Module."""
    names: dict[str, None] = {}
    for cls in lineage:
        for node in sources.class_statements(cls):
            if isinstance(node, ast.FunctionDef) and _is_offered(node):
                names.setdefault(node.name)
    return {name: sources.method_text(lineage, name) or "()" for name in sorted(names)}


def _is_offered(node: ast.FunctionDef) -> bool:
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    return not (
        node.name.startswith("_")
        or node.name in rules.LAYER_METHODS_LEFT_OUT
        or hasattr(nn.Module, node.name)
        or decorators & {"property", "classmethod"}
    )


def module_names() -> Table:
    """Names a child must not hide, dunders aside: nn.Module's, then containers'."""
    module = {*dir(nn.Module), *vars(nn.Module())}
    names: Table = {"Module": _no_dunders(module)}
    for name in rules.CONTAINERS:
        own = {*dir(getattr(nn, name)), *vars(getattr(nn, name)())} - module
        names[name] = _no_dunders(own)
    return names


def _no_dunders(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith("__"))


# --- functions ------------------------------------------------------------------


def torch_operations() -> Texts:
    """Built-in tensor operations of `torch` and of its mathematical submodules."""
    stubs = sources.stub_functions("_C/_VariableFunctions.pyi")
    found = {
        f"torch.{name}": texts
        for name, texts in stubs.items()
        if rules.is_tensor_operation(name) and hasattr(torch, name)
    }
    for module in rules.SUBMODULES:
        names = (n for n in dir(getattr(torch, module)) if not n.startswith("_"))
        for name in names:
            if texts := sources.schema_texts(f"{module}_{name}"):
                found[f"torch.{module}.{name}"] = texts
    return found


def torch_python() -> Texts:
    """Functions of `torch` written in Python, settings that can only be read, types."""
    found = {
        f"torch.{name}": [sources.python_function(_implementation(name))]
        for name in rules.TORCH_PYTHON
    }
    found |= {f"torch.{name}": [text] for name, text in rules.TORCH_SETTINGS.items()}
    found |= {name: list(texts) for name, texts in rules.TYPES.items()}
    return found | {name: [text] for name, text in rules.CONTEXTS.items()}


def _implementation(name: str) -> types.FunctionType:
    dispatched = rules.DISPATCHED.get(name)
    owner = torch.functional if dispatched else torch
    function = getattr(owner, dispatched or name)
    assert isinstance(function, types.FunctionType)
    return function


def functional_functions() -> tuple[Texts, Texts]:
    """torch.nn.functional: what is built in, and what is written in Python."""
    stubs = sources.stub_functions("_C/_VariableFunctions.pyi")
    builtin: Texts = {}
    python: Texts = {}
    for name in dir(functional):
        value = getattr(functional, name)
        if name.startswith("_") or name in rules.FUNCTIONAL_LEFT_OUT:
            continue
        if isinstance(value, types.BuiltinFunctionType):
            texts = stubs.get(name) or sources.schema_texts(value.__name__)
            builtin[f"F.{name}"] = texts
        elif _is_own_function(value):
            python[f"F.{name}"] = [sources.python_function(_undispatched(name))]
    return builtin, python


def _is_own_function(value: object) -> bool:
    return (
        isinstance(value, types.FunctionType)
        and value.__module__ == functional.__name__
    )


def _undispatched(name: str) -> types.FunctionType:
    """The function behind one that only dispatches on `return_indices`."""
    function = getattr(functional, f"{name}_with_indices", getattr(functional, name))
    assert isinstance(function, types.FunctionType)
    return function


def tensor_methods() -> tuple[Texts, Texts]:
    """Methods of Tensor: what is built in, and what torch/_tensor.py adds to it."""
    builtin = sources.stub_functions("_C/__init__.pyi", "TensorBase")
    builtin |= {name: [text] for name, text in rules.TENSOR_EXTRA.items()}
    python = sources.stub_functions("_tensor.py", "Tensor")
    return (
        {f"Tensor.{n}": t for n, t in builtin.items() if _is_method(n, python)},
        {f"Tensor.{n}": t[-1:] for n, t in python.items() if _is_method(n, ())},
    )


def _is_method(name: str, overridden: Iterable[str]) -> bool:
    return (
        rules.is_tensor_operation(name)
        and hasattr(torch.Tensor, name)
        and name not in overridden
    )


# --- values ---------------------------------------------------------------------


def torch_values(kind: type) -> list[str]:
    """The public constants of one type in `torch`, such as its dtypes."""
    names = (name for name in dir(torch) if not name.startswith("_"))
    return [f"torch.{name}" for name in names if isinstance(getattr(torch, name), kind)]


def value_attributes() -> list[str]:
    """Attributes of what tensor operations give back besides tensors."""
    plain = (rules.VALUE_ATTRIBUTES[kind].split() for kind in rules.VALUE_ATTRIBUTES)
    public = (n for n in dir(torch.return_types) if not n.startswith("_"))
    fields = (_fields(getattr(torch.return_types, name)) for name in public)
    return sorted({*chain(*plain), *chain(*fields)})


def _fields(value: object) -> list[str]:
    """The field names of a named tuple type of torch."""
    if not isinstance(value, type) or not issubclass(value, tuple):
        return []
    members = vars(value).items()
    return [n for n, m in members if isinstance(m, types.MemberDescriptorType)]


# --- the files ------------------------------------------------------------------


def main_tables() -> Table:
    """Everything small: layers, initialisers, names."""
    initialisers = [n for n in dir(init) if n.endswith("_") and not n.startswith("_")]
    return {
        "torch_version": torch.__version__.partition("+")[0],
        "layers": {n: describe_layer(n, c) for n, c in sorted(layer_classes().items())},
        "parametrizations": {
            name: sources.python_function(getattr(parametrizations, name))
            for name in rules.PARAMETRIZATIONS
        },
        "init": {
            name: sources.python_function(getattr(init, name))
            for name in sorted([*initialisers, "calculate_gain"])
        },
        "module_names": module_names(),
        "module_methods": list(rules.MODULE_METHODS),
        "dtypes": torch_values(torch.dtype),
        "layouts": torch_values(torch.layout),
        "memory_formats": torch_values(torch.memory_format),
        "constants": list(rules.CONSTANTS),
        "contexts": list(rules.CONTEXTS),
        "types": sorted(rules.TYPES),
        "tensor_attributes": list(rules.TENSOR_ATTRIBUTES),
        "value_attributes": value_attributes(),
        "numpy_names": {**rules.NUMPY_NAMES},
    }


def function_tables() -> Table:
    """Signatures by dotted name: `torch.cat`, `F.relu`, `Tensor.view`."""
    functional_builtin, functional_python = functional_functions()
    methods_builtin, methods_python = tensor_methods()
    builtin = torch_operations() | functional_builtin | methods_builtin
    python = torch_python() | functional_python | methods_python
    # An operation listed twice (torch.norm) is the one that `torch` really exports.
    builtin = {name: texts for name, texts in builtin.items() if name not in python}
    choices: Table = {}
    for name, texts in (builtin | python).items():
        if found := string_choices(name, " ".join(texts), rules.FUNCTION_CHOICES):
            choices[name] = found
    return {"builtin": {**builtin}, "python": {**python}, "choices": choices}


def render_tables(tables: Table) -> str:
    """JSON with one line for each entry, so that a change is one line of a diff."""
    lines = []
    for key, value in tables.items():
        if isinstance(value, dict):
            entries = (f"  {_dump(k)}: {_dump(v)}" for k, v in sorted(value.items()))
            lines.append(f"{_dump(key)}: {{\n" + ",\n".join(entries) + "\n}")
        else:
            lines.append(f"{_dump(key)}: {_dump(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dump(value: Json) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def write_catalog(directory: Path) -> None:
    """Write both files for the installed version."""
    stem = "torch-" + ".".join(torch.__version__.split(".")[:2])
    for suffix, tables in (("", main_tables()), ("-functions", function_tables())):
        path = directory / f"{stem}{suffix}.json"
        path.write_text(render_tables(tables), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_catalog(Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMAS)
