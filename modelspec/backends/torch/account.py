"""What a construction may cost: modules counted and bytes measured beforehand.

Comes in: a class or function of torch and the arguments it is about to get. Goes out:
nothing, or a `WorldError` with the code `limit-exceeded`. Small calls, nearly all of
them, are told by the product of the numbers among their arguments and cost nothing
more; a large one is made on the meta device first, where it takes no memory, and its
size compared with what the target device has free.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from modelspec.backends.torch.failure import fail
from modelspec.backends.torch.vocabulary import Growth
from modelspec.policy import Limits
from modelspec.pysubset.budget import Budget
from modelspec.pysubset.faults import WorldError

Made = TypeVar("Made")

LARGE = 2**22
"""Elements from which on a call is measured before it is made."""

NOTABLE = 2**14
"""Elements from which on filling them takes time that is not the evaluator's."""

_WATCHED = 2**26
"""Elements, by their estimate, after which the free memory is looked at again."""

_RESERVE = 2**28
_DEEPEST = 4


class Account(Budget):
    """The account of one construction, from the outermost block on.

    The evaluator's budget, with modules and bytes beside steps and seconds.
    """

    __slots__ = ("_unwatched", "modules")

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.modules = 0
        self._unwatched = 0.0

    def restart(self) -> None:
        """A new construction begins."""
        Account.__init__(self, self.limits)

    def charge_modules(self, count: int) -> None:
        """Count modules that are about to be made."""
        self.modules += count
        if self.modules > self.limits.modules:
            raise WorldError(
                "limit-exceeded",
                f"the model has more than {self.limits.modules:,} modules",
                "a caller can raise the limit",
            )

    def is_simple(self, layer: type[nn.Module]) -> bool:
        """Whether the layer makes no others."""
        return layer not in _COUNTS

    def make_layer(
        self,
        layer: type[nn.Module],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        make: Callable[..., nn.Module] | None = None,
    ) -> nn.Module:
        """Make a layer of torch, after it and everything it makes is counted.

        `make` is called in its place where a subclass is being initialised.
        """
        make = make or layer
        count = _COUNTS.get(layer)
        self.charge_modules(1 if count is None else count(args, kwargs))
        size = estimate_size(args, kwargs)
        self._unwatched += size
        if self._unwatched > _WATCHED:
            self._watch(_target(args, kwargs))
        if size > LARGE:
            self.charge_size(size, layer, args, kwargs)
        return self.untimed(make, args, kwargs)

    def call(
        self,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        growth: Growth = Growth.PLAIN,
    ) -> object:
        """Call a function of torch, after the tensors it makes are bounded."""
        size = estimate_size(args, kwargs)
        if growth is Growth.BY_DATA:
            size *= _largest_value(args, kwargs)
        self._unwatched += size
        if self._unwatched > _WATCHED:
            self._watch(_target(args, kwargs))
        if size < NOTABLE:
            return function(*args, **kwargs)
        if size > LARGE and growth is not Growth.NONE:
            self.charge_size(size, function, args, kwargs, growth is Growth.BY_DATA)
        return self.untimed(function, args, kwargs)

    def fill(
        self,
        function: Callable[..., object],
        tensor: torch.Tensor,
        args: Iterable[object],
        kwargs: Mapping[str, object],
    ) -> None:
        """Call a function that fills a tensor in place and makes none."""
        if _numel(tensor) < NOTABLE:
            function(tensor, *args, **kwargs)
        else:
            self.untimed(function, (tensor, *args), kwargs)

    def untimed(
        self,
        function: Callable[..., Made],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
    ) -> Made:
        """Call what is bounded by its size, or by how often it is made: the clock is
        the evaluator's."""
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            if self._deadline is not None:
                self._deadline += time.thread_time() - began

    def charge_size(
        self,
        size: float,
        function: Callable[..., object],
        args: tuple[object, ...],
        kwargs: Mapping[str, object],
        known: bool = False,
    ) -> None:
        """Measure a large call: what it makes must fit into what is free."""
        device = _target(args, kwargs)
        if device.type == "meta":
            return
        wanted = measure(function, args, kwargs)
        if wanted is None and known:
            wanted = int(min(size, 2.0**62)) * 4
        free = free_bytes(device)
        if wanted is not None and wanted > free:
            raise WorldError(
                "limit-exceeded",
                f"this needs {_shown(wanted)}, the device {device} has "
                f"{_shown(free)} free",
                "build on the device meta to see shapes without memory",
            )

    def _watch(self, device: torch.device) -> None:
        """Whether there is memory left, now and then: many small calls fill it too."""
        self._unwatched = 0.0
        if device.type != "meta" and free_bytes(device) < _RESERVE:
            raise WorldError(
                "limit-exceeded",
                f"the device {device} has no memory left for this model",
                "build on the device meta to see shapes without memory",
            )


