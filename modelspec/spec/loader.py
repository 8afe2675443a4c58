"""A spec and all specs it imports, each read once.

In: the root's source. Out: the files in the order they were reached, the root first,
each with its checked frame and its imports. Imported files are regular files under the
root spec's folder (or the folder the policy names), found by real path; cycles, a file
too many and an import too deep are diagnostics. A Python module that a spec imports
from is a name here, held against those that the caller allows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import field, replace
from typing import Protocol

from modelspec.diagnostics.diagnostic import Diagnostic, Label, Report
from modelspec.diagnostics.span import Source, Span
from modelspec.policy import (
    Limits,
    Policy,
    is_module_name,
    is_plain_name,
    is_within,
)
from modelspec.records import dataclass
from modelspec.spec.frame import FileSpec
from modelspec.spec.validate import read_file
from modelspec.syntax.document import read_spec
from modelspec.syntax.nodes import (
    Entry,
    MappingNode,
    ScalarNode,
    SequenceNode,
    describe_node,
)
from modelspec.syntax.source import read_real

_PYTHON = "python:"


@dataclass(frozen=True, slots=True)
class ImportedName:
    """`theirs` of another file, known here as `ours`; both spans are the same where
    there is one name."""

    theirs: str
    ours: str
    span: Span
    ours_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """One entry of `imports`: `key` is that of a loaded file, None where it could
    not be loaded (which was reported).

    Of a Python module `module` is the name, None where it may not be imported (which
    was reported); nothing imports it here. `within` are the modules that the caller
    allows, in which its classes must be defined.
    """

    key: str | None
    names: tuple[ImportedName, ...]
    span: Span
    module: str | None = None
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFile:
    """`key` tells files apart: the real path, or the name of a text. `unread` are
    entries of its own top level that were reported."""

    key: str
    source: Source
    node: MappingNode
    spec: FileSpec
    imports: tuple[Import, ...]
    unread: tuple[Entry, ...] = ()


class ReadSource(Protocol):
    """Reads an imported file by its real path; `name` is what messages call it."""

    def __call__(
        self, path: str, limits: Limits, *, name: str | None = None
    ) -> Source | Diagnostic: ...


@dataclass(slots=True)
class _Loader:
    policy: Policy
    report: Report
    folder: str | None
    read: ReadSource
    files: dict[str, LoadedFile | None] = field(default_factory=dict)
    chain: list[tuple[str, Span]] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)


def load_files(
    root: Source, policy: Policy, report: Report, read: ReadSource = read_real
) -> tuple[LoadedFile, ...] | None:
    """The root and its imports, or None where the root could not be read.

    `read` is for texts that are no files any more.
    """
    folder = policy.import_root
    if folder is None and root.path is not None:
        folder = os.path.dirname(root.path)
    loader = _Loader(policy, report, folder and os.path.realpath(folder), read)
    first = _load(root, root.path or root.name, loader)
    if first is None:
        return None
    return tuple(file for file in loader.files.values() if file is not None)


def _load(source: Source, key: str, loader: _Loader) -> LoadedFile | None:
    loader.files[key] = None
    node = read_spec(source, loader.policy.limits, loader.report)
    reading = read_file(node, loader.report)
    if reading is None:
        return None
    spec, node, unread = reading.spec, reading.node, reading.unread
    # The root stands first, whatever it imports.
    loader.files[key] = file = LoadedFile(key, source, node, spec, (), unread)
    imports = tuple(_imports(file, loader))
    loader.files[key] = file = LoadedFile(key, source, node, spec, imports, unread)
    return file


def _imports(file: LoadedFile, loader: _Loader) -> list[Import]:
    found: list[Import] = []
    for entry in file.spec.imports.entries if file.spec.imports is not None else ():
        names = _names(entry, loader.report)
        if entry.key.text.startswith(_PYTHON):
            found += _python_imports(entry, names, loader)
            continue
        key = _find(entry, file, loader)
        found.append(Import(key, tuple(names), entry.key.span))
    return found


def _python_imports(
    entry: Entry, names: list[ImportedName], loader: _Loader
) -> Iterator[Import]:
    """Classes of a Python module, which the caller must have allowed; those that cannot
    be taken of it apart."""
    module, span = entry.key.text.removeprefix(_PYTHON), entry.key.span
    if not _may_be_imported(module, span, loader):
        yield Import(None, tuple(names), span)
        return
    taken: list[ImportedName] = []
    left: list[ImportedName] = []
    for one in names:
        (taken if _is_class_name(one, loader.report) else left).append(one)
    yield Import(None, tuple(taken), span, module, loader.policy.allow_imports)
    yield Import(None, tuple(left), span)


def _may_be_imported(module: str, span: Span, loader: _Loader) -> bool:
    """Whether the caller allows a module, and one more of them; reports if not."""
    report, policy = loader.report, loader.policy
    if not is_module_name(module):
        message = f"'{module}' is no name of a Python module"
        help = "write it as `import` takes it: `python:my_pkg.layers`"
        report.error("python-import", message, span, help=help)
        return False
    if not is_within(module, policy.allow_imports):
        first = module.partition(".")[0]
        report.error(
            "python-import",
            f"the Python module '{module}' may not be imported",
            span,
            help=(
                "to import it runs its code: allow that only if you trust it",
                f"write `--allow-import {first}` on the command line",
                f'in Python pass `Policy(allow_imports=("{first}",))`',
            ),
        )
        return False
    loader.modules.add(module)
    most = policy.limits.import_files
    if len(loader.modules) > most:
        message = f"a spec may import {most} Python modules"
        report.error("limit-exceeded", message, span)
    return len(loader.modules) <= most


def _is_class_name(name: ImportedName, report: Report) -> bool:
    if is_plain_name(name.theirs):
        return True
    report.error(
        "python-import",
        f"'{name.theirs}' is no name of a class in a module",
        name.span,
        help="write the name that the module itself has for it: `[FancyAttention]`",
    )
    return False


def _names(entry: Entry, report: Report) -> list[ImportedName]:
    """`[A, B]`, or `{theirs: ours}`."""
    value = entry.value
    found: list[ImportedName] = []
    if isinstance(value, SequenceNode):
        for item in value.items:
            if isinstance(item, ScalarNode):
                found.append(ImportedName(item.text, item.text, item.span, item.span))
            else:
                _wrong_name(item, report)
    elif isinstance(value, MappingNode):
        for pair in value.entries:
            if isinstance(pair.value, ScalarNode):
                theirs, ours = pair.key, pair.value
                found.append(
                    ImportedName(theirs.text, ours.text, theirs.span, ours.span)
                )
            else:
                _wrong_name(pair.value, report)
    else:
        report.error(
            "wrong-kind",
            f"a list of block names is expected, got {describe_node(value)}",
            value.span,
            help="write `[BlockA, BlockB]`, or `{TheirName: OurName}`",
        )
        if not value.is_null:
            name = ImportedName(value.text, value.text, value.span, value.span)
            found.append(name)
    return found


def _wrong_name(node: MappingNode | SequenceNode, report: Report) -> None:
    report.error(
        "wrong-kind",
        f"a block's name is expected, got {describe_node(node)}",
        node.span,
    )


def _find(entry: Entry, importer: LoadedFile, loader: _Loader) -> str | None:
    """The key of the file an entry names, read if it was not."""
    path = _path(entry, importer, loader)
    if path is None:
        return None
    if any(key == path for key, _ in loader.chain) or path == importer.key:
        _cycle(path, entry.key, importer, loader)
        return None
    if path in loader.files:
        return path if loader.files[path] is not None else None
    limits = loader.policy.limits
    if len(loader.files) >= limits.import_files or (
        len(loader.chain) + 1 >= limits.import_depth
    ):
        loader.report.error(
            "limit-exceeded",
            f"a spec may import {limits.import_files} files,"
            f" {limits.import_depth} deep",
            entry.key.span,
        )
        return None
    name = os.path.join(os.path.dirname(importer.source.name), entry.key.text)
    source = loader.read(path, limits, name=os.path.normpath(name))
    if isinstance(source, Diagnostic):
        _unreadable(source, entry, loader.report)
        return None
    loader.chain.append((importer.key, entry.key.span))
    told = len(loader.report.found)
    loaded = _load(source, path, loader)
    loader.chain.pop()
    for at, one in enumerate(loader.report.found[told:], told):
        if one.span is None:  # of a file that is no spec nothing is shown
            loader.report.found[at] = replace(one, span=entry.key.span)
    return path if loaded is not None else None


def _path(entry: Entry, importer: LoadedFile, loader: _Loader) -> str | None:
    text, span = entry.key.text, entry.key.span
    start = importer.source.path
    folder = os.path.dirname(start) if start is not None else loader.folder
    if folder is None or loader.folder is None:
        loader.report.error(
            "import-without-folder",
            "a spec that is not a file has no folder to import from",
            span,
        )
        return None
    if "\0" in text or os.path.isabs(text):
        path = os.sep
    else:
        path = os.path.realpath(os.path.join(folder, text))
    if os.path.commonpath([path, loader.folder]) != loader.folder:
        loader.report.error(
            "import-outside",
            f"'{text}' is outside the folder of the root spec",
            span,
            help="move the file there, or let the caller name a wider folder",
        )
        return None
    return path


def _unreadable(found: Diagnostic, entry: Entry, report: Report) -> None:
    """Told at the import, not at the file that is not there."""
    report.error(found.code, found.message, entry.key.span, help=found.help)


def _cycle(path: str, key: ScalarNode, importer: LoadedFile, loader: _Loader) -> None:
    steps = [*loader.chain, (importer.key, key.span)]
    start = next(at for at, (name, _) in enumerate(steps) if name == path)
    shown = [os.path.basename(name) for name, _ in steps[start:]]
    shown.append(os.path.basename(path))
    labels = tuple(Label(span, "imported here") for _, span in steps[start:-1])
    loader.report.error(
        "import-cycle",
        f"these specs import each other: {' -> '.join(shown)}",
        key.span,
        help="move what both need into a third file",
        labels=labels,
    )
