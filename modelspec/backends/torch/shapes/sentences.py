"""What an operation of torch could not take, in one sentence with all shapes.

Comes in: an operation that failed and its arguments, tensors as shapes. Goes out: the
rest of a sentence that begins with the name of the layer or with the expression, or
None where torch's own words have to do. Nothing here decides whether shapes fit: that
was torch; here is only told which of them did not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from modelspec.backends.torch.shapes.recorder import Failure
from modelspec.sizes.multiples import assume_multiples
from modelspec.sizes.observation import Tensor
from modelspec.sizes.size import Size, Symbolic, evaluate
from modelspec.sizes.text import render_shape, render_size


@dataclass(frozen=True, slots=True)
class Shown:
    """How sizes are written, and what they are where they are compared."""

    sizes: Mapping[str, int]
    multiples: Mapping[str, int]

    def size(self, size: Size) -> str:
        return render_size(assume_multiples(size, self.multiples), tuple(self.sizes))

    def shape(self, shape: Iterable[Size]) -> str:
        sizes = (assume_multiples(size, self.multiples) for size in shape)
        return render_shape(sizes, tuple(self.sizes))

    def tensor(self, tensor: Tensor) -> str:
        return self.shape(tensor.shape)

    def number(self, size: Size) -> int:
        return evaluate(size, self.sizes)

    def are_equal(self, left: Size, right: Size) -> bool:
        return left == right or self.number(left) == self.number(right)


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of the operation, in order and by name."""

    tensors: Sequence[Tensor]
    arguments: Sequence[object]
    named: Mapping[str, object]
    outer: Sequence[Tensor]
    """What the layer around the operation was given."""
    shown: Shown

    def argument(self, index: int, name: str) -> object:
        if name in self.named:
            return self.named[name]
        return self.arguments[index] if index < len(self.arguments) else None


Tell = Callable[[Given], "str | None"]


def sentence_of(failure: Failure, outer: Sequence[Tensor], shown: Shown) -> str | None:
    """What follows the name of the layer or the expression."""
    draft = failure.draft
    if draft.kind != "operation":
        return None
    tell = _TELL.get(draft.label.strip("_"))
    if tell is None:
        return None
    values = (*failure.arguments, *failure.named.values())
    tensors = list(_tensors(values))
    given = Given(tensors, failure.arguments, failure.named, outer, shown)
    try:
        return tell(given) or _of_dtypes(given)
    except (IndexError, TypeError):
        return None  # arguments that the operation never takes: torch says which


def _tensors(values: Iterable[object]) -> Iterable[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple):
            yield from _tensors(value)


def _count(size: Size, what: str, shown: Shown) -> str:
    return f"{shown.size(size)} {what}{'' if size == 1 else 's'}"


# --- layers ---------------------------------------------------------------------------


def _linear(given: Given) -> str | None:
    if len(given.tensors) < 2:
        return None
    taken, weight = given.tensors[:2]
    if not taken.shape or given.shown.are_equal(taken.shape[-1], weight.shape[-1]):
        return None
    features = _count(weight.shape[-1], "feature", given.shown)
    return f"takes {features}, got {given.shown.tensor(taken)}"


def _bilinear(given: Given) -> str | None:
    if len(given.tensors) < 3:
        return None
    left, right, weight = given.tensors[:3]
    shown = given.shown
    return (
        f"takes {shown.size(weight.shape[1])} and {shown.size(weight.shape[2])}"
        f" features, got {shown.tensor(left)} and {shown.tensor(right)}"
    )


