"""Compare a module with the recorded facts of a public model.

Comes in: a module and the facts of one model. Goes out: a list of differences in words,
empty when the two agree. The module that is compared is never changed.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from tests.zoo.facts import Facts, Figures
from tests.zoo.weights import fill_weights, make_inputs

BUFFER_RTOL = 1e-6

Call = Callable[[nn.Module, list[Any], dict[str, Any]], Any]


def differences(
    module: nn.Module,
    model: Facts,
    *,
    outputs: bool = True,
    adapt: Callable[[Any], Any] | None = None,
    call: Call | None = None,
) -> list[str]:
    """How ``module`` differs from the recorded model; an empty list if it does not.

    Outputs are compared where they are recorded and the ``state_dict`` agrees.
    ``call(module, args, kwargs)`` runs a module whose ``forward`` takes other
    arguments, ``adapt`` picks the recorded outputs from what it returns.
    """
    found = state_differences(module, model)
    if found or not outputs or not model.outputs:
        return found
    for key, want in model.buffers.items():
        got = _measure(module.state_dict()[key])
        found += [f"buffer {key}: {d}" for d in _unlike(got, want, BUFFER_RTOL)]
    return found + _output_differences(module, model, adapt, call)


def state_differences(module: nn.Module, model: Facts) -> list[str]:
    """Differences in keys, kinds, dtypes, shapes, order, ties and parameter count.

    Also in the names of children, and in transient buffers that the recorded model
    has; a module may have more of these, its own constants.
    """
    state = module.state_dict(keep_vars=True)
    got = {key: _describe(tensor) for key, tensor in state.items()}
    want = model.state
    found = [f"missing: {key}" for key in want if key not in got]
    found += [f"unexpected: {key}" for key in got if key not in want]
    found += [
        f"{key}: {got[key]}, expected {want[key]}"
        for key in want
        if key in got and got[key] != want[key]
    ]
    if not found:
        found += [
            f"order: {mine} where {theirs} was expected"
            for mine, theirs in zip(got, want, strict=True)
            if mine != theirs
        ][:1]
        ties = _ties(state)
        if set(ties) != set(model.tied):
            found.append(f"tied: {ties}, expected {list(model.tied)}")
    count = sum(parameter.numel() for parameter in module.parameters())
    if count != model.num_params:
        found.append(f"{count} parameters, expected {model.num_params}")
    children = tuple(name for name, _ in module.named_children())
    if children != model.children:
        found.append(f"children: {children}, expected {model.children}")
    return found + _transient_differences(module, model)


def _transient_differences(module: nn.Module, model: Facts) -> list[str]:
    buffers = {key: _shape(buffer) for key, buffer in module.named_buffers()}
    return [
        f"transient {key}: {buffers.get(key)}, expected {shape}"
        for key, shape in model.transient.items()
        if buffers.get(key) != shape
    ]


def _describe(tensor: Tensor) -> str:
    kind = "" if isinstance(tensor, nn.Parameter) else "buffer "
    dtype = str(tensor.dtype).removeprefix("torch.").replace("float32", "")
    return f"{kind}{dtype}{_shape(tensor)}"


def _shape(tensor: Tensor) -> str:
    return f"[{','.join(map(str, tensor.shape))}]"


def _ties(state: dict[str, Tensor]) -> list[tuple[str, ...]]:
    keys: dict[int, list[str]] = {}
    for key, tensor in state.items():
        keys.setdefault(id(tensor), []).append(key)
    return [tuple(group) for group in keys.values() if len(group) > 1]


def _output_differences(
    module: nn.Module,
    model: Facts,
    adapt: Callable[[Any], Any] | None,
    call: Call | None,
) -> list[str]:
    module = copy.deepcopy(module).eval()
    fill_weights(module, model.gain)
    module.double()
    args, kwargs = make_inputs(model)
    with torch.random.fork_rng(devices=()), float64_throughout(), torch.no_grad():
        torch.manual_seed(0)
        result = call(module, args, kwargs) if call else module(*args, **kwargs)
    got = list(_tensors(adapt(result) if adapt else result))
    want = model.outputs
    if len(got) != len(want):
        return [f"{len(got)} output tensors, expected {len(want)}: {list(want)}"]
    return [
        f"{name}: {difference}"
        for tensor, (name, figures) in zip(got, want.items(), strict=True)
        for difference in _unlike(_measure(tensor), figures, model.rtol)
    ]


@contextmanager
def float64_throughout() -> Iterator[None]:
    """Run a ``forward`` in float64 even where it asks for float32.

    The records are float64 throughout, whatever casts an implementation makes:
    ``x.float()``, ``x.to(torch.float32)`` and ``dtype=torch.float32`` are promoted,
    and new tensors are float64 by default.
    """
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with Promote():
            yield
    finally:
        torch.set_default_dtype(default)


class Promote(TorchFunctionMode):
    """Turns float32 into float64 in the arguments of every torch function."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is torch.Tensor.float:
            return args[0].double()
        promoted = {name: _promote(value) for name, value in (kwargs or {}).items()}
        return func(*map(_promote, args), **promoted)


def _promote(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value


def _tensors(output: Any) -> Iterator[Tensor]:
    """The tensors of a nested output, in order; what is no tensor is left out."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict):
        for value in output.values():
            yield from _tensors(value)
    elif isinstance(output, (list, tuple)):
        for value in output:
            yield from _tensors(value)


def _measure(tensor: Tensor) -> Figures:
    flat = tensor.detach().double().reshape(-1)
    last = flat.numel() - 1
    places = [i * last // 15 for i in range(16)] if last > 0 else [0]
    return Figures(
        shape=tuple(tensor.shape),
        sum=flat.sum().item(),
        abs_mean=flat.abs().mean().item(),
        std=flat.std(unbiased=False).item(),
        first=tuple(flat[:8].tolist()),
        sample=tuple(flat[places].tolist()),
    )


def _unlike(got: Figures, want: Figures, rtol: float) -> list[str]:
    """Figures further apart than ``rtol`` of the tensor's own magnitude.

    Single values may be ten times as far off, a sum of n values as far as n
    independent errors of that size add up to. NaN is like nothing.
    """
    if got.shape != want.shape:
        return [f"shape {got.shape}, expected {want.shape}"]
    scale = rtol * max(want.abs_mean, want.std, 1e-30)
    spread = 10 * math.sqrt(max(1, math.prod(want.shape)))
    found = []
    for figure, slack in (("abs_mean", 1.0), ("std", 1.0), ("sum", spread)):
        mine, theirs = getattr(got, figure), getattr(want, figure)
        if not abs(mine - theirs) <= scale * slack:
            found.append(f"{figure} {mine!r}, expected {theirs!r}")
    for figure in ("first", "sample"):
        pairs = zip(getattr(got, figure), getattr(want, figure), strict=True)
        worst = max((abs(mine - theirs) for mine, theirs in pairs), default=0.0)
        if not worst <= scale * 10:
            found.append(f"{figure} values differ by up to {worst:.3e}")
    return found
