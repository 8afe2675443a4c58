"""Signatures of torch, read from its sources, stubs and operator schemas as text.

In: a class, a function, a stub file or an operator's name. Out: signature texts such
as `(in_features: int, bias: bool=True)`, without `self`, with plain annotations.
Sources are preferred to `inspect.signature`, whose text differs between versions of
Python. Never instantiates a layer.
"""

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.nn import init

TORCH = Path(torch.__file__).parent

_PLAIN_NAMES = {
    "_bool": "bool",
    "_complex": "complex",
    "_device": "device",
    "_dtype": "dtype",
    "_float": "float",
    "_int": "int",
    "_layout": "layout",
    "_qscheme": "qscheme",
    "_ratio_any_t": "float | tuple[float, ...]",
    "_size": "Sequence[int]",
    "_size_any_t": "int | tuple[int, ...]",
    "_size_any_opt_t": "int | tuple[int | None, ...]",
    "DeviceLikeType": "str | int | device",
    "DType": "int",
    "Number": "float",
    "SymInt": "int",
    "_FanMode": repr(init._FanMode),
    "_NonlinearityType": repr(init._NonlinearityType),
} | {
    f"_{kind}_{n}{suffix}_t": f"{base} | tuple[{', '.join([base + none] * n)}]"
    for kind, base in (("size", "int"), ("ratio", "float"))
    for n in range(1, 7)
    for suffix, none in (("", ""), ("_opt", " | None"))
}


class _Plain(ast.NodeTransformer):
    """Annotations in a small vocabulary: no qualifiers, no aliases, `|` for unions."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self.visit_Name(ast.Name(node.attr))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        plain = _PLAIN_NAMES.get(node.id, node.id).removeprefix("typing.")
        return ast.parse(plain, mode="eval").body

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            return self._visit(ast.parse(node.value, mode="eval").body)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        head = ast.unparse(node.value).rpartition(".")[2]
        if head == "Literal":
            return ast.Subscript(ast.Name(head), node.slice)
        inner = self._visit(node.slice)
        if head == "Optional":
            return _union([inner, ast.Constant(None)])
        if head.startswith("BroadcastingList"):
            return _union([inner, ast.Subscript(ast.Name("Sequence"), inner)])
        if head == "Union":
            return _union(inner.elts if isinstance(inner, ast.Tuple) else [inner])
        return ast.Subscript(self._visit(node.value), inner)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return _union([self._visit(node.left), self._visit(node.right)])

    def _visit(self, node: ast.expr) -> ast.expr:
        plain = self.visit(node)
        assert isinstance(plain, ast.expr)
        return plain


def _union(members: list[ast.expr]) -> ast.expr:
    """`a | b`, flat, without repetition and with `None` last."""
    flat = [leaf for member in members for leaf in _leaves(member)]
    texts = list(dict.fromkeys(ast.unparse(leaf) for leaf in flat))
    texts.sort(key=lambda text: text == "None")
    return ast.parse(" | ".join(texts), mode="eval").body


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from _leaves(node.left)
        yield from _leaves(node.right)
    else:
        yield node


def signature_text(function: ast.FunctionDef, *, drop_first: bool = False) -> str:
    """The parameters of a definition as text, `self` left out where asked."""
    arguments = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(arguments, ast.FunctionDef)
    parameters = arguments.args
    if drop_first:
        (parameters.posonlyargs or parameters.args).pop(0)
    for node in ast.walk(parameters):
        if isinstance(node, ast.arg) and node.annotation is not None:
            node.annotation = _Plain().visit(node.annotation)
            node.arg = _spoken_name(node.arg, ast.unparse(node.annotation))
    return f"({ast.unparse(parameters)})"


def _spoken_name(name: str, annotation: str) -> str:
    """The keyword for a parameter: bindings call a tensor `self` by another name."""
    return "input" if (name, annotation) == ("self", "Tensor") else name


# --- sources and stubs ----------------------------------------------------------


@functools.cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def stub_functions(path: str, class_name: str | None = None) -> dict[str, list[str]]:
    """Every definition in a stub file or in one of its classes, overloads in order."""
    body = _parsed(TORCH / path).body
    if class_name is not None:
        body = _class_body(body, class_name)
    found: dict[str, list[str]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name != "__new__":
            text = signature_text(node, drop_first=class_name is not None)
            found.setdefault(node.name, []).append(text)
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items()}


def _class_body(body: list[ast.stmt], name: str) -> list[ast.stmt]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node.body
    raise LookupError(f"no class {name} in this source")


def python_function(function: Callable[..., object]) -> str:
    """The signature of a function written in Python, from its source."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    return signature_text(node)


