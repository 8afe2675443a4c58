"""A built module in the formats that run without its class.

Comes in: a module, what it is run on, a path. Goes out:
a file, and which symbolic sizes are fixed in it. `.pt2` is what `torch.export` makes,
`.onnx` that in ONNX, held against the module by onnxruntime, `.torchscript` a trace,
in which every size is as in the trace where Python computed with it.

The module is exported in the mode it is in. What running it in train mode changes, such
as statistics of batches, is as before afterwards, and so are torch's random numbers.
"""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import (
    AbstractContextManager,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
)
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_leaves

from modelspec.backends.torch.inputs import build_input
from modelspec.backends.torch.planned_run import PlannedRun
from modelspec.backends.torch.stand_ins import device_of
from modelspec.backends.torch.weights.failure import reason
from modelspec.backends.torch.weights.writing import require_values
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

SUFFIXES = (".pt2", ".onnx", ".torchscript")
_TOLERANCE = 1e-3


Arguments: TypeAlias = "tuple[tuple[torch.Tensor, ...], dict[str, torch.Tensor]]"


def export_module(module: nn.Module, run: PlannedRun, path: Path) -> tuple[str, ...]:
    """Write the file; the symbols whose size is fixed in it are returned.

    Raises `SpecError` where there are no inputs to export with, torch cannot export the
    module, or what was exported computes something else.
    """
    if not run.inputs:
        message = f"cannot export to '{path}': the inputs have no shapes"
        raise SpecError([Diagnostic("no-run", message, None, path=str(path))])
    require_values(module.state_dict(), path)
    write = {".pt2": _export, ".onnx": _onnx, ".torchscript": _trace}[path.suffix]
    with _quiet(), _random_kept(module), torch.no_grad(), _buffers_kept(module):
        return write(module, run, path)


def _export(module: nn.Module, run: PlannedRun, path: Path) -> tuple[str, ...]:
    program = _exported(module, run, path)
    try:
        torch.export.save(program, path)
    except Exception as error:
        _fail(path, "torch.export.save", error)
    return _fixed(program, run)


def _exported(module: nn.Module, run: PlannedRun, path: Path) -> Any:
    args, kwargs = _example(module, run)
    shapes = _by_parameter(module, run, lambda name: torch.export.Dim.AUTO)
    try:
        return torch.export.export(
            module, args, kwargs, dynamic_shapes=shapes, strict=False
        )
    except Exception as error:
        _fail(path, "torch.export", error)


def _onnx(module: nn.Module, run: PlannedRun, path: Path) -> tuple[str, ...]:
    runtime = _require_onnx(path)
    program = _exported(module, run, path)
    fixed = _fixed(program, run)
    # Of an exported program these are no more than the names of its open axes.
    names = _by_parameter(module, run, lambda one: None if one in fixed else one)
    try:
        made: Any = torch.onnx.export(
            program, dynamic_shapes=names, dynamo=True, verbose=False
        )
        made.save(str(path))
    except Exception as error:
        _fail(path, "torch.onnx", error)
    try:
        _require_same(module, run, runtime.InferenceSession(str(path)))
    except AssertionError as error:
        drawn = ("--train leaves in what ONNX has otherwise, dropout and batch norm",)
        help = drawn if module.training else ()
        _fail(path, "onnxruntime computes something else", error, help)
    except Exception as error:
        _fail(path, "onnxruntime", error)
    return fixed


def _trace(module: nn.Module, run: PlannedRun, path: Path) -> tuple[str, ...]:
    args, kwargs = _example(module, run)
    named = {"example_kwarg_inputs": _named(module, args, kwargs)}
    inputs: dict[str, Any] = named if kwargs else {"example_inputs": args}
    try:
        trace: Any = torch.jit.trace
        traced = trace(module, **inputs, strict=False, check_trace=False)
        torch.jit.save(traced, str(path))
    except Exception as error:
        _fail(path, "torch.jit.trace", error)
    return ()


def _example(module: nn.Module, run: PlannedRun) -> Arguments:
    device = device_of(module)
    return run.arguments({one.name: build_input(one, device) for one in run.inputs})


