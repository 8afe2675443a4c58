"""What a name means at a place of a spec.

The order is that of the language: loop and `let` names, vars, params (all `locals`
here), blocks, functions, `torch.nn`, standard blocks, built-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field

from modelspec.catalog import load_catalog
from modelspec.diagnostics.suggest import suggest
from modelspec.program.ir import Param
from modelspec.program.kinds import LAYER, UNKNOWN, Kind
from modelspec.program.lowering.layers import LayerForms
from modelspec.program.standard import STANDARD_BLOCKS
from modelspec.pysubset.builtin import BUILTINS
from modelspec.pysubset.repeated import Repeated
from modelspec.records import dataclass


@dataclass(slots=True, eq=False)
class BlockEntry:
    """A block as others see it: its class name and its constructor.

    `params` are filled in when all files' names are known, since defaults may name
    blocks; there may be more of them where it `is_open`.
    """

    class_name: str
    params: tuple[Param, ...] = ()
    is_open: bool = False

    @property
    def children_param(self) -> str | None:
        """The param that takes the modules written under the block's name."""
        return next((p.name for p in self.params if p.type.name == "children"), None)


@dataclass(slots=True)
class FileScope:
    """Names of a file: blocks and functions, its own and imported, by local name.

    `reported` are names that would be known but for a mistake already told. `standard`
    reads a standard block, one of `STANDARD_BLOCKS`. `repeated` are texts that were
    read with these names, `layers` the layers among them. `root` is the name of the
    file's own top level.
    """

    blocks: dict[str, BlockEntry] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    classes: dict[str, BlockEntry] = field(default_factory=dict)
    reported: set[str] = field(default_factory=set)
    standard: Callable[[str], BlockEntry] | None = None
    repeated: Repeated = field(default_factory=Repeated)
    layers: LayerForms = field(init=False)
    root: str = ""

    def __post_init__(self) -> None:
        self.layers = LayerForms(self.repeated)

    def add_block(self, name: str, entry: BlockEntry) -> None:
        self.blocks[name] = entry
        self.classes[entry.class_name] = entry

    def set_reported(self, name: str) -> None:
        """A name of which nobody knows what it means."""
        self.blocks.pop(name, None)
        self.functions.pop(name, None)
        self.reported.add(name)

    def block(self, name: str) -> BlockEntry | None:
        """The block that a name means where no local hides it; a standard block's name
        may mean something nearer."""
        if self.standard is None or not self._means_standard(name):
            return self.blocks.get(name)
        entry = self.standard(name)
        self.classes[entry.class_name] = entry
        return entry

    def has_block(self, name: str) -> bool:
        """Whether there is such a block; no standard block is read to tell."""
        own = name in self.blocks
        return own or (self.standard is not None and self._means_standard(name))

    def _means_standard(self, name: str) -> bool:
        if name in self.blocks or name not in STANDARD_BLOCKS:
            return False
        nearer = name in self.reported or name in self.functions
        return not nearer and load_catalog().layer(name) is None

    def entry_of_class(self, class_name: str) -> BlockEntry | None:
        """The block that has this name in the Program."""
        return self.classes.get(class_name)


@dataclass(slots=True)
class Scope:
    """Names of a block's body, or of a method or function in it.

    `locals` grows as the body is read; one mapping serves the whole body, as in a
    Python function. `unread` are words of what could not be read, which may have been
    the definition of any name.
    """

    file: FileScope
    locals: dict[str, Kind] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def kind(self, name: str) -> Kind:
        """The kind of a canonical bare name."""
        if name in self.locals:
            return self.locals[name]
        return LAYER if name in self.file.classes else UNKNOWN

    def layer_entry(self, name: str) -> BlockEntry | None:
        """The block a bare name means, if it means a block."""
        return None if name in self.locals else self.file.block(name)

    def is_block(self, name: str) -> bool:
        """Whether a bare name means a block, which is not looked at yet."""
        return name not in self.locals and self.file.has_block(name)

    def is_torch_layer(self, name: str) -> bool:
        """Whether a bare name means a class of `torch.nn`."""
        taken = name in self.locals or name in self.file.blocks
        return (
            not taken
            and name not in self.file.functions
            and load_catalog().layer(name) is not None
        )

    def names(self) -> Iterator[str]:
        """All that could stand here, for suggestions; nearest meanings first. The
        root in its own file would be made inside itself, which few mean."""
        yield from self.locals
        yield from (one for one in self.file.blocks if one != self.file.root)
        yield from self.file.functions
        yield from load_catalog().layer_names
        yield from STANDARD_BLOCKS
        yield from sorted(BUILTINS)
        yield from ("F", "torch", "math")

    def suggest(self, name: str) -> str | None:
        """One letter is near every other: there only a name of the block is meant."""
        return suggest(name, self.locals if len(name) == 1 else self.names())
