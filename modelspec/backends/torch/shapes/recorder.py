"""Records a run: which steps there were, what tensors they took and gave.

Comes in: a module whose tensors are fake, while it runs. Goes out: drafts of steps, and
the operation that failed, if one did. Modules are seen by hooks, which are put on a
copy that nobody else has; functions and methods of tensors by a mode of torch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import torch
from torch import nn
from torch._dispatch.python import enable_python_dispatcher
from torch.overrides import TorchFunctionMode

from modelspec.backends.torch.classes import ModuleClasses
from modelspec.backends.torch.meta_mode import check_call
from modelspec.backends.torch.repeats import Repeats
from modelspec.backends.torch.run import MOST_VALUES
from modelspec.backends.torch.shapes.convert import Sizes
from modelspec.backends.torch.shapes.counting import CountingFakes
from modelspec.backends.torch.shapes.environment import Environment
from modelspec.backends.torch.shapes.recurrent import RECURRENT, run_recurrent
from modelspec.backends.torch.tensors_within import tensors_in
from modelspec.diagnostics.span import Span
from modelspec.sizes.observation import Edge, Kind, Many, Step, Tensor, Value
from modelspec.sizes.size import Size


@dataclass(slots=True)
class Draft:
    """A step while it is recorded; `multiply_adds` may be symbolic.

    Of a module's call, `is_block` tells that its class is written in a spec, and
    `is_written` that its `forward` is.
    """

    index: int
    parent: int | None
    kind: Kind
    path: str
    label: str
    span: Span | None = None
    edges: tuple[Edge, ...] = ()
    output: Value = "None"
    multiply_adds: int | torch.SymInt = 0
    made: int | torch.SymInt = 0
    """Bytes of new tensors."""
    is_block: bool = False
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """The innermost thing that was running when the run failed.

    `arguments` are those of the operation, tensors as their shapes; `draft` is the
    operation, or the module where none was running.
    """

    error: Exception
    draft: Draft
    arguments: tuple[object, ...] = ()
    named: Mapping[str, object] = field(default_factory=dict)


class Recorder(TorchFunctionMode):
    """`where` tells what line of the spec is running."""

    def __init__(
        self,
        environment: Environment,
        fakes: CountingFakes,
        sizes: Sizes,
        where: Callable[[], Span | None],
        classes: ModuleClasses,
    ) -> None:
        super().__init__()
        self.drafts: list[Draft] = []
        self.failure: Failure | None = None
        self._repeats = Repeats(fakes)
        self._environment = environment
        self._sizes = sizes
        self._where = where
        self._classes = classes
        self._open: list[Draft] = []
        self._paths: dict[int, str] = {}
        self._owned: dict[int, tuple[Kind, str]] = {}
        self._source: dict[int, int] = {}
        self._kept: list[torch.Tensor] = []
        """Tensors that were seen: while they are there, no other has their id."""

    # --- before the run ---------------------------------------------------------

    def watch(self, module: nn.Module) -> None:
        """See every call of a module and of those in it."""
        for path, one in module.named_modules():
            self._paths[id(one)] = path
            one.register_forward_pre_hook(self._enter, with_kwargs=True)
            one.register_forward_hook(self._leave, with_kwargs=True)
        for path, parameter in module.named_parameters():
            self._owned[id(parameter)] = ("parameter", path)
        for path, buffer in module.named_buffers():
            self._owned[id(buffer)] = ("buffer", path)

    def add_input(self, name: str, tensor: torch.Tensor) -> None:
        """A tensor that the run is given."""
        self._origin("input", name, tensor)

    # --- while it runs ----------------------------------------------------------

    def count(self, multiply_adds: int | torch.SymInt) -> None:
        """Add to the innermost step that is running."""
        if self._open:
            self._open[-1].multiply_adds += multiply_adds

    def count_made(self, size: int | torch.SymInt) -> None:
        """Bytes of new tensors, made by the innermost step that is running."""
        if self._open:
            self._open[-1].made += size

    def _enter(
        self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        draft = self._begin(
            "module", self._paths.get(id(module), ""), type(module).__name__
        )
        draft.edges = tuple(self._edges((*args, *kwargs.values())))
        block = self._classes.block_of(type(module))
        draft.is_block = block is not None and not block.source.is_standard
        draft.is_written = self._classes.is_written(type(module))
        self._open.append(draft)

    def _leave(
        self,
        module: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        output: object,
    ) -> None:
        draft = self._open.pop()
        draft.output = self.describe(output)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        given = dict(kwargs or {})
        name = _name(func)
        if name in _SILENT:
            return func(*args, **given)
        draft = self._begin("operation", self._around(), name)
        inputs = (*args, *given.values())
        draft.edges = tuple(self._edges(inputs))
        self._open.append(draft)
        try:
            output = self._call(name, func, args, given)
        except Exception as error:
            self._fail(error, draft, args, given)
            raise
        finally:
            self._open.pop()
        if _gives_back(name, args, given):
            draft.made = 0
        self._finish(draft, output)
        return output

    def _call(
        self,
        name: str,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> object:
        check_call(func, args, kwargs)
        key = self._repeats.key(func, args, kwargs)
        known = self._repeats.find(key)
        if known is not None:
            self.count(known.multiply_adds)
            self.count_made(known.bytes_made)
            return self._repeats.make(known)
        output = self._run(name, func, args, kwargs)
        running = self._open[-1]
        counted = running.multiply_adds, running.made
        self._repeats.remember(key, (args, kwargs), output, counted)
        return output

    def _run(
        self,
        name: str,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> object:
        if name in RECURRENT:
            output, multiply_adds = run_recurrent(name, args)
            self.count(multiply_adds)
            return output
        return self._with_symbols(lambda: func(*args, **kwargs))

    def _with_symbols(self, call: Callable[[], object]) -> object:
        """Some operations are taken apart in C++, where sizes must be numbers, and in
        Python, where they need not; all in Python would take half as long again."""
        sizes = self._environment
        asked, before = sizes.numbers_asked, sizes.remembered()
        try:
            output = call()
        except RuntimeError as error:
            if not any(text in str(error) for text in _OF_SYMBOLS):
                raise
        else:
            if sizes.numbers_asked == asked:
                return output
        sizes.forget_after(before)
        self._open[-1].multiply_adds = self._open[-1].made = 0
        with enable_python_dispatcher():
            return call()

    def _finish(self, draft: Draft, output: object) -> None:
        tensors = list(tensors_in(output))
        if not tensors:
            # A size, a dtype, a comparison of them: no tensor went through.
            assert self.drafts[-1] is draft
            self.drafts.pop()
            return
        draft.output = self.describe(output)
        for one in tensors:
            self._source[id(one)] = draft.index
        self._kept += tensors

    def _fail(
        self,
        error: Exception,
        draft: Draft,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        if self.failure is None:
            arguments = tuple(self._plain(one) for one in args)
            named = {name: self._plain(one) for name, one in kwargs.items()}
            self.failure = Failure(error, draft, arguments, named)

    def failed(self, error: Exception) -> Failure:
        """What was running when the run failed."""
        if self.failure is not None and self.failure.error is error:
            return self.failure
        running = self._open[-1] if self._open else Draft(0, None, "module", "", "")
        return Failure(error, running)

    def _begin(self, kind: Kind, path: str, label: str) -> Draft:
        parent = self._open[-1].index if self._open else None
        made = Draft(len(self.drafts), parent, kind, path, label, self._where())
        self.drafts.append(made)
        return made

    def _around(self) -> str:
        return self._open[-1].path if self._open else ""

    def running(self) -> Span | None:
        """The line of the spec that is running."""
        return self._where()

    def size(self, value: int | torch.SymInt) -> Size:
        """A size of a tensor of this run, as a plain value."""
        return self._sizes.size(value)

    # --- tensors ----------------------------------------------------------------

    def edges_of(self, output: object) -> Iterator[Edge]:
        """The tensors that the whole run returned, and who made them."""
        return self._edges((output,))

    def _edges(self, values: Iterable[object]) -> Iterator[Edge]:
        for tensor in tensors_in(values):
            source = self._source.get(id(tensor))
            if source is None:
                source = self._own(tensor)
            if source is not None:
                yield Edge(source, self._tensor(tensor))

    def _own(self, tensor: torch.Tensor) -> int | None:
        """The step of a parameter or buffer that a block's own method reads."""
        owned = self._owned.get(id(tensor))
        if owned is None or not self._open or not self._reads_itself():
            return None
        return self._origin(*owned, tensor)

    def _reads_itself(self) -> bool:
        # The innermost is the operation that reads, the one around it is its module.
        around = [draft for draft in self._open if draft.kind == "module"]
        return bool(around) and around[-1].is_block

    def _origin(self, kind: Kind, path: str, tensor: torch.Tensor) -> int:
        index = len(self.drafts)
        draft = Draft(index, None, kind, path, kind, output=self._tensor(tensor))
        self.drafts.append(draft)
        self._source[id(tensor)] = index
        self._kept.append(tensor)
        return index

    def describe(self, value: object) -> Value:
        """A value with tensors as their shapes; of very many only the first."""
        return self._described(value, count(1))

    def _described(self, value: object, seen: Iterator[int]) -> Value:
        if next(seen) > MOST_VALUES:
            return "..."
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, (dict, tuple, list)):
            inside = value.values() if isinstance(value, dict) else value
            items = tuple(
                self._described(one, seen) for one in islice(inside, MOST_VALUES)
            )
            if isinstance(value, dict):
                return Many("dict", items, tuple(map(str, value))[:MOST_VALUES])
            return Many("list" if isinstance(value, list) else "tuple", items)
        return "None" if value is None else type(value).__name__

    def _tensor(self, tensor: torch.Tensor) -> Tensor:
        shape = tuple(self._sizes.size(size) for size in tensor.shape)
        return Tensor(shape, str(tensor.dtype).removeprefix("torch."))

    def _plain(self, value: object, depth: int = 3) -> object:
        """An argument with sizes and tensors as plain values."""
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, torch.SymInt):
            return self._sizes.size(value)
        if isinstance(value, (tuple, list)):
            return tuple(self._plain(one, depth - 1) for one in value) if depth else ()
        return value

    def steps(self, written: Callable[[str], Span | None]) -> Iterator[Step]:
        """What was recorded; `written` tells where a module stands in the spec."""
        for one in self.drafts:
            yield Step(
                one.index,
                one.parent,
                one.kind,
                one.path,
                one.label,
                one.edges,
                one.output,
                one.span,
                written(one.path) if one.kind == "module" else None,
                self._sizes.size(one.multiply_adds),
                self._sizes.size(one.made),
            )


_OF_SYMBOLS = ("SymInt", "INTERNAL ASSERT")
"""What torch says where its own C++ does not know what to do with a symbol."""
_SILENT = frozenset({"size", "dim", "numel", "stride", "is_floating_point", "__len__"})
"""What is asked of a tensor and gives none."""
_TRAINING = 2
"""Where dropout of every kind takes whether it trains."""


def _name(func: Callable[..., Any]) -> str:
    """`relu`, `add`, `T`: an attribute by its name, an operator without underlines."""
    name = getattr(func, "__name__", type(func).__name__)
    if name == "__get__":
        owner = getattr(func, "__self__", None)
        name = getattr(owner, "__name__", name)
        if name in ("shape", "dtype", "device", "ndim", "requires_grad", "is_meta"):
            return "size"
    return name


def _gives_back(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether torch gives back what it got, and makes a copy only for tracing."""
    if "dropout" not in name:
        return False
    trains = kwargs.get("training", args[_TRAINING] if len(args) > _TRAINING else True)
    return not trains
