"""Compare a module with the recorded facts of a public model.

Comes in: a module and the facts of one model, read from ``facts/<name>.json``. Goes
out: a list of differences in words, empty when the two agree. Weights need no
download: every tensor's values follow from its own key and shape. The module that is
compared is never changed.

A fact file holds the ``state_dict`` in order, each entry as ``dtype[shape]`` with
``buffer`` in front of what is no Parameter; ``tied`` groups of keys that are one
tensor; and, for models small enough to run, the inputs, the gain of the weights and
figures of the outputs in float64 and eval mode.
"""

from __future__ import annotations

import copy
import json
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

FOLDER = Path(__file__).with_name("facts")
STATISTICS = ("running_mean", "running_var")
BUFFER_RTOL = 1e-6

Call = Callable[[nn.Module, list[Any], dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is recorded of one tensor's values."""

    shape: tuple[int, ...]
    sum: float
    abs_mean: float
    std: float
    first: tuple[float, ...]
    """The first eight values."""
    sample: tuple[float, ...]
    """Sixteen values spread evenly over the flat tensor."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is recorded of one model."""

    name: str
    state: dict[str, str]
    num_params: int
    tied: tuple[tuple[str, ...], ...]
    inputs: tuple[dict[str, Any], ...]
    outputs: dict[str, Figures]
    buffers: dict[str, Figures]
    """Values of buffers that the model computes while it is constructed."""
    gain: float
    rtol: float


def names() -> list[str]:
    """The names of all models with recorded facts."""
    return sorted(_read(path)["name"] for path in FOLDER.glob("*.json"))


def facts(name: str) -> Facts:
    """The facts of one model; ``/`` in a name is ``-`` in its file's name."""
    data = _read(FOLDER / f"{name.replace('/', '-')}.json")
    return Facts(
        name=data["name"],
        state=data["state"],
        num_params=data["num_params"],
        tied=tuple(tuple(group) for group in data.get("tied", ())),
        inputs=tuple(data.get("inputs", ())),
        outputs={o["name"]: _figures(o) for o in data.get("outputs", ())},
        buffers={k: _figures(v) for k, v in data.get("buffers", {}).items()},
        gain=data.get("gain", 1.0),
        rtol=data.get("rtol", 1e-11),
    )


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _figures(data: dict[str, Any]) -> Figures:
    return Figures(
        shape=tuple(data["shape"]),
        sum=data["sum"],
        abs_mean=data["abs_mean"],
        std=data["std"],
        first=tuple(data["first8"]),
        sample=tuple(data["sample16"]),
    )


# Weights and inputs -----------------------------------------------------------------


def uniform(seed: str, shape: Iterable[int]) -> Tensor:
    """Numbers in [0, 1) in float32, the same for the same seed on every machine.

    Some records fix a constant of the model, by the name in their note, this way.
    """
    return torch.rand(tuple(shape), generator=_generator(seed), dtype=torch.float32)


def weight_values(key: str, shape: Iterable[int], gain: float = 1.0) -> Tensor:
    """The values of the tensor that a ``state_dict`` names ``key``.

    Uniform noise of mean 0 and variance 1, seeded by the key, then scaled: running
    statistics and one-dimensional tensors stay near their usual start, weights of
    two and more dimensions are divided by the root of their fan-in. The order of the
    operations is part of the rule, so that every bit is the same everywhere.
    """
    noise = (2 * uniform(key, shape) - 1) * math.sqrt(3.0)
    leaf = key.rpartition(".")[2]
    if leaf == "running_mean":
        return 0.1 * noise
    if leaf == "running_var":
        return 0.5 + 0.5 * noise.abs()
    if noise.dim() <= 1:
        return 0.1 * noise if "bias" in leaf else 1 + 0.1 * noise
    fan_in = noise.numel() / noise.shape[0]
    return gain * noise / math.sqrt(max(1.0, fan_in))


@torch.no_grad()
def fill_weights(module: nn.Module, gain: float = 1.0) -> None:
    """Give every parameter and running statistic its value, in place.

    A tensor under several keys takes the value of the first. Other buffers, and
    tensors of integers, stay as constructed.
    """
    done: set[int] = set()
    for key, tensor in module.state_dict(keep_vars=True).items():
        statistic = key.rpartition(".")[2] in STATISTICS
        wanted = statistic or isinstance(tensor, nn.Parameter)
        if wanted and tensor.is_floating_point() and id(tensor) not in done:
            done.add(id(tensor))
            tensor.data.copy_(weight_values(key, tensor.shape, gain))


def make_inputs(model: Facts) -> tuple[list[Any], dict[str, Any]]:
    """The recorded inputs as positional and keyword arguments, floats in float64."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for index, recipe in enumerate(model.inputs):
        value = _input(recipe, f"input:{model.name}:{index}")
        if recipe.get("keyword"):
            kwargs[recipe["name"]] = value
        else:
            args.append(value)
    return args, kwargs


def _input(recipe: dict[str, Any], seed: str) -> Any:
    match recipe["kind"]:
        case "const":
            return recipe["value"]
        case "list" | "tuple" as kind:
            items = [_input(r, f"{seed}.{i}") for i, r in enumerate(recipe["items"])]
            return items if kind == "list" else tuple(items)
        case "ints":
            low, high, shape = recipe.get("low", 0), recipe["high"], recipe["shape"]
            return torch.randint(low, high, shape, generator=_generator(seed))
        case "uniform":
            noise = 2 * uniform(seed, recipe["shape"]) - 1
            return (recipe.get("scale", 1.0) * noise).double()
        case kind:
            raise ValueError(f"unknown kind of input: {kind}")


def _generator(text: str) -> torch.Generator:
    return torch.Generator().manual_seed(zlib.crc32(text.encode()))


# Comparison -------------------------------------------------------------------------


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
    """Differences in keys, kinds, dtypes, shapes, order, ties and parameter count."""
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
    return found


def _describe(tensor: Tensor) -> str:
    kind = "" if isinstance(tensor, nn.Parameter) else "buffer "
    dtype = str(tensor.dtype).removeprefix("torch.")
    return f"{kind}{dtype}[{','.join(map(str, tensor.shape))}]"


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
