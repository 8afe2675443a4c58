"""Ways from a value to Python itself, which texts that are compiled must not take.

`str.format` reads attributes and items that its text names, dunders too, so only a
literal whose fields are plain may be formatted with it. A generator leads to its frame
and from there to the globals; a tensor to numpy and from there to files. Data and pure
functions; `check` reports.
"""

from __future__ import annotations

import ast
import string

FORMATTERS = frozenset({"format", "format_map"})

INTERNALS = frozenset(
    """gi_frame gi_code gi_yieldfrom cr_frame cr_code cr_await cr_origin ag_frame
    ag_code f_back f_builtins f_code f_globals f_locals tb_frame tb_next co_code
    co_consts func_code func_globals mro""".split()
)
"""Attributes of generators, frames, code and classes that have no dunder name."""

LEAVING = frozenset(
    """apply_ const_data_ptr ctypes data_ptr dump dumps from_file grad_fn map2_ map_
    memmap module_load numpy record_stream register_hook
    register_post_accumulate_grad_hook set_ share_memory_ storage storage_type tofile
    untyped_storage""".split()
)
"""Attributes by which a tensor is left for memory, files, hooks or another library.

Analysis knows methods of tensors by their names alone, and a spec gives names too: a
child called `numpy` must not make `x.numpy()` something that may be written.
"""


def is_own(node: ast.expr) -> bool:
    """Whether an attribute of this is one of the module itself: `self.NAME`."""
    return isinstance(node, ast.Name) and node.id == "self"


def is_plain_format(node: ast.expr) -> bool:
    """Whether a call of `format` on this is what it seems: a literal, plain fields."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return _has_plain_fields(node.value)


def _has_plain_fields(text: str | None) -> bool:
    if not text:
        return True
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return True  # not a format at all: the call says so when it runs
    return all(
        _is_plain(name) and _has_plain_fields(spec) for _, name, spec, _ in fields
    )


def _is_plain(name: str | None) -> bool:
    return not name or name.isidentifier() or name.isdigit()