def _named(
    module: nn.Module, args: Iterable[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments by the names that `forward` has for them."""
    names = inspect.signature(module.forward).parameters
    return dict(zip(names, args, strict=False)) | dict(kwargs)


def _by_parameter(
    module: nn.Module, run: PlannedRun, mark: Callable[[str], object]
) -> dict[str, dict[int, Any]]:
    """The axes that have a name, each with the mark of it, where that is not None."""
    axes = {
        name: {
            at: mark(one)
            for at, one in enumerate(sizes)
            if one is not None and mark(one) is not None
        }
        for name, sizes in run.symbols().items()
    }
    positional = [axes.pop(name) for name in run.positional]
    return _named(module, positional, axes)


def _fixed(program: Any, run: PlannedRun) -> tuple[str, ...]:
    """Symbols that are a number in an exported program, in the order of the inputs."""
    nodes = {one.name: one for one in program.graph.nodes if one.op == "placeholder"}
    names = program.graph_signature.user_inputs
    found: dict[str, None] = {}
    for symbols, name in zip(run.symbols().values(), names, strict=True):
        shape = nodes[name].meta["val"].shape
        for size, symbol in zip(shape, symbols, strict=True):
            if symbol is not None and not _is_open(size):
                found[symbol] = None
    return tuple(found)


def _is_open(size: int | torch.SymInt) -> bool:
    """Whether a size is none that became a number on the way."""
    return isinstance(size, torch.SymInt) and size.node.maybe_as_int() is None


def _require_onnx(path: Path) -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
        import onnxscript  # noqa: F401  # torch needs it and says so at length
    except ImportError:
        help = "pip install 'modelspec-compiler[onnx]'"
        message = f"'{path}' needs the packages onnx, onnxscript and onnxruntime"
        found = Diagnostic(
            "missing-package", message, None, help=(help,), path=str(path)
        )
        raise SpecError([found]) from None
    return onnxruntime


def _require_same(module: nn.Module, run: PlannedRun, session: Any) -> None:
    """What onnxruntime computes is what the module does, or `AssertionError` tells."""
    args, kwargs = _example(module, run)
    wanted = _tensors(module(*args, **kwargs))
    given = _named(module, args, kwargs)
    known = [one.name for one in session.get_inputs()]
    feed = {name: given[name].numpy(force=True) for name in known}
    found = [torch.from_numpy(one) for one in session.run(None, feed)]
    for one, other in zip(wanted, found, strict=True):
        torch.testing.assert_close(
            other, one.cpu(), rtol=_TOLERANCE, atol=_TOLERANCE, check_dtype=False
        )


def _tensors(value: object) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    for one in tree_leaves(value):
        if isinstance(one, torch.Tensor):
            found.append(one)
    return found


def _random_kept(module: nn.Module) -> AbstractContextManager[None]:
    device = device_of(module)
    if device.type in ("cpu", "meta"):
        return torch.random.fork_rng(devices=[])
    return torch.random.fork_rng(devices=[device], device_type=device.type)


@contextmanager
def _buffers_kept(module: nn.Module) -> Iterator[None]:
    """A run in train mode counts batches, and the like."""
    buffers = [one for one in module.buffers() if not is_lazy(one)]
    before = [one.clone() for one in buffers] if module.training else []
    try:
        yield
    finally:
        for one, value in zip(buffers, before, strict=False):
            one.copy_(value)


@contextmanager
def _quiet() -> Iterator[None]:
    """What torch prints, warns and logs on the way is about itself."""
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        nothing = StringIO()
        hidden = redirect_stdout(nothing), redirect_stderr(nothing)
        with warnings.catch_warnings(), hidden[0], hidden[1]:
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _fail(
    path: Path, what: str, error: Exception, help: tuple[str, ...] = ()
) -> NoReturn:
    while isinstance(error.__cause__, Exception):
        error = error.__cause__  # torch.onnx says at length that torch.export failed
    why = reason(error)
    if "Tracer cannot infer type" in why:  # and then it prints all the tensors
        why = "TorchScript has no type for what `forward` returns: its lists and dicts"
        why += " hold values of one type"
    message = f"cannot export to '{path}': {what}: {why}"
    found = Diagnostic("export-error", message, None, help=help, path=str(path))
    raise SpecError([found])
