"""Weights from files into a module: all of them, or an error and an untouched module.

Comes in: a module, paths, rename rules. What the files hold is compared with the
module's `state_dict` before a tensor is read; only what fits exactly is loaded, as
`load_state_dict` does: floating values are converted to the dtype that the module has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.weights.failure import fail
from modelspec.backends.torch.weights.reading import entry_of, open_weights
from modelspec.checkpoint import (
    Entry,
    Expected,
    RenameRule,
    describe_mismatch,
    rename,
)
from modelspec.diagnostics.diagnostic import SpecError

_COUNTER = "num_batches_tracked"


def load_weights(
    module: nn.Module,
    *paths: Path,
    rules: Sequence[RenameRule] = (),
    key: str | None = None,
) -> int:
    """Fill a module from files, and tell how many tensors they had for it."""
    expected = _expected(module)
    _require_memory(expected, module, paths[0])
    opened = open_weights(paths, key)
    held = {new: opened[old] for old, new in rename(opened, rules).items()}
    entries = {name: one.entry for name, one in held.items()}
    shown = ", ".join(map(str, paths))
    if mismatch := describe_mismatch(expected, entries, shown):
        raise SpecError([mismatch])
    state = {name: one.read() for name, one in held.items()}
    _require_agreement(expected, state, paths[0])
    module.load_state_dict(_complete(state, expected, module), strict=True)
    return len(held)


def _expected(module: nn.Module) -> Expected:
    state = module.state_dict(keep_vars=True)
    buffers = [name for name, _ in module.named_buffers(remove_duplicate=False)]
    return Expected(
        {name: _described(tensor) for name, tensor in state.items()},
        ties=_ties(state),
        counters=frozenset(_counters(module)) & state.keys(),
        computed=frozenset(buffers) - state.keys(),
    )


def _described(tensor: torch.Tensor) -> Entry:
    if is_lazy(tensor):
        return Entry(str(tensor.dtype).removeprefix("torch."), None)
    return entry_of(tensor)


def _ties(state: Mapping[str, torch.Tensor]) -> list[tuple[str, ...]]:
    """The names of each tensor that has several."""
    groups: dict[int, list[str]] = {}
    for name, tensor in state.items():
        groups.setdefault(id(tensor), []).append(name)
    return [tuple(names) for names in groups.values() if len(names) > 1]


def _counters(module: nn.Module) -> Iterator[str]:
    for name, child in module.named_modules(remove_duplicate=False):
        if isinstance(child, nn.modules.batchnorm._NormBase):
            yield f"{name}.{_COUNTER}" if name else _COUNTER


def _require_memory(expected: Expected, module: nn.Module, path: Path) -> None:
    state = module.state_dict()
    name = next((one for one in expected.entries if state[one].is_meta), None)
    if name is not None:
        fail(
            "unknown-device",
            f"the weights cannot be loaded: '{name}' is on the device meta, which holds"
            " no values",
            path,
            "leave out the device, or the weights",
        )


def _require_agreement(
    expected: Expected, state: Mapping[str, torch.Tensor], path: Path
) -> None:
    """One tensor of the model must not be two different ones in the files."""
    for group in expected.ties:
        first, *others = (name for name in group if name in state)
        for other in others:
            if not _same(state[first], state[other]):
                fail(
                    "weights-mismatch",
                    f"the weights do not fit: '{first}' and '{other}' are one tensor in"
                    " the model, and have different values in the file",
                    path,
                )


def _same(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left.dtype == right.dtype and torch.equal(left, right)


def _complete(
    state: Mapping[str, torch.Tensor], expected: Expected, module: nn.Module
) -> dict[str, torch.Tensor]:
    """With every tensor under all its names, and counters as they are."""
    whole = dict(state)
    for group in expected.ties:
        found = next(state[name] for name in group if name in state)
        whole |= {name: found for name in group if name not in state}
    own = module.state_dict()
    whole |= {name: own[name] for name in expected.counters if name not in whole}
    return whole
