"""The catalogue says what torch offers, and nothing that reaches outside tensors."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from modelspec.catalog import (
    Layer,
    Parameter,
    ParameterKind,
    Problem,
    ProblemKind,
    Signature,
    bind_overloads,
    load_catalog,
)

ROOT = Path(__file__).resolve().parent.parent
FILES = ("torch-2.13.json", "torch-2.13-functions.json")
CATALOG = load_catalog()

needs_target = pytest.mark.skipif(
    not torch.__version__.startswith(CATALOG.torch_version.rpartition(".")[0] + "."),
    reason="compares with the torch that the catalogue describes",
)


def layer(name: str) -> Layer:
    found = CATALOG.layer(name)
    assert found is not None
    return found


def signature(name: str) -> Signature:
    return layer(name).signature


def function(name: str) -> tuple[Signature, ...]:
    found = CATALOG.function(name)
    assert found is not None
    return found


# --- the files ------------------------------------------------------------------


@needs_target
def test_files_are_what_the_script_writes(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "write_catalog.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (ROOT / "schemas" / name).read_bytes()


@needs_target
def test_every_module_class_of_torch_is_there() -> None:
    classes = {
        name
        for name in dir(nn)
        if inspect.isclass(getattr(nn, name))
        and issubclass(getattr(nn, name), nn.Module)
    }
    assert set(CATALOG.layer_names) == classes


@needs_target
def test_every_name_exists_in_torch() -> None:
    for name in CATALOG.function_names():
        value: object = F if name.startswith("F.") else torch
        for part in name.split(".")[1:]:
            value = getattr(value, part)
    for name in CATALOG.tensor_method_names():
        assert callable(getattr(torch.Tensor, name)), name
    for name in CATALOG.dtype_names | CATALOG.constant_names:
        assert hasattr(torch, name.removeprefix("torch.")), name
    for name in CATALOG.tensor_attributes:
        assert hasattr(torch.Tensor, name), name


def test_every_signature_can_be_read() -> None:
    for name in CATALOG.layer_names:
        assert layer(name).name == name
    for name in CATALOG.function_names():
        assert function(name) or name in CATALOG.type_names, name
    for name in CATALOG.tensor_method_names():
        assert CATALOG.tensor_method(name), name
    for name in CATALOG.init_names:
        assert CATALOG.init_function(name)
    for name in CATALOG.parametrization_names:
        assert CATALOG.parametrization(name)


def test_reading_imports_no_torch() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'yaml', 'pydantic']))\n"
        "from modelspec.catalog import load_catalog\n"
        "c = load_catalog(); c.layer('Linear'); c.function('F.relu')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# --- what is not there ----------------------------------------------------------

OUTSIDE_FUNCTIONS = """
    torch.os torch.sys torch.save torch.load torch.hub torch.hub.load torch.ops
    torch.classes torch.compile torch.jit torch.from_file torch.from_numpy
    torch.frombuffer torch.utils torch.package torch.cuda torch.multiprocessing
    torch.seed torch.manual_seed torch.get_rng_state torch.set_rng_state
    torch.set_num_threads torch.set_default_dtype torch.set_default_device
    torch.set_grad_enabled torch.set_flush_denormal torch.set_printoptions
    torch.import_ir_module torch.from_dlpack torch.to_dlpack torch.vmap torch.func
    torch.UntypedStorage torch.FloatStorage torch.Generator torch.fork torch.wait
    torch.nn torch.fft torch.fft.torch torch.special.torch torch.linalg.LinAlgError
    torch.functional torch.importlib torch.Tensor.numpy torch.einsum.__globals__
    torch._C torch._foreach_abs torch.nn.functional.torch
    F.importlib F.torch F.np F.math F.warnings F.grad F.boolean_dispatch
    F.handle_torch_function F.has_torch_function F._verify_batch_size F.Tensor
    Tensor.view nosuch.cat relu
"""

OUTSIDE_MEMBERS = """
    numpy data_ptr storage untyped_storage share_memory_ apply_ map_ map2_ backward
    register_hook set_ resize_ pin_memory record_stream module_load __reduce_ex__
    __class__ _make_subclass grad_fn _backward_hooks as_subclass
