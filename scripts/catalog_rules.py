"""What of torch a spec may use: the rules behind the catalogue, as data.

Names only. Every list is an allow-list, or an exception to a family of tensor
operations; nothing becomes reachable by merely existing in a newer torch, except
tensor operations declared in torch's own type stubs. Holds no logic.
"""

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CONTAINERS = (
    "Sequential",
    "ModuleList",
    "ModuleDict",
    "ParameterList",
    "ParameterDict",
)

# Methods of layers that build, load, resize or move instead of computing.
LAYER_METHODS_LEFT_OUT = frozenset(
    _words(
        """
        forward extra_repr append extend insert pop popitem clear update setdefault copy
        fromkeys initialize_parameters replicate scatter gather parallel_apply
        """
    )
)

# What a forward or an `init` text may call on a child.
MODULE_METHODS = _words(
    """
    buffers children eval forward get_buffer get_parameter get_submodule modules
    named_buffers named_children named_modules named_parameters parameters
    requires_grad_ train zero_grad
    """
)

PARAMETRIZATIONS = ("orthogonal", "spectral_norm", "weight_norm")

# --- functions -----------------------------------------------------------------

# Tensor operations that are back-end internals, change global state, read memory
# or files, or hand out foreign storage; and those that raise or are undocumented.
_INTERNAL = re.compile(
    r"_|cudnn_|miopen_|mkldnn_|fbgemm_|quantized_|q_|qscheme|sym_constrain|set_|init_"
    r"|get_num|from_|frombuffer|native_|unsafe_|batch_norm_|is_vulkan|choose_qparams"
    r"|fused_|resize|sparse_resize|empty_quantized|embedding_renorm"
)
_LEFT_OUT = frozenset(
    _words(
        """
        apply_ as_subclass backward const_data_ptr data_ptr is_distributed is_pinned
        is_set_to is_shared map2_ map_ module_load numpy pin_memory record_stream
        register_hook register_post_accumulate_grad_hook reinforce
        share_memory_ slice_inverse storage storage_type sym_fresh_size to_mkldnn
        untyped_storage xpu ipu mtia eig lstsq lu solve symeig index
        """
    )
)


def is_tensor_operation(name: str) -> bool:
    """Whether a name of torch's operator stubs is a plain tensor computation."""
    return not _INTERNAL.match(name) and name not in _LEFT_OUT


# Functions of `torch` written in Python; the operator stubs do not list them.
TORCH_PYTHON = _words(
    """
    atleast_1d atleast_2d atleast_3d block_diag broadcast_shapes broadcast_tensors
    cartesian_prod cdist chain_matmul einsum is_tensor lobpcg meshgrid norm
    pca_lowrank split stft svd_lowrank sym_float sym_int sym_ite sym_max sym_min
    sym_not sym_sum tensordot unique unique_consecutive unravel_index
    """
)

# Dispatchers whose own signature is (*args, **kwargs), and where the real one is.
DISPATCHED = {
    "unique": "_unique_impl",
    "unique_consecutive": "_unique_consecutive_impl",
}

# Built-in functions that only read a setting; they have no stub of use.
TORCH_SETTINGS = {
    "get_autocast_dtype": "(device_type: str)",
    "get_autocast_gpu_dtype": "()",
    "get_default_device": "()",
    "is_autocast_enabled": "(device_type: str='cuda')",
    "sym_sqrt": "(a)",
}

SUBMODULES = ("fft", "linalg", "special")

# Things in torch.nn.functional that are there by import, or only serve torch itself.
FUNCTIONAL_LEFT_OUT = frozenset(
    _words(
        """
        assert_int_or_pair boolean_dispatch handle_torch_function has_torch_function
        has_torch_function_unary has_torch_function_variadic native_channel_shuffle
        """
    )
)

# --- values --------------------------------------------------------------------

CONTEXTS = {
    "torch.amp.autocast": (
        "(device_type: str, dtype: dtype | None=None, enabled: bool=True, "
        "cache_enabled: bool | None=None)"
    ),
    "torch.autocast": (
        "(device_type: str, dtype: dtype | None=None, enabled: bool=True, "
        "cache_enabled: bool | None=None)"
    ),
    "torch.enable_grad": "()",
    "torch.inference_mode": "(mode: bool=True)",
    "torch.no_grad": "()",
}