# --- modules that layers make -----------------------------------------------------


def _argument(
    index: int,
    name: str,
    default: int,
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> int:
    value = args[index] if len(args) > index else kwargs.get(name, default)
    return max(0, value) if isinstance(value, int) else default


def _recurrent(args: tuple[object, ...], kwargs: Mapping[str, object]) -> int:
    return 1 + _argument(2, "num_layers", 1, args, kwargs)


def _recurrent_of_mode(args: tuple[object, ...], kwargs: Mapping[str, object]) -> int:
    return 1 + _argument(3, "num_layers", 1, args, kwargs)


def _stack(args: tuple[object, ...], kwargs: Mapping[str, object]) -> int:
    name = "encoder_layer" if "encoder_layer" in kwargs else "decoder_layer"
    layer = args[0] if args else kwargs.get(name)
    inside = sum(1 for _ in layer.modules()) if isinstance(layer, nn.Module) else 1
    return 2 + inside * _argument(1, "num_layers", 1, args, kwargs)


def _transformer(args: tuple[object, ...], kwargs: Mapping[str, object]) -> int:
    encoders = _argument(2, "num_encoder_layers", 6, args, kwargs)
    decoders = _argument(3, "num_decoder_layers", 6, args, kwargs)
    return 5 + 11 * encoders + 15 * decoders


def _cutoffs(args: tuple[object, ...], kwargs: Mapping[str, object]) -> int:
    value = args[2] if len(args) > 2 else kwargs.get("cutoffs", ())
    return 3 + 3 * (len(value) if isinstance(value, (list, tuple)) else 1)


_COUNTS: dict[
    type[nn.Module], Callable[[tuple[object, ...], Mapping[str, object]], int]
]
_COUNTS = {
    nn.RNN: _recurrent,
    nn.LSTM: _recurrent,
    nn.GRU: _recurrent,
    nn.RNNBase: _recurrent_of_mode,
    nn.TransformerEncoder: _stack,
    nn.TransformerDecoder: _stack,
    nn.Transformer: _transformer,
    nn.TransformerEncoderLayer: lambda args, kwargs: 11,
    nn.TransformerDecoderLayer: lambda args, kwargs: 15,
    nn.AdaptiveLogSoftmaxWithLoss: _cutoffs,
}


_STACKS = (nn.TransformerEncoder, nn.TransformerDecoder)

# --- sizes --------------------------------------------------------------------------


def estimate_size(args: Iterable[object], kwargs: Mapping[str, object]) -> float:
    """The product of all numbers and tensor sizes among some arguments.

    Larger than any tensor that plain constructors, layers and element-wise operations
    make of them; what grows faster is told apart by `Growth`.
    """
    size = 1.0
    for value in args:
        if type(value) is int:
            if value:
                size *= abs(value)
        elif value is not None and value.__class__ is not bool:
            size *= _factor(value, 0)
    for value in kwargs.values():
        if type(value) is int:
            if value:
                size *= abs(value)
        elif value is not None and value.__class__ is not bool:
            size *= _factor(value, 0)
    return size


def _factor(value: object, depth: int) -> float:
    if isinstance(value, bool):
        return 1.0
    if isinstance(value, (int, float)):
        return _magnitude(value)
    if isinstance(value, torch.Tensor):
        return float(max(1, _numel(value)))
    if isinstance(value, (list, tuple)) and depth < _DEEPEST:
        if len(value) > 16:  # data, not sizes
            return float(len(value)) * max(_factor(one, depth + 1) for one in value)
        return math.prod(_factor(one, depth + 1) for one in value)
    return 1.0


def _magnitude(value: int | float) -> float:
    size = abs(float(value))
    if isinstance(value, float) and 0.0 < size < 1.0:
        return min(1.0 / size, 2.0**1000)  # the step of a range
    return size if 1.0 < size < math.inf else 1.0


def _numel(tensor: torch.Tensor) -> int:
    return 1 if is_lazy(tensor) else tensor.numel()


def _tensors(
    args: Iterable[object], kwargs: Mapping[str, object]
) -> list[torch.Tensor]:
    return [v for v in (*args, *kwargs.values()) if isinstance(v, torch.Tensor)]


def _largest_value(args: Iterable[object], kwargs: Mapping[str, object]) -> float:
    """By what the result can grow where values of a tensor are sizes."""
    largest = 1.0
    for tensor in _tensors(args, kwargs):
        if tensor.is_meta or not tensor.numel():
            continue
        if not tensor.is_floating_point() and not tensor.is_complex():
            largest *= max(1.0, float(tensor.abs().max()))
        largest *= tensor.numel()
    numbers = [v for v in (*args, *kwargs.values()) if type(v) is int and v > 1]
    return largest * math.prod(float(number) for number in numbers)


def measure(
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: Mapping[str, object],
) -> int | None:
    """The bytes that a call makes, found on the meta device; None if that fails."""
    if function in _STACKS:  # they copy a layer that is there already
        inside = sum(map(_bytes, (*args, *kwargs.values())))
        return inside * _argument(1, "num_layers", 1, args, kwargs)
    moved = {k: _to_meta(v) for k, v in kwargs.items() if k != "device"}
    random_state = torch.get_rng_state()
    try:
        with torch.device("meta"), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = function(*map(_to_meta, args), **moved)
    except Exception:
        return None
    finally:
        torch.set_rng_state(random_state)
    return _bytes(made)


def _to_meta(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return value.detach().to("meta")
    if isinstance(value, (list, tuple)) and any(
        isinstance(one, torch.Tensor) for one in value
    ):
        return [_to_meta(one) for one in value]
    return value


def _bytes(made: object) -> int:
    if isinstance(made, nn.Module):
        return sum(_bytes(one) for one in (*made.parameters(), *made.buffers()))
    if isinstance(made, torch.Tensor):
        return 0 if is_lazy(made) else made.numel() * made.element_size()
    if isinstance(made, (list, tuple)):
        return sum(_bytes(one) for one in made)
    return 0


def require_room(module: nn.Module, device: str | torch.device | None) -> None:
    """Refuse a module on meta that a device has no room for; None is the default one.

    Raises:
        SpecError: its tensors take more than the device has free.
    """
    place = torch.get_default_device() if device is None else torch.device(device)
    wanted = _bytes(module)
    if place.type == "meta" or wanted <= (free := free_bytes(place)):
        return
    fail(
        "limit-exceeded",
        f"{type(module).__name__} needs {_shown(wanted)}, the device {place} has"
        f" {_shown(free)} free",
        None,
        help="build on the device meta to see shapes without memory",
    )


def _target(args: Iterable[object], kwargs: Mapping[str, object]) -> torch.device:
    given = kwargs.get("device")
    if isinstance(given, (str, int, torch.device)):
        return torch.device(given)
    tensors = _tensors(args, kwargs)
    return tensors[0].device if tensors else torch.get_default_device()


def free_bytes(device: torch.device) -> int:
    """What a device has free, as far as that can be known."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return min(_available_bytes(), _group_bytes())


def _available_bytes() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 2**36  # no Linux: what a large workstation has


def _group_bytes() -> int:
    """What the control group (a container's) leaves, where there is a bound."""
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file:
            most = file.read().strip()
        with open("/sys/fs/cgroup/memory.current", encoding="ascii") as file:
            return 2**62 if most == "max" else max(0, int(most) - int(file.read()))
    except (OSError, ValueError):
        return 2**62


def _shown(count: int) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count} {unit}"
        count //= 1024
    return f"{count:,} TiB"
