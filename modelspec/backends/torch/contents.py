"""What a module holds, read off it as plain values. Never changes it.

Comes in: a module, and which classes are written in a spec. Goes out: a `HeldModule`.
Each registration is told, shared ones and those that are `None` (left out) too, which
`named_modules` hides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from modelspec.sizes.contents import HeldModule, HeldTensor, Holder

_CONTAINERS = (
    nn.Sequential,
    nn.ModuleList,
    nn.ModuleDict,
    nn.ParameterList,
    nn.ParameterDict,
)


def describe_contents(
    module: nn.Module, is_block: Callable[[type], bool]
) -> HeldModule:
    """The module, its parameters and buffers, and all modules in it."""
    return _Walk(is_block).module(module, "")


class _Walk:
    def __init__(self, is_block: Callable[[type], bool]) -> None:
        self._is_block = is_block
        self._seen: dict[int, str] = {}
        """Where each tensor and module was met first; all are alive meanwhile."""

    def module(self, module: nn.Module, path: str) -> HeldModule:
        first = self._seen.setdefault(id(module), path)
        name, holder = type(module).__name__, self._holder(module)
        if first != path:
            return HeldModule(path, name, holder, first)
        tensors = tuple(self._tensors(module, path))
        children = tuple(
            self.module(child, _below(path, key))
            for key, child in module._modules.items()
            if child is not None
        )
        return HeldModule(path, name, holder, first, tensors, children)

    def _holder(self, module: nn.Module) -> Holder:
        if self._is_block(type(module)):
            return "block"
        return "container" if type(module) in _CONTAINERS else "layer"

    def _tensors(self, module: nn.Module, path: str) -> Iterator[HeldTensor]:
        for key, parameter in module._parameters.items():
            if parameter is not None:
                yield self._tensor(_below(path, key), parameter, is_saved=True)
        for key, buffer in module._buffers.items():
            if buffer is not None:
                is_saved = key not in module._non_persistent_buffers_set
                yield self._tensor(_below(path, key), buffer, is_saved=is_saved)

    def _tensor(self, path: str, tensor: Tensor, *, is_saved: bool) -> HeldTensor:
        known = not is_lazy(tensor)
        elements = tensor.numel() if known else 0
        return HeldTensor(
            path,
            "parameter" if isinstance(tensor, nn.Parameter) else "buffer",
            tuple(map(int, tensor.shape)) if known else None,
            str(tensor.dtype).removeprefix("torch."),
            elements,
            elements * tensor.element_size() if known else 0,
            tensor.requires_grad,
            is_saved,
            self._seen.setdefault(id(tensor), path),
        )


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