# --- classes --------------------------------------------------------------------


def class_statements(cls: type) -> list[ast.stmt]:
    """The body of a class as its source has it."""
    path = inspect.getsourcefile(cls)
    assert path is not None
    return _class_body(_parsed(Path(path)).body, cls.__name__)


def definitions(cls: type, name: str) -> list[ast.FunctionDef]:
    """What a class itself defines under a name: overloads, then the implementation."""
    return [
        node
        for node in class_statements(cls)
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]


def is_static(function: ast.FunctionDef) -> bool:
    """Whether a method takes no `self`."""
    return any(ast.unparse(d) == "staticmethod" for d in function.decorator_list)


def method_text(lineage: list[type], name: str) -> str | None:
    """The signature of a method, from the nearest class that defines it."""
    for cls in lineage:
        if found := definitions(cls, name):
            texts = [signature_text(f, drop_first=not is_static(f)) for f in found]
            # `(*args, **kwargs)` hides the real list, which its overload has.
            return texts[0] if texts[-1] == "(*args, **kwargs)" else texts[-1]
    return None


# --- operator schemas -----------------------------------------------------------

_SCHEMA_TYPES = {
    "Device": "device",
    "Scalar": "float",
    "SymInt": "int",
    "number": "float",
}


def schema_texts(operator: str) -> list[str]:
    """The Python signatures of a built-in operator, as its argument parser has them."""
    schemas = torch._C._jit_get_schemas_for_operator(f"aten::{operator}")
    texts = [_schema_text(s) for s in schemas if not _writes_out(s)]
    if any(_writes_out(s) for s in schemas):
        texts = [_with_out(text) for text in texts]
    return list(dict.fromkeys(texts))


def _writes_out(schema: torch._C.FunctionSchema) -> bool:
    return re.search(r", Tensor\(\w!\) \w+\)", str(schema)) is not None


def _with_out(text: str) -> str:
    star = "" if "*, " in text else "*, "
    return f"{text[:-1]}, {star}out: Tensor | tuple[Tensor, ...] | None=None)"


def _schema_text(schema: torch._C.FunctionSchema) -> str:
    parts: list[str] = []
    keyword_only = False
    for argument in schema.arguments:
        if argument.kwarg_only and not keyword_only:
            keyword_only = True
            parts.append("*")
        parts.append(_argument_text(argument))
    if any(argument.name == "layout" for argument in schema.arguments):
        parts.append("requires_grad: bool=False")  # added by the Python binding
    return f"({', '.join(parts)})"


def _argument_text(argument: torch._C.Argument) -> str:
    kind = _argument_type(argument)
    name = _spoken_name(argument.name, kind)
    default = f"={argument.default_value!r}" if argument.has_default_value() else ""
    return f"{name}: {kind}{default}"


def _argument_type(argument: torch._C.Argument) -> str:
    kind = re.sub(r"^Optional\[(.*)\]$", r"\1 | None", str(argument.type))
    kind = kind.replace("List[", "Sequence[")
    for schema_name, plain in _SCHEMA_TYPES.items():
        kind = re.sub(rf"\b{schema_name}\b", plain, kind)
    if argument.name in ("dtype", "layout"):
        return kind.replace("int", argument.name)  # enumerations there
    if getattr(argument, "N", None):  # a list of known length takes one number for all
        return re.sub(r"Sequence\[(\w+)\]", r"\1 | Sequence[\1]", kind)
    return kind
