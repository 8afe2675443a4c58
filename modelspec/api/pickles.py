"""Built classes in pickles: by the texts of the spec they were made of.

A pickle of a built module holds the name and the text of each file, so it is read where
the files are gone; what is read from it is compiled as a spec is, nothing else of it is
run. Classes of Python modules that the spec imports stand in it by reference, as all
others do: it is pickle that imports them, nothing here. In a process the same texts
give the same classes, built or unpickled: the table of classes is here. `rebuild_class`
is named in every pickle, so it stays where it is and goes on taking what it takes.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakValueDictionary

from modelspec.diagnostics.diagnostic import InternalError
from modelspec.diagnostics.span import Source
from modelspec.policy import Limits, Policy
from modelspec.program.ir import Program

if TYPE_CHECKING:
    from torch import nn

    from modelspec.backends.torch import ModuleClasses, Rebuild
    from modelspec.inference.trace import Trace

PackedFile: TypeAlias = "tuple[str, str, str]"
"""The name it was known by, its place beside the others, its text."""
Packed: TypeAlias = "tuple[PackedFile, ...]"
Raised: TypeAlias = "tuple[tuple[str, int | float], ...]"

Traces: TypeAlias = "tuple[Trace, ...]"
"""What sizes left to `auto` are: empty for a spec without."""
Taken: TypeAlias = "tuple[tuple[str, str, type[nn.Module]], ...]"
"""Classes of Python modules: the module, the name in it, the class."""
_Key: TypeAlias = "tuple[Packed, Raised, Traces, Taken]"

_classes: WeakValueDictionary[_Key, ModuleClasses]
_classes = WeakValueDictionary()
_lock = threading.RLock()


def classes_of(program: Program, limits: Limits, traces: Traces = ()) -> ModuleClasses:
    """The classes of a program: those there are, else new ones.

    `traces` are those that the program was filled with.
    """
    key = (_pack(program.sources), _raised(limits), traces, _taken(program))
    with _lock:
        return _classes.get(key) or _build(program, limits, key)


def _taken(program: Program) -> Taken:
    """The classes that a program imports; imports them."""
    if not program.externals:
        return ()
    from modelspec.backends.torch import import_layers

    found = import_layers(program.externals)
    return tuple(
        (one.module, one.attribute, found[one.name]) for one in program.externals
    )


def rebuild_class(
    files: Packed,
    name: str,
    raised: Raised = (),
    traces: Traces = (),
    taken: Taken = (),
) -> type:
    """What a pickle calls: the class of a block of a packed spec."""
    with _lock:
        classes = _classes.get((files, raised, traces, taken))
        if classes is None:
            from modelspec.inference.fill import fill

            limits = dataclasses.replace(Limits(), **dict(raised))  # type: ignore[arg-type]  # fields by name
            modules = tuple(dict.fromkeys(module for module, _, _ in taken))
            program = fill(_unpack(files, Policy(limits, None, modules)), traces)
            classes = _build(program, limits, (files, raised, traces, taken))
        return classes[name]


def _build(program: Program, limits: Limits, key: _Key) -> ModuleClasses:
    from modelspec.backends.torch import build_classes

    files, raised, traces, taken = key

    def reduce(name: str) -> Rebuild:
        if taken:
            return rebuild_class, (files, name, raised, traces, taken)
        if traces:
            return rebuild_class, (files, name, raised, traces)
        return rebuild_class, (files, name, raised) if raised else (files, name)

    externals = _by_name(program, taken)
    classes = _classes[key] = build_classes(program, limits, reduce, externals)
    return classes


def _by_name(program: Program, taken: Taken) -> dict[str, type[nn.Module]]:
    """The classes of Python modules by their names in a program."""
    by_place = {(module, name): layer for module, name, layer in taken}
    found = {}
    for one in program.externals:
        layer = by_place.get((one.module, one.attribute))
        if layer is None:
            raise InternalError("a pickle of a model lacks a class that it imports")
        found[one.name] = layer
    return found


def _raised(limits: Limits) -> Raised:
    """The limits that are not the default ones."""
    names = [field.name for field in dataclasses.fields(Limits)]
    pairs = ((name, getattr(limits, name)) for name in names)
    return tuple(pair for pair in pairs if pair[1] != getattr(Limits(), pair[0]))


def _pack(sources: Iterable[Source]) -> Packed:
    every = tuple(sources)
    places = places_of([source.path for source in every])
    return tuple(
        (source.name, place, source.text)
        for source, place in zip(every, places, strict=True)
    )


def places_of(paths: list[str | None]) -> list[str]:
    """Paths relative to the folder that holds them all; a text has the root's."""
    known = [os.path.dirname(path) for path in paths if path is not None]
    folder = os.path.commonpath(known) if known else ""
    return [
        os.path.relpath(path, folder).replace(os.sep, "/") if path is not None else ""
        for path in paths
    ]


def _unpack(files: Packed, policy: Policy) -> Program:
    """The program of packed files; the imports of one alone need no folder."""
    from modelspec.driver import compile_source

    name, place, text = files[0]
    if len(files) == 1:
        return compile_source(Source(name, text), policy).require()
    # Seldom needed, and slow to import.
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="modelspec-") as folder:
        root = os.path.realpath(folder)
        for _, inside, content in files:
            _write_inside(root, inside or "<text>", content)
        path = os.path.join(root, *(place or "<text>").split("/"))
        policy = dataclasses.replace(policy, import_root=root)
        return compile_source(Source(name, text, path), policy).require()


def _write_inside(root: str, place: str, text: str) -> None:
    path = os.path.realpath(os.path.join(root, place))
    if os.path.commonpath([path, root]) != root:
        raise InternalError("a pickle of a model names a file outside of it")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
