"""What functions of torch, methods of tensors and built-ins give and take.

Data, and look-up of it: only what is always so.
"""

from __future__ import annotations

from modelspec.analysis.values.held import (
    BOOL,
    FLOAT,
    INT,
    TENSOR,
    TEXT,
    UNKNOWN,
    Held,
)

_SAME = frozenset(
    """abs acos add addmm asin atan atan2 baddbmm bmm ceil clamp clone conj contiguous
    cos cosh cumprod cumsum detach div double erf exp expand expand_as expm1 fill_
    flatten flip float floor gather half index_select int inverse lerp log log10 log1p
    log2 logaddexp logit logsumexp long masked_fill masked_fill_ masked_select matmul
    maximum minimum mm movedim mul mul_ multiply nan_to_num neg permute pow
    reciprocal relu relu_ repeat repeat_interleave reshape reshape_as roll round rsqrt
    scatter scatter_ scatter_add select sigmoid sign sin sinh softmax log_softmax sqrt
    square squeeze sub sub_ swapaxes t take_along_dim tan tanh tile to transpose tril
    triu trunc type_as unflatten unsqueeze view view_as where add_ div_ zero_ bool
    new_zeros new_ones new_full new_empty new_tensor sum mean amax amin argmax argmin
    std var prod norm any all""".split()
)
_OF_TORCH = frozenset(
    """abs add addmm arange baddbmm bmm cat ceil clamp concat concatenate cos cosh cross
    cumprod cumsum diag div dot einsum empty empty_like erf exp expm1 eye flatten flip
    floor full full_like gather hstack index_select lerp linspace log log10 log1p log2
    log_softmax logspace logsumexp matmul maximum minimum mm movedim mul multinomial
    neg ones ones_like outer permute pow prod rand rand_like randint randn randn_like
    randperm relu repeat_interleave reshape roll round rsqrt sigmoid sign sin sinh
    softmax sqrt square squeeze stack sub tan tanh tensor tensordot tile transpose tril
    triu unflatten unsqueeze vstack zeros zeros_like dropout layer_norm sum mean amax
    amin argmax argmin std var""".split()
)
_OF_F = frozenset(
    """adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d
    avg_pool3d batch_norm binary_cross_entropy binary_cross_entropy_with_logits celu
    conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
    cosine_similarity cross_entropy dropout dropout1d dropout2d dropout3d elu embedding
    gelu glu grid_sample group_norm gumbel_softmax hardsigmoid hardswish hardtanh
    instance_norm interpolate kl_div l1_loss layer_norm leaky_relu linear log_softmax
    logsigmoid mish mse_loss nll_loss normalize one_hot pad pixel_shuffle relu relu6
    rms_norm scaled_dot_product_attention selu sigmoid silu smooth_l1_loss softmax
    softplus softsign tanh unfold upsample""".split()
)
_INT_METHODS = frozenset({"numel", "nelement", "dim", "ndimension", "element_size"})
_BUILTINS = {
    "len": INT,
    "int": INT,
    "float": FLOAT,
    "bool": BOOL,
    "str": TEXT,
    "isinstance": BOOL,
}

SIGNATURES: dict[str, tuple[int, int, tuple[str, ...]]] = {
    # Of built-ins, as (least, most arguments by position, names).
    "len": (1, 1, ()),
    "int": (0, 2, ("base",)),
    "float": (0, 1, ()),
    "bool": (0, 1, ()),
    "abs": (1, 1, ()),
    "enumerate": (1, 2, ("start", "iterable")),
    "range": (1, 3, ()),
    "isinstance": (2, 2, ()),
    "reversed": (1, 1, ()),
    "round": (1, 2, ("ndigits", "number")),
    "sum": (1, 2, ("start",)),
    "list": (0, 1, ()),
    "tuple": (0, 1, ()),
    "set": (0, 1, ()),
    "any": (1, 1, ()),
    "all": (1, 1, ()),
}
"""How many arguments the built-ins take that are called most often in methods."""

_OF_MATH = "sqrt exp floor ceil log2 log10 sin cos tan tanh isnan isinf trunc".split()
SIGNATURES.update({f"math.{name}": (1, 1, ()) for name in _OF_MATH})

SHOWN = {
    "len": "len(object)",
    "int": "int(value=0, base=10)",
    "float": "float(value=0.0)",
    "bool": "bool(value=False)",
    "abs": "abs(number)",
    "enumerate": "enumerate(iterable, start=0)",
    "range": "range(stop) or range(start, stop, step=1)",
    "isinstance": "isinstance(object, type)",
    "reversed": "reversed(sequence)",
    "round": "round(number, ndigits=None)",
    "sum": "sum(iterable, start=0)",
    "list": "list(iterable=())",
    "tuple": "tuple(iterable=())",
    "set": "set(iterable=())",
    "any": "any(iterable)",
    "all": "all(iterable)",
}


SHOWN.update({f"math.{name}": f"math.{name}(number)" for name in _OF_MATH})


def of_function(dotted: str) -> Held:
    """What a function of torch gives, by its canonical name."""
    space, _, name = dotted.rpartition(".")
    known = {"torch": _OF_TORCH, "F": _OF_F}.get(space, frozenset())
    return TENSOR if name in known else UNKNOWN


def of_method(name: str) -> Held:
    """What a method of a tensor gives."""
    if name in _INT_METHODS:
        return INT
    return TENSOR if name in _SAME else UNKNOWN


def of_builtin(name: str) -> Held:
    return _BUILTINS.get(name, UNKNOWN)