def _convolution(axes: int, *, transposed: bool) -> Tell:
    def tell(given: Given) -> str | None:
        if len(given.tensors) < 2:
            return None
        taken, weight = given.tensors[:2]
        shown, rank = given.shown, len(taken.shape)
        if rank not in (axes + 1, axes + 2):
            return (
                f"takes {axes + 2} dimensions (batch, channels,"
                f" {', '.join(_AXES[axes])}), got {shown.tensor(taken)}"
            )
        groups = given.argument(7 if transposed else 6, "groups")
        channels = weight.shape[0] if transposed else weight.shape[1]
        if not transposed and isinstance(groups, int):
            channels = channels * groups
        if not shown.are_equal(taken.shape[-axes - 1], channels):
            told = _count(channels, "channel", shown)
            return f"takes {told}, got {_misplaced(taken, channels, axes, shown)}"
        return None if transposed else _too_small(taken, weight, axes, shown)

    return tell


def _misplaced(taken: Tensor, channels: Size, axes: int, shown: Shown) -> str:
    """The input, and where channels belong if they stand last."""
    place = len(taken.shape) - axes - 1
    if place == len(taken.shape) - 1 or not shown.are_equal(taken.shape[-1], channels):
        return shown.tensor(taken)
    return f"{shown.tensor(taken)}: channels are dimension {place}"


_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def _too_small(taken: Tensor, weight: Tensor, axes: int, shown: Shown) -> str | None:
    if taken.dtype != weight.dtype:
        return None
    kernel = weight.shape[-axes:]
    return (
        f"has a kernel of {'x'.join(map(shown.size, kernel))}, larger than its input"
        f" {shown.tensor(taken)} with its padding"
    )


def _normalization(given: Given) -> str | None:
    """Batch and instance normalization: a number for each channel."""
    if len(given.tensors) < 2:
        return None
    taken, known = given.tensors[:2]
    channels = known.shape[0]
    if len(taken.shape) < 2 or given.shown.are_equal(taken.shape[1], channels):
        return None
    told, axes = _count(channels, "channel", given.shown), len(taken.shape) - 2
    return f"takes {told}, got {_misplaced(taken, channels, axes, given.shown)}"


def _layer_norm(given: Given) -> str | None:
    shape = given.argument(1, "normalized_shape")
    if not isinstance(shape, tuple) or not given.tensors:
        return None
    taken = given.shown.tensor(given.tensors[0])
    last = given.shown.shape(_sizes(shape))
    return f"normalizes the last dimensions {last}, got {taken}"


def _group_norm(given: Given) -> str | None:
    if not given.tensors:
        return None
    taken = given.tensors[0]
    if len(given.tensors) > 1:
        channels = given.tensors[1].shape[0]
        if len(taken.shape) > 1 and not given.shown.are_equal(taken.shape[1], channels):
            return (
                f"takes {given.shown.size(channels)} channels,"
                f" got {given.shown.tensor(taken)}"
            )
    return None


def _embedding(given: Given) -> str | None:
    if not given.tensors:
        return None
    taken = given.tensors[0]
    if taken.dtype in ("int64", "int32"):
        return None
    return f"takes whole numbers (int64), got {taken.dtype}{given.shown.tensor(taken)}"


# --- operations -----------------------------------------------------------------------


def _elementwise(given: Given) -> str | None:
    shown = given.shown
    for left, right in zip(given.tensors, given.tensors[1:], strict=False):
        pairs = list(zip_longest(left.shape[::-1], right.shape[::-1], fillvalue=1))
        for index in range(len(pairs) - 1, -1, -1):
            one, other = pairs[index]
            if 1 in (one, other) or shown.are_equal(one, other):
                continue
            same_rank = len(left.shape) == len(right.shape)
            place = len(pairs) - 1 - index if same_rank else -index - 1
            return (
                f"cannot be computed: {shown.tensor(left)} and {shown.tensor(right)}"
                f" differ in dimension {place}: {shown.size(one)} and"
                f" {shown.size(other)}"
            )
    return None


def _matrices(given: Given) -> str | None:
    if len(given.tensors) < 2:
        return None
    left, right = given.tensors[-2:]
    shown = given.shown
    if not left.shape or not right.shape:
        return None
    inner = right.shape[-2] if len(right.shape) > 1 else right.shape[0]
    both = f"{shown.tensor(left)} by {shown.tensor(right)}"
    if not shown.are_equal(left.shape[-1], inner):
        return (
            f"cannot multiply {both}: {shown.size(left.shape[-1])} columns and"
            f" {shown.size(inner)} rows"
        )
    return f"cannot multiply {both}"