# Types a spec may call or give to isinstance, beside dtypes.
TYPES = {
    "torch.Size": ("(iterable: Sequence[int]=())",),
    "torch.Tensor": ("(*size: int)", "(data: Sequence | Tensor)"),
    "torch.device": ("(device: str | int | device)", "(type: str, index: int=-1)"),
    "torch.dtype": (),
    "torch.finfo": ("(type: dtype | None=None)",),
    "torch.iinfo": ("(type: dtype)",),
    "torch.layout": (),
    "torch.memory_format": (),
} | {
    f"torch.{kind}Tensor": ("(*size: int)", "(data: Sequence | Tensor)")
    for kind in _words("BFloat16 Bool Byte Char Double Float Half Int Long Short")
}

CONSTANTS = ("torch.e", "torch.inf", "torch.nan", "torch.newaxis", "torch.pi")

# Attributes of the values that tensor operations give back, by type of value.
VALUE_ATTRIBUTES = {
    "device": "index type",
    "dtype": "is_complex is_floating_point is_signed itemsize",
    "finfo": "bits dtype eps max min resolution smallest_normal tiny",
    "iinfo": "bits dtype max min",
    "Size": "count index numel",
}

TENSOR_ATTRIBUTES = _words(
    """
    H T data device dtype grad imag is_cpu is_cuda is_ipu is_leaf is_maia is_meta
    is_mkldnn is_mps is_mtia is_nested is_quantized is_sparse is_sparse_csr is_vulkan
    is_xla is_xpu itemsize layout mH mT nbytes ndim real requires_grad retains_grad
    shape
    """
)

# Methods that are neither in the stub of Tensor nor written in Python.
TENSOR_EXTRA = {
    "cdouble": "(memory_format: memory_format=torch.preserve_format)",
    "cfloat": "(memory_format: memory_format=torch.preserve_format)",
}

# The argument parser of built-in operations takes NumPy's names as well.
NUMPY_NAMES = {
    "a": "input",
    "axis": "dim",
    "keepdims": "keepdim",
    "x": "input",
    "x1": "input",
    "x2": "other",
}

# --- string choices ------------------------------------------------------------

# (pattern on the layer's name, parameter, accepted strings); the first match counts.
# They bind strings only: `padding` is usually a number, `activation` may be callable.
_REDUCTION = "none mean sum"
STRING_CHOICES = (
    (r"(Lazy)?ConvTranspose\dd", "padding_mode", "zeros"),
    (r"(Lazy)?Conv\dd", "padding_mode", "zeros reflect replicate circular"),
    (r"(Lazy)?Conv\dd", "padding", "same valid"),
    (r"KLDivLoss", "reduction", f"{_REDUCTION} batchmean"),
    (r".*Loss(2d)?", "reduction", _REDUCTION),
    (r"RNN(Cell)?", "nonlinearity", "tanh relu"),
    (r"RNNBase", "mode", "LSTM GRU RNN_TANH RNN_RELU"),
    (r"GELU", "approximate", "none tanh"),
    (r"EmbeddingBag", "mode", "sum mean max"),
    (r"Transformer((En|De)coderLayer)?", "activation", "relu gelu"),
    (
        r"Upsample",
        "mode",
        "nearest nearest-exact linear bilinear bicubic trilinear area",
    ),
)

# The same of functions: (pattern on the dotted name, parameter, accepted strings).
_SUMS = "sum prod mean amax amin"
FUNCTION_CHOICES = (
    (r"F\.interpolate", "mode", f"{STRING_CHOICES[-1][2]} lanczos"),
    (r"F\.pad", "mode", "constant reflect replicate circular"),
    (r"F\.grid_sample", "mode", "bilinear nearest bicubic"),
    (r"F\.grid_sample", "padding_mode", "zeros border reflection"),
    (r"F\.gelu", "approximate", "none tanh"),
    (r"F\.embedding_bag", "mode", "sum mean max"),
    (r"(F|torch)\.conv\dd", "padding", "same valid"),
    (r"F\.kl_div", "reduction", f"{_REDUCTION} batchmean"),
    (r"F\..*(_loss|entropy.*|div)", "reduction", _REDUCTION),
    (r"torch\.(div|divide)", "rounding_mode", "trunc floor"),
    (r"torch\.(nan)?quantile", "interpolation", "linear lower higher midpoint nearest"),
    (r"torch\.meshgrid", "indexing", "ij xy"),
    (r"torch\.searchsorted", "side", "left right"),
    (r"torch\.fft\..*", "norm", "forward backward ortho"),
    (r"torch\.linalg\.qr", "mode", "reduced complete r"),
    (r"torch\.(scatter|segment)_reduce", "reduce", _SUMS),
    (r"torch\.index_reduce", "reduce", "prod mean amax amin"),
    (r"torch\.scatter", "reduce", "add multiply"),
)
