"""Weights from files into a module: all of them, or an error and an untouched module.

Comes in: a module, paths, rename rules. What the files hold is compared with the
module's `state_dict` before a tensor is read; only what fits exactly is loaded, as
`load_state_dict` does: floating values are converted to the dtype that the module has.
The parameters of a module without values (`Bare`) become the tensors of the files: what
is mapped, on the processor and of the right dtype is not even read until it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.bare import Bare, make_bare
from modelspec.backends.torch.memory import (
    ADVICE,
    bytes_of,
    is_exhausted,
    require_free,
)
from modelspec.backends.torch.weights.failure import fail
from modelspec.backends.torch.weights.reading import Held, entry_of, open_weights
from modelspec.checkpoint import (
    Entry,
    Expected,
    RenameRule,
    describe_change,
    describe_mismatch,
    rename,
)
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

State: TypeAlias = "dict[str, torch.Tensor]"

_COUNTER = "num_batches_tracked"


def build_with_weights(
    make: Callable[[], nn.Module],
    device: str | torch.device | None,
    *paths: Path,
    rules: Sequence[RenameRule] = (),
    key: str | None = None,
) -> tuple[nn.Module, int]:
    """What `make` makes on `device`, with the weights of files, and their number.

    It is made without values where it can be: then no parameter is ever initialised,
    and none takes memory twice.
    """
    try:
        return _build(make, device, paths, rules, key)
    except Exception as error:
        if not is_exhausted(error):
            raise
        message = "the device has no memory left for the weights"
        fail("limit-exceeded", message, paths[0], ADVICE)


def _build(
    make: Callable[[], nn.Module],
    device: str | torch.device | None,
    paths: Sequence[Path],
    rules: Sequence[RenameRule],
    key: str | None,
) -> tuple[nn.Module, int]:
    bare = make_bare(make, device)
    if bare is not None:
        count = give_weights(bare, *paths, rules=rules, key=key)
        if bare.is_complete:
            return bare.module, count
        bare.undraw()
    module = make()
    return module, load_weights(module, *paths, rules=rules, key=key)


def load_weights(
    module: nn.Module,
    *paths: Path,
    rules: Sequence[RenameRule] = (),
    key: str | None = None,
) -> int:
    """Fill a module from files, and tell how many tensors they had for it."""
    _require_memory(module, paths[0])
    held, expected = match_weights(module, paths, rules, key)
    state = _read(held, expected, paths[0])
    module.load_state_dict(_complete(state, expected, module), strict=True)
    return len(held)


def give_weights(
    bare: Bare,
    *paths: Path,
    rules: Sequence[RenameRule] = (),
    key: str | None = None,
) -> int:
    """`load_weights` where the tensors of the files become the parameters.

    What has values already is filled: anything may lie in the same memory.
    """
    module = bare.module
    held, expected = match_weights(module, paths, rules, key)
    _require_room(bare, held)
    state = _complete(_read(held, expected, paths[0]), expected, module)
    ties = {name: group[0] for group in expected.ties for name in group}
    owners: dict[int, str] = {}
    for name, own in module.state_dict(keep_vars=True).items():
        if not own.is_meta and not is_lazy(own):
            own.detach().copy_(state[name])
            state[name] = own
            continue
        device = bare.devices.get(id(own), own.device)
        given = state[name].detach().to(device, own.dtype)
        owner = owners.setdefault(_memory(given), ties.get(name, name))
        is_shared = owner != ties.get(name, name)
        state[name] = given if _is_like(given, own) and not is_shared else _copy(given)
    module.load_state_dict(state, strict=True, assign=True)
    for first, *others in expected.ties:
        for name in others:
            _put(module, name, _find(module, first))
    return len(held)


def _require_room(bare: Bare, held: Mapping[str, Held]) -> None:
    """Refuse what a device has no room for; what stays in a mapped file needs none."""
    wanted: dict[torch.device, dict[int, int]] = {}
    for name, own in bare.module.named_parameters(remove_duplicate=False):
        device = bare.devices.get(id(own))
        if device is None or name not in held or not own.is_meta:
            continue
        if device.type != "cpu" or _described(own).dtype != held[name].entry.dtype:
            wanted.setdefault(device, {})[id(own)] = bytes_of(own)
    for device, sizes in wanted.items():
        require_free(type(bare.module).__name__, sum(sizes.values()), device)


def match_weights(
    module: nn.Module,
    paths: Sequence[Path],
    rules: Sequence[RenameRule],
    key: str | None,
) -> tuple[dict[str, Held], Expected]:
    """What the files hold under the model's names, and what it wants: they fit.

    Raises `SpecError` with a table of what does not.
    """
    expected = _expected(module)
    opened = open_weights(paths, key)
    held = {new: opened[old] for old, new in rename(opened, rules).items()}
    entries = {name: one.entry for name, one in held.items()}
    shown = ", ".join(map(str, paths))
    if mismatch := describe_mismatch(expected, entries, shown):
        raise SpecError([mismatch])
    return held, expected


def _read(held: Mapping[str, Held], expected: Expected, path: Path) -> State:
    state = {name: one.read() for name, one in held.items()}
    _require_agreement(expected, state, path)
    return state


def _memory(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr() or id(tensor)


def _is_like(given: torch.Tensor, own: torch.Tensor) -> bool:
    """Laid out as the module's own, in memory that holds nothing else."""
    whole = given.untyped_storage().nbytes() == given.numel() * given.element_size()
    if is_lazy(own):
        return whole and given.is_contiguous()
    return whole and given.stride() == own.stride()


def _copy(given: torch.Tensor) -> torch.Tensor:
    return given.clone(memory_format=torch.contiguous_format)


def _find(module: nn.Module, name: str) -> object:
    owner, _, last = name.rpartition(".")
    return getattr(module.get_submodule(owner), last)


def _put(module: nn.Module, name: str, tensor: object) -> None:
    owner, _, last = name.rpartition(".")
    setattr(module.get_submodule(owner), last, tensor)


def find_change(wanted: nn.Module, module: nn.Module) -> Diagnostic | None:
    """What a module's `state_dict` has or lacks against another's.

    A dtype is another where not every value of the module's is one of it.
    """
    expected, given = _expected(wanted), _expected(module).entries
    entries = {
        name: _widened(one, expected.entries.get(name, one))
        for name, one in given.items()
    }
    return describe_change(expected, entries)


def _widened(given: Entry, wanted: Entry) -> Entry:
    one, other = getattr(torch, given.dtype), getattr(torch, wanted.dtype)
    is_wider = torch.promote_types(one, other) == other
    return replace(given, dtype=wanted.dtype) if is_wider else given


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


def _require_memory(module: nn.Module, path: Path) -> None:
    """Refuse a module that the caller wants on meta."""
    state = module.state_dict()
    name = next((name for name, one in state.items() if one.is_meta), None)
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