def _joined(given: Given) -> str | None:
    if len(given.tensors) < 2:
        return None
    dimension = given.argument(1, "dim")
    along = dimension if isinstance(dimension, int) else 0
    shapes = " and ".join(map(given.shown.tensor, given.tensors))
    differing = _differing(given, along)
    return f"cannot join {shapes} in dimension {along}{differing}"


def _differing(given: Given, along: int) -> str:
    """Which of the other dimensions are not the same."""
    shown, first = given.shown, given.tensors[0].shape
    for other in given.tensors[1:]:
        if len(other.shape) != len(first):
            return ": they have different numbers of dimensions"
        for index, (a, b) in enumerate(zip(first, other.shape, strict=True)):
            if index != along % len(first) and not shown.are_equal(a, b):
                sizes = f"{shown.size(a)} and {shown.size(b)}"
                return f": they differ in dimension {index}: {sizes}"
    return ""


def _stacked(given: Given) -> str | None:
    if len(given.tensors) < 2:
        return None
    shapes = ", ".join(map(given.shown.tensor, given.tensors))
    return f"stacks tensors of one shape, got {shapes}"


def _viewed(given: Given) -> str | None:
    if not given.tensors:
        return None
    taken = given.tensors[0]
    elements: Size = 1
    for size in taken.shape:
        elements = elements * size
    shown = given.shown
    return (
        f"cannot see {shown.tensor(taken)}, {shown.size(elements)} elements, as"
        f" {shown.shape(_wanted(given))}"
    )


def _wanted(given: Given) -> list[Size]:
    """The sizes after a tensor, one by one or as a list."""
    rest = given.arguments[1:] or tuple(given.named.values())
    return _sizes(rest[0] if len(rest) == 1 and isinstance(rest[0], tuple) else rest)


def _expanded(given: Given) -> str | None:
    if not given.tensors:
        return None
    taken, shown, wanted = given.tensors[0], given.shown, _wanted(given)
    for index in range(1, min(len(wanted), len(taken.shape)) + 1):
        size, to = taken.shape[-index], wanted[-index]
        if size == 1 or to == -1 or shown.are_equal(size, to):
            continue
        return (
            f"cannot expand {shown.tensor(taken)} to {shown.shape(wanted)}:"
            f" dimension {len(taken.shape) - index} is {shown.size(size)}"
        )
    return None


def _permuted(given: Given) -> str | None:
    if not given.tensors or len(_wanted(given)) == len(given.tensors[0].shape):
        return None
    taken = given.shown.tensor(given.tensors[0])
    return f"puts {len(_wanted(given))} dimensions in order, got {taken}"


def _set(given: Given) -> str | None:
    if len(given.tensors) < 2:
        return None
    taken, value = given.tensors[0], given.tensors[-1]
    both = f"{given.shown.tensor(taken)} cannot be set to {given.shown.tensor(value)}"
    return f"of {both}"


def _shuffled(given: Given) -> str | None:
    factor = given.argument(1, "upscale_factor")
    if not given.tensors or not isinstance(factor, int):
        return None
    taken = given.shown.tensor(given.tensors[0])
    return f"takes channels that are a multiple of {factor * factor}, got {taken}"


def _summed(given: Given) -> str | None:
    """The letter of `einsum` that stands for two sizes."""
    equation = given.argument(0, "equation")
    if not isinstance(equation, str) or "." in equation:
        return None
    terms = equation.partition("->")[0].replace(" ", "").split(",")
    known: dict[str, tuple[Size, Tensor]] = {}
    for letters, tensor in zip(terms, given.tensors, strict=False):
        shape = given.shown.tensor(tensor)
        if len(letters) != len(tensor.shape):
            return f"has {len(letters)} letters, `{letters}`, for {shape}"
        for letter, size in zip(letters, tensor.shape, strict=True):
            first, where = known.setdefault(letter, (size, tensor))
            if 1 not in (first, size) and not given.shown.are_equal(first, size):
                one = f"{given.shown.size(first)} in {given.shown.tensor(where)}"
                other = f"{given.shown.size(size)} in {shape}"
                return f"has '{letter}' for {one} and for {other}"
    return None