"""


# All other public names of torch.Tensor that a spec may not use, and why.
REFUSED = {
    "memory, files and other libraries": """
        apply_ as_subclass const_data_ptr data_ptr is_pinned is_set_to is_shared map2_
        map_ module_load name numpy pin_memory record_stream set_ share_memory_ storage
        storage_type to_mkldnn untyped_storage""",
    "training, which is the caller's": """
        backward grad_dtype grad_fn output_nr register_hook
        register_post_accumulate_grad_hook reinforce volatile""",
    "a tensor resized behind its views": """
        resize resize_ resize_as resize_as_ resize_as_sparse_ sparse_resize_
        sparse_resize_and_clear_""",
    "views that autograd does not see": """
        slice_inverse unsafe_chunk unsafe_split unsafe_split_with_sizes""",
    "the inside of quantized tensors": """
        q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale
        q_zero_point qscheme""",
    "devices, which the caller chooses": "ipu is_distributed mtia xpu",
    "names that only raise": "eig index lstsq lu solve symeig",
}


def words(text: str) -> list[str]:
    return text.split()


@needs_target
def test_every_name_of_a_tensor_is_offered_or_refused() -> None:
    public = {name for name in dir(torch.Tensor) if not name.startswith("_")}
    offered = {*CATALOG.tensor_method_names(), *CATALOG.tensor_attributes}
    refused = [name for names in REFUSED.values() for name in words(names)]
    assert len(refused) == len(set(refused))
    assert public - offered == set(refused)


@pytest.mark.parametrize(
    "name",
    words(OUTSIDE_FUNCTIONS),
)
def test_what_reaches_outside_tensors_is_not_offered(name: str) -> None:
    assert CATALOG.function(name) is None
    assert not CATALOG.is_constant(name)


@pytest.mark.parametrize(
    "name",
    words(OUTSIDE_MEMBERS),
)
def test_tensor_members_that_reach_outside_are_not_offered(name: str) -> None:
    assert CATALOG.tensor_method(name) is None
    assert not CATALOG.tensor_attribute(name)


def test_no_name_is_private_or_dunder() -> None:
    names = [*CATALOG.function_names(), *CATALOG.tensor_method_names()]
    names += [*CATALOG.layer_names, *CATALOG.module_methods, *CATALOG.init_names]
    assert [n for n in names if any(p.startswith("_") for p in n.split("."))] == []


def test_unknown_names_are_answered_with_nothing() -> None:
    assert CATALOG.layer("Linaer") is None
    assert CATALOG.layer("Parameter") is None
    assert CATALOG.function("torch.nosuch") is None
    assert CATALOG.tensor_method("nosuch") is None
    assert CATALOG.init_function("nosuch_") == ()
    assert CATALOG.parametrization("nosuch") == ()
    assert not CATALOG.is_sublayer("Linaer", "Linaer")


# --- signatures -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Linear", "in_features, out_features, bias=True, device=None, dtype=None"),
        (
            "Conv2d",
            "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, "
            "groups=1, bias=True, padding_mode='zeros', device=None, dtype=None",
        ),
        (
            "LSTM",
            "input_size, hidden_size, num_layers=1, bias=True, batch_first=False, "
            "dropout=0.0, bidirectional=False, proj_size=0, device=None, dtype=None",
        ),
        (
            "RNN",
            "input_size, hidden_size, num_layers=1, nonlinearity='tanh', bias=True, "
            "batch_first=False, dropout=0.0, bidirectional=False, device=None, "
            "dtype=None",
        ),
        (
            "LazyBatchNorm1d",
            "eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, "
            "device=None, dtype=None, *, bias=True",
        ),
        ("Softmax", "dim=None"),
        ("Tanh", ""),
        ("Identity", "*args, **kwargs"),
        ("Sequential", "*args"),
        ("ModuleDict", "modules=None"),
        ("GELU", "approximate='none'"),
        ("Dropout", "p=0.5, inplace=False"),
    ],
)
def test_layers_are_constructed_as_in_torch(name: str, parameters: str) -> None:
    assert signature(name).text(name) == f"{name}({parameters})"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch.cat", "torch.cat(tensors, dim=0, *, out=None)"),
        ("torch.meshgrid", "torch.meshgrid(*tensors, indexing=None)"),
        ("torch.einsum", "torch.einsum(*args)"),
        ("torch.fft.fftshift", "torch.fft.fftshift(input, dim=None)"),
        ("torch.no_grad", "torch.no_grad()"),
        ("torch.iinfo", "torch.iinfo(type)"),
        ("F.relu", "F.relu(input, inplace=False)"),
        ("F.one_hot", "F.one_hot(input, num_classes=-1)"),
        ("F.gelu", "F.gelu(input, *, approximate='none', out=None)"),
        (
            "F.max_pool2d",
            "F.max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, "
            "ceil_mode=False, return_indices=False)",
        ),
    ],
)
def test_functions_are_called_as_in_torch(name: str, expected: str) -> None:
    (found,) = function(name)
    assert found.text(name) == expected


def test_functional_may_be_spelled_in_full() -> None:
    assert function("torch.nn.functional.relu") == function("F.relu")
    assert "F.relu" in CATALOG.function_names("torch.nn.functional.re")


def test_overloads_are_all_there() -> None:
    assert len(function("torch.max")) == 3
    assert bind_overloads(function("torch.zeros"), 3, ["device"])[1] == ()
    view = CATALOG.tensor_method("view")
    assert view is not None
    assert bind_overloads(view, 4)[1] == ()


def test_built_in_operations_take_the_names_of_numpy() -> None:
    assert bind_overloads(function("torch.sum"), 1, ["axis", "keepdims"])[1] == ()
    (softmax,) = function("F.softmax")
    assert softmax.bind(1, ["axis"]) == (Problem(ProblemKind.UNEXPECTED, "axis", 0),)


def test_a_parameter_keeps_its_default_and_annotation_as_text() -> None:
    assert signature("Linear").parameter("bias") == Parameter(
        "bias", ParameterKind.POSITIONAL_OR_KEYWORD, "True", "bool"
    )
    stride = signature("Conv2d").parameter("stride")
    assert stride is not None
    assert stride.annotation == "int | tuple[int, int]"


@needs_target
def test_layer_signatures_agree_with_the_classes() -> None:
    for name in CATALOG.layer_names:
        real = inspect.signature(getattr(nn, name))
        kinds = {p.kind for p in real.parameters.values()}
        if inspect.Parameter.VAR_KEYWORD in kinds:
            continue
        ours = [(p.name, p.kind.name) for p in signature(name).parameters]
        assert ours == [(p.name, p.kind.name) for p in real.parameters.values()], name


@needs_target
def test_python_functions_agree_with_their_own_signature() -> None:
    for name in CATALOG.function_names("F."):
        try:
            real = inspect.signature(getattr(F, name[2:]))
        except ValueError:  # built in
            continue
        if list(real.parameters) != ["args", "kwargs"]:
            (found,) = function(name)
            assert [p.name for p in found.parameters] == list(real.parameters), name


# --- layers ---------------------------------------------------------------------


@needs_target
def test_bases_answer_as_isinstance_does() -> None:
    for name in CATALOG.layer_names:
        for base in CATALOG.layer_names:
            real = issubclass(getattr(nn, name), getattr(nn, base))
            assert CATALOG.is_sublayer(name, base) == real, (name, base)


def test_containers_are_marked() -> None:
    marked = {n for n in CATALOG.layer_names if layer(n).is_container}
    assert marked == {
        "Sequential",
        "ModuleList",
        "ModuleDict",
        "ParameterList",
        "ParameterDict",
    }


def test_forward_is_described_where_there_is_one() -> None:
    linear, attention = layer("Linear").forward, layer("MultiheadAttention").forward
    assert linear is not None
    assert linear.text("forward") == "forward(input)"
    assert attention is not None
    assert attention.names[:3] == ("query", "key", "value")
    assert layer("ModuleList").forward is None


@pytest.mark.parametrize(
    ("name", "parameter", "accepted"),
    [
        ("Conv2d", "padding_mode", ("zeros", "reflect", "replicate", "circular")),
        ("ConvTranspose2d", "padding_mode", ("zeros",)),
        ("Conv1d", "padding", ("same", "valid")),
        ("CrossEntropyLoss", "reduction", ("none", "mean", "sum")),
        ("KLDivLoss", "reduction", ("none", "mean", "sum", "batchmean")),
        ("RNN", "nonlinearity", ("tanh", "relu")),
        ("GELU", "approximate", ("none", "tanh")),
    ],
)
def test_string_choices(name: str, parameter: str, accepted: tuple[str, ...]) -> None:
    assert layer(name).choices[parameter] == accepted


X, MATRIX, ZEROS = torch.rand(1, 1, 4, 4), torch.rand(3, 3), torch.zeros(3).long()
ONES = torch.ones(3, 3)
SAMPLES: dict[str, tuple[object, ...]] = {
    "F.ctc_loss": (
        torch.rand(5, 1, 3).log(),
        torch.ones(1, 2).long(),
        torch.tensor([5]),
        torch.tensor([2]),
    ),
    "F.embedding_bag": (torch.zeros(2, 2).long(), MATRIX),
    "F.gelu": (X,),
    "F.grid_sample": (X, torch.rand(1, 2, 2, 2)),
    "F.pad": (X, (1, 1, 1, 1)),
    "torch.index_reduce": (MATRIX, 0, ZEROS, MATRIX),
    "torch.linalg.qr": (MATRIX,),
    "torch.meshgrid": (torch.arange(2), torch.arange(3)),
    "torch.nanquantile": (X, 0.5),
    "torch.quantile": (X, 0.5),
    "torch.scatter": (MATRIX, 0, torch.zeros(3, 3).long(), 0.5),
    "torch.scatter_reduce": (MATRIX, 0, torch.zeros(3, 3).long(), MATRIX),
    "torch.searchsorted": (torch.arange(4), torch.arange(4)),
}
SAMPLES |= dict.fromkeys(
    words("F.cross_entropy F.nll_loss F.multi_margin_loss"), (MATRIX, ZEROS)
)
SAMPLES |= dict.fromkeys(
    words(
        """
        F.gaussian_nll_loss F.margin_ranking_loss F.triplet_margin_loss
        F.triplet_margin_with_distance_loss
        """
    ),
    (MATRIX, MATRIX + 1, ONES),
)
SAMPLES |= {
    "F.cosine_embedding_loss": (MATRIX, MATRIX, torch.ones(3)),
    "F.linear_cross_entropy": (MATRIX, MATRIX, ZEROS),
    "F.multilabel_margin_loss": (MATRIX, torch.zeros(3, 3).long()),
    "torch.segment_reduce": (torch.rand(4),),
}
MORE: dict[str, dict[str, object]] = {
    "F.interpolate lanczos": {"antialias": True},
    "torch.segment_reduce": {"lengths": torch.tensor([2, 2])},
}
DIMENSIONS = {"linear": 1, "trilinear": 3}


def sample(name: str, choice: str) -> tuple[object, ...]:
    if name == "F.interpolate":
        return (torch.rand(1, 1, *[4] * DIMENSIONS.get(choice, 2)), 8)
    if name[:-2].endswith("conv"):
        return (torch.rand(1, 1, *[4] * int(name[-2])),) * 2
    if name.startswith("torch.fft."):
        return (MATRIX,)
    return SAMPLES.get(name, (MATRIX, ONES))


def call(name: str, parameter: str, choice: str) -> None:
    target: object = F if name.startswith("F.") else torch
    for part in name.split(".")[1:]:
        target = getattr(target, part)
    assert callable(target)
    more = MORE.get(f"{name} {choice}") or MORE.get(name) or {}
    target(*sample(name, choice), **{parameter: choice}, **more)


@needs_target
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [n for n in CATALOG.function_names() if CATALOG.function_choices(n)]
)
def test_choices_of_functions_are_what_torch_takes(name: str) -> None:
    for parameter, accepted in CATALOG.function_choices(name).items():
        for choice in accepted:
            call(name, parameter, choice)
        for choice in ("no such choice", "batchmean", "add"):
            if choice not in accepted:
                with pytest.raises((ValueError, RuntimeError, NotImplementedError)):
                    call(name, parameter, choice)


def test_choices_of_functions() -> None:
    found = CATALOG.function_choices("torch.nn.functional.gelu")
    assert found == {"approximate": ("none", "tanh")}
    assert CATALOG.function_choices("F.relu") == {}
    names = [n for n in CATALOG.function_names() if CATALOG.function_choices(n)]
    for name in names:
        taken = {one for overload in function(name) for one in overload.names}
        assert set(CATALOG.function_choices(name)) <= taken
    assert len(names) > 50


def test_choices_belong_to_parameters() -> None:
    for name in CATALOG.layer_names:
        parameters = {p.name: p for p in signature(name).parameters}
        for chosen, accepted in layer(name).choices.items():
            default = parameters[chosen].default
            if default is not None and default.startswith("'"):
                assert default.strip("'") in accepted, name


@needs_target
@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(2, 3),
        nn.Conv2d(2, 4, 3),
        nn.BatchNorm2d(2),
        nn.LayerNorm(3),
        nn.Embedding(3, 2),
        nn.MultiheadAttention(4, 2),
        nn.TransformerEncoderLayer(4, 2),
    ],
    ids=lambda module: type(module).__name__,
)
def test_attributes_are_those_of_an_instance(module: nn.Module) -> None:
    described = layer(type(module).__name__).attributes
    names = {*vars(module), *module._parameters, *module._buffers, *module._modules}
    own = {n for n in names - {*vars(nn.Module())} if not n.startswith("_")}
    assert own <= set(described)
    assert all(hasattr(module, name) for name in described)


def test_methods_beyond_those_of_module() -> None:
    assert "flatten_parameters" in layer("LSTM").methods
    mask = layer("Transformer").methods["generate_square_subsequent_mask"]
    assert mask.names == ("sz", "device", "dtype")


def test_names_that_a_child_must_not_hide() -> None:
    assert {"forward", "training", "parameters", "_modules"} <= CATALOG.module_names()
    assert "append" not in CATALOG.module_names()
    assert {"append", "forward"} <= CATALOG.module_names("Sequential")
    assert "keys" in CATALOG.module_names("ModuleDict")
    assert "self" not in CATALOG.module_names()


# --- binding a call -------------------------------------------------------------


def test_a_call_that_fits_has_no_problem() -> None:
    assert signature("Linear").bind(2) == ()
    assert signature("Linear").bind(0, ["out_features", "in_features"]) == ()
    assert signature("Identity").bind(5, ["anything"]) == ()


def test_an_unexpected_argument_is_named() -> None:
    assert signature("Linear").bind(2, ["bias", "in_feature"]) == (
        Problem(ProblemKind.UNEXPECTED, "in_feature", 1),
    )


def test_missing_arguments_are_named_in_order() -> None:
    assert signature("Linear").bind(0, ["bias"]) == (
        Problem(ProblemKind.MISSING, "in_features"),
        Problem(ProblemKind.MISSING, "out_features"),
    )


def test_an_argument_given_twice() -> None:
    duplicate = (Problem(ProblemKind.DUPLICATE, "in_features", 0),)
    assert signature("Linear").bind(2, ["in_features"]) == duplicate
    assert signature("Linear").bind(2, ["bias", "bias"]) == (
        Problem(ProblemKind.DUPLICATE, "bias", 1),
    )


def test_too_many_positional_arguments() -> None:
    assert signature("ReLU").bind(3) == (Problem(ProblemKind.TOO_MANY, index=1),)


def test_an_alias_and_its_parameter_are_one_argument() -> None:
    (squeeze, *_) = function("torch.unsqueeze")
    assert squeeze.bind(2, ["axis"]) == (Problem(ProblemKind.DUPLICATE, "axis", 0),)


def test_unpacking_may_fill_what_seems_missing() -> None:
    linear = signature("Linear")
    assert linear.bind(0, has_star=True) == ()
    assert linear.bind(0, has_double_star=True) == ()
    assert linear.bind(6, has_star=True) == (Problem(ProblemKind.TOO_MANY, index=5),)
    assert linear.bind(0, ["nosuch"], has_double_star=True) == (
        Problem(ProblemKind.UNEXPECTED, "nosuch", 0),
    )


def test_of_overloads_the_nearest_tells_what_is_wrong() -> None:
    """What is too much may be meant for what is missing; the longest is meant."""
    chosen, found = bind_overloads(function("torch.max"), 1, ["dmi"])
    assert "dim" in chosen.names
    assert found == (
        Problem(ProblemKind.UNEXPECTED, "dmi", 0),
        Problem(ProblemKind.MISSING, "dim"),
    )
    chosen, found = bind_overloads(function("torch.where"), 2)
    assert found == (Problem(ProblemKind.MISSING, "other"),)
