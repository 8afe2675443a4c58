"""Standard blocks as the files of a spec see them, each read when it is first named.

In: a name that means nothing nearer. Out: its entry, signature included; `files` are
those that were named. A standard block is a file like any other, with a scope of its
own: it sees no name of the user, and its class is renamed where the user has one so
called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from modelspec.diagnostics.diagnostic import InternalError, Report
from modelspec.policy import Limits
from modelspec.program.lowering.files import FileNames, resolve_further
from modelspec.program.lowering.scope import BlockEntry
from modelspec.program.standard import standard_source
from modelspec.records import dataclass
from modelspec.spec.loader import LoadedFile
from modelspec.spec.validate import read_file
from modelspec.syntax.document import read_spec


@dataclass(slots=True)
class StandardBlocks:
    """`taken` are the names of classes and functions of the Program so far; `lower`
    reads the signatures of a file."""

    taken: set[str]
    lower: Callable[[FileNames], None]
    files: list[FileNames] = field(default_factory=list)
    entries: dict[str, BlockEntry] = field(default_factory=dict)

    def entry(self, name: str) -> BlockEntry:
        """The block of a name, which is one of `STANDARD_BLOCKS`."""
        if name not in self.entries:
            names = _load(name, self.taken)
            names.scope.standard = self.entry
            # Known before its params are read, whose defaults may name others.
            self.files.append(names)
            self.entries[name] = names.definitions[name].entry
            self.lower(names)
        return self.entries[name]


def _load(name: str, taken: set[str]) -> FileNames:
    source, report = standard_source(name), Report()
    node = read_spec(source, Limits(), report)
    reading = read_file(node, report)
    if reading is None or report.failed:
        raise InternalError(f"the standard block {name} cannot be read")
    file = LoadedFile(source.name, source, reading.node, reading.spec, ())
    return resolve_further(file, taken, report)