def _classified(given: Given) -> str | None:
    """A loss over classes: dimension 1 of what is given, none of targets."""
    if len(given.tensors) < 2:
        return None
    taken, target = given.tensors[:2]
    shape = taken.shape
    wanted = given.shown.shape((*shape[:1], *shape[2:]) if len(shape) > 1 else ())
    return (
        f"takes for {given.shown.tensor(taken)} classes as int64{wanted},"
        f" got {target.dtype}{given.shown.tensor(target)}"
    )


def _attention(given: Given) -> str | None:
    if len(given.tensors) < 3:
        return None
    names = ("query", "key", "value", "attn_mask")
    shapes = map(given.shown.tensor, given.tensors)
    told = ", ".join(f"{n} {s}" for n, s in zip(names, shapes, strict=False))
    return f"takes tensors that fit together, got {told}"


def _multihead_attention(given: Given) -> str | None:
    size = given.argument(3, "embed_dim_to_check")
    if not isinstance(size, (int, Symbolic)) or len(given.outer) < 1:
        return None
    names = ("query", "key", "value")
    shapes = list(map(given.shown.tensor, given.outer))
    told = ", ".join(f"{n} {s}" for n, s in zip(names, shapes, strict=False))
    taken = [one.shape[-1:] for one in given.outer[:3]]
    if all(one and given.shown.are_equal(one[0], size) for one in taken):
        rest = f" with a mask {', '.join(shapes[3:])}" if shapes[3:] else ""
        return f"takes tensors that fit together, got {told}{rest}"
    return f"takes {_count(size, 'feature', given.shown)}, got {told}"


def _of_dtypes(given: Given) -> str | None:
    kinds = list(dict.fromkeys(one.dtype for one in given.tensors))
    if len(kinds) < 2:
        return None
    told = (f"{one.dtype}{given.shown.tensor(one)}" for one in given.tensors[:2])
    return f"takes tensors of one dtype, got {' and '.join(told)}"


def _sizes(values: Iterable[object]) -> list[Size]:
    return [one for one in values if isinstance(one, (int, Symbolic))]


_TELL: dict[str, Tell] = {
    "linear": _linear,
    "bilinear": _bilinear,
    **{f"conv{n}d": _convolution(n, transposed=False) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _convolution(n, transposed=True) for n in (1, 2, 3)},
    "batch_norm": _normalization,
    "instance_norm": _normalization,
    "layer_norm": _layer_norm,
    "rms_norm": _layer_norm,
    "group_norm": _group_norm,
    "embedding": _embedding,
    **dict.fromkeys(
        "add sub mul div true_divide truediv maximum minimum where lerp pow eq ne lt le"
        " gt ge iadd isub imul itruediv radd rsub rmul addcmul addcdiv masked_fill"
        " mse_loss l1_loss smooth_l1_loss huber_loss kl_div binary_cross_entropy"
        " binary_cross_entropy_with_logits floordiv mod and or xor".split(),
        _elementwise,
    ),
    **dict.fromkeys("matmul mm bmm mv rmatmul addmm baddbmm addbmm".split(), _matrices),
    **dict.fromkeys("cat concat concatenate".split(), _joined),
    "stack": _stacked,
    "expand": _expanded,
    "permute": _permuted,
    "setitem": _set,
    "pixel_shuffle": _shuffled,
    "einsum": _summed,
    **dict.fromkeys("cross_entropy nll_loss".split(), _classified),
    **dict.fromkeys("view reshape".split(), _viewed),
    "scaled_dot_product_attention": _attention,
    "multi_head_attention_forward": _multihead_attention,
}
