"""What kind of thing a layer or an operation is, told by its name; and its sign.

In: the name of a class of torch's or of an operation as a run records it. Out: a
`Kind`, by which pictures are coloured, and the short text that pictures show.
"""

from __future__ import annotations

from collections.abc import Callable

from modelspec.report.graph.model import Kind

_ACTIVATIONS = frozenset(
    "celu elu gelu glu hardshrink hardsigmoid hardswish hardtanh leakyrelu leaky_relu"
    " logsigmoid log_softmax logsoftmax mish prelu relu relu6 rrelu selu sigmoid silu"
    " softmax softmax2d softmin softplus softshrink softsign swiglu tanh tanhshrink"
    " threshold adaptivelogsoftmaxwithloss".split()
)
_LINEAR = frozenset(
    "linear bilinear lazylinear identitylinear matmul bmm mm mv addmm baddbmm einsum"
    " tensordot dot".split()
)
_LAYOUT = frozenset(
    "flatten unflatten view reshape transpose permute index squeeze unsqueeze expand"
    " expand_as view_as reshape_as movedim moveaxis swapaxes swapdims t mt chunk split"
    " unbind getitem narrow select index_select gather repeat repeat_interleave roll"
    " pad flip tile broadcast_to constantpad1d constantpad2d zeropad2d channelshuffle"
    " tensor_split unfold fold atleast_2d ravel".split()
)
_RECURRENT = ("rnn", "lstm", "gru")
_POOLS = ("pool", "upsample", "interpolate", "pixelshuffle", "pixelunshuffle")

_RULES: tuple[tuple[Kind, Callable[[str], bool]], ...] = (
    ("attention", lambda name: "attention" in name),
    ("activation", _ACTIVATIONS.__contains__),
    ("linear", _LINEAR.__contains__),
    ("layout", lambda name: name in _LAYOUT or "reflectionpad" in name),
    ("conv", lambda name: "conv" in name),
    ("norm", lambda name: "norm" in name),
    ("recurrent", lambda name: any(name.startswith(one) for one in _RECURRENT)),
    ("embedding", lambda name: name.startswith("embedding")),
    ("pool", lambda name: any(one in name for one in _POOLS)),
    ("dropout", lambda name: "drop" in name),
)

FOLDED = frozenset(
    "contiguous to float half bfloat16 double type type_as clone detach cpu cuda"
    " requires_grad_ alias".split()
)
"""Operations that a picture does without: what goes in comes out."""

SIGNS = {"add": "+", "sub": "\N{MINUS SIGN}", "mul": "\N{MULTIPLICATION SIGN}"}
SIGNS |= {"div": "\N{DIVISION SIGN}", "truediv": "\N{DIVISION SIGN}"}
"""Operations that are drawn as their sign."""


def kind_of(label: str) -> Kind:
    """The kind of a layer or an operation."""
    name = label.lower()
    return next((kind for kind, fits in _RULES if fits(name)), "operation")


def operation_name(label: str) -> str:
    """`add` for `add_`, `__iadd__` and `__radd__`."""
    if label.startswith("__") and label.endswith("__"):
        label = label.strip("_")
    name = label.rstrip("_") or label
    return _WORDS.get(name, name)


_WORDS = {f"{prefix}{name}": name for prefix in "ir" for name in SIGNS}
_WORDS |= {f"{prefix}matmul": "matmul" for prefix in "ir"}
_WORDS |= {"itruediv": "div", "rtruediv": "div", "truediv": "div", "rpow": "pow"}
_WORDS |= {"ipow": "pow", "getitem": "index", "setitem": "assign"}
_WORDS |= {"t": "transpose", "T": "transpose", "mT": "transpose"}
_WORDS |= {"multiply": "mul", "subtract": "sub", "divide": "div", "concat": "cat"}
