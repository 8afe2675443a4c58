"""What is wrong with a spec's values ends in one located diagnostic."""

from __future__ import annotations

import time

import pytest
import torch

from modelspec.backends.torch import build_classes, instantiate
from modelspec.diagnostics.diagnostic import InternalError, SpecError
from modelspec.driver import compile_text
from modelspec.policy import Limits, Policy
from tests.torch_backend.specs import build, classes_of, failure, text_at


def test_constructor_of_torch_is_told_with_the_place() -> None:
    found = failure("name: Net\nSequential:\n- FractionalMaxPool2d(2)")
    assert found.code == "constructor-error"
    assert found.message == (
        "FractionalMaxPool2d: FractionalMaxPool2d requires specifying either an"
        " output size, or a pooling ratio"
    )
    assert text_at(found) == "FractionalMaxPool2d(2)"


def test_nested_blocks_say_where_they_were_used() -> None:
    found = failure(
        "name: Net\nblocks:\n"
        "  Inner:\n    params: {r: float}\n"
        "    Sequential: ['FractionalMaxPool2d(2, output_ratio=r)']\n"
        "  Outer: {params: {r: float}, modules: {inner: Inner(r)}}\n"
        "Sequential:\n- for i in [0.5, 2.0]:\n    - Outer(r=i)"
    )
    assert text_at(found) == "FractionalMaxPool2d(2, output_ratio=r)"
    assert [label.span.text for label in found.labels] == ["Inner(r)", "Outer(r=i)"]


@pytest.mark.parametrize(
    ("value", "norm"), [("norm", torch.nn.ReLU), ("norm", [1, 2]), ("norm[0]", [1])]
)
def test_what_is_no_module_is_refused(value: str, norm: object) -> None:
    found = failure(
        "name: Net\nparams: {norm: any}\nmodules:\n  a:\n    Sequential:\n"
        f"      b: ${{{value}}}\nforward: return x",
        norm=norm,
    )
    assert found.code == "not-a-module"
    assert value in text_at(found)


@pytest.mark.parametrize(
    ("name", "code"),
    [("forward", "bad-name"), ("a b", "bad-name"), ("x", "duplicate-name")],
)
def test_computed_names_are_checked(name: str, code: str) -> None:
    found = failure(
        "name: Net\nparams: {key: str}\nmodules:\n  x: ReLU\n  ${key}: ReLU\n"
        "forward: return x",
        key=name,
    )
    assert found.code == code


def test_rules_that_match_nothing() -> None:
    found = failure(
        "name: Net\nparams: {key: str}\nmodules: {fc: 'Linear(2, 2)'}\n"
        "init: {'${key}.weight': ones_}",
        key="fd",
    )
    assert found.code == "rule-matches-nothing"
    assert found.help == ("did you mean 'fc.weight'?",)


def test_rule_that_comes_too_late_is_a_warning() -> None:
    classes = classes_of(
        "name: Net\nmodules: {fc: 'Linear(2, 2)'}\n"
        "init:\n  Linear: {weight: ones_}\n  Linear | Bilinear: {weight: zeros_}"
    )
    instantiate(classes, {})
    assert [one.code for one in classes.warnings] == ["rule-never-applies"]


@pytest.mark.parametrize(
    "body",
    [
        "Sequential: ['LSTM(8, 8, num_layers=10**7)']",
        "Sequential: ['Linear(10**7, 10**7)']",
        "parameters: {p: torch.zeros(10**13)}",
        "parameters: {p: 'torch.arange(0, 1, 1e-14)'}",
        "parameters: {p: torch.eye(10**7)}",
        "buffers: {p: 'torch.zeros(10**6, 1) + torch.zeros(1, 10**7)'}",
        "buffers: {p: 'F.one_hot(torch.tensor([10**14]))'}",
        "parameters: {p: 'torch.zeros(10**4).repeat(10**10)'}",
        "Sequential: ['TransformerEncoder(TransformerEncoderLayer(8, 2), 10**7)']",
    ],
)
def test_what_is_too_large_is_refused_before_it_is_made(body: str) -> None:
    start = time.monotonic()
    tail = "" if "Sequential" in body else "\nmodules: {a: ReLU}"
    assert failure(f"name: Net\n{body}{tail}").code == "limit-exceeded"
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    "body",
    [
        "vars: {x: 'sum(range(n))'}\nSequential: ['Dropout(x)']",
        "Sequential:\n- for i in range(n):\n    - ReLU",
        "Sequential:\n- for i in range(n):\n    - if i < 0:\n        - ReLU",
    ],
)
def test_loops_are_bounded(body: str) -> None:
    text = f"name: Net\nparams: {{n: int}}\n{body}"
    found = failure(text, Limits(steps=100_000, modules=1000), n=10**12)
    assert found.code == "limit-exceeded"


def test_modules_are_counted_over_nested_blocks() -> None:
    text = (
        "name: Net\nblocks: {Inner: {Sequential: [ReLU, ReLU]}}\n"
        "ModuleList:\n- for i in range(n):\n    - Inner()\nparams: {n: int}\n"
        "forward: return x"
    )
    limits = Limits(modules=30)
    assert len(build(text, limits, n=9)) == 9
    assert failure(text, limits, n=11).code == "limit-exceeded"


@pytest.mark.parametrize("layer", ["Linear(8, 8)", "Linear(8, i % 8 + 1)"])
def test_the_time_that_torch_takes_for_layers_is_not_the_specs(layer: str) -> None:
    """They are bounded by their number; on meta each takes long."""
    text = f"name: Net\nSequential:\n- for i in range(3000):\n    - {layer}"
    classes = classes_of(text, Limits(seconds=0.12))
    made = instantiate(classes, {}, device="meta")
    assert len(list(made.children())) == 3000


def test_init_text_that_does_not_end_is_stopped() -> None:
    text = "name: Net\nmodules: {a: ReLU}\ninit: |\n  while True:\n      pass"
    found = failure(text, Limits(steps=10_000))
    assert found.code == "limit-exceeded"


def test_constructions_do_not_add_up() -> None:
    classes = classes_of("name: Net\nSequential: [ReLU]", Limits(modules=2))
    for _ in range(5):
        instantiate(classes, {})


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"device": "cuda:99"}, "unknown-device"),
        ({"device": "nothing"}, "unknown-device"),
        ({"dtype": "floot32"}, "unknown-dtype"),
        ({"dtype": "int64"}, "unknown-dtype"),
    ],
)
def test_device_and_dtype_that_are_not_there(
    options: dict[str, str], code: str
) -> None:
    classes = classes_of("name: Net\nSequential: [ReLU]")
    with pytest.raises(SpecError) as caught:
        instantiate(classes, {}, **options)  # type: ignore[arg-type]
    assert caught.value.diagnostics[0].code == code


def test_default_dtype_is_restored_after_a_failure() -> None:
    classes = classes_of("name: Net\nSequential: ['FractionalMaxPool2d(2)']")
    with pytest.raises(SpecError):
        instantiate(classes, {}, dtype="bfloat16")
    assert torch.get_default_dtype() is torch.float32


@pytest.mark.parametrize("name", ["open", "eval", "__import__", "getattr"])
def test_methods_cannot_name_what_analysis_let_slip(name: str) -> None:
    text = b"modelspec: 1\nname: Net\nmodules: {a: ReLU}\nforward: return self.a(x)"
    program = compile_text(text, Policy()).require()
    method = program.blocks[-1].methods[0]
    call = method.statements[0].value.func  # type: ignore[attr-defined]
    call.attr, call.value.id = "a", name
    classes = build_classes(program, Limits())
    with pytest.raises(InternalError):
        instantiate(classes, {})


def test_modules_that_nest_too_deep_are_refused() -> None:
    """Torch goes through modules by recursion, so nothing could be done with them."""
    found = failure(
        "name: Net\nSequential:\n- let net = ReLU()\n- for i in range(n):\n"
        "    - let net = nn.Sequential(net, ReLU())\n- net\nparams: {n: int}",
        n=1000,
    )
    assert (found.code, found.message) == (
        "limit-exceeded",
        "modules nest more than 256 deep",
    )


@pytest.mark.parametrize(
    ("args", "kwargs", "code"),
    [
        ([], {}, "missing-argument"),
        ([1, 2], {}, "too-many-arguments"),
        ([1], {"m": 2}, "unexpected-argument"),
        ([1], {"n": 2}, "duplicate-argument"),
    ],
)
def test_params_that_do_not_fit_have_the_codes_of_arguments(
    args: list[int], kwargs: dict[str, int], code: str
) -> None:
    classes = classes_of("name: Net\nparams: {n: int}\nSequential: ['Linear(n, n)']")
    with pytest.raises(TypeError) as caught:
        classes["Net"](*args, **kwargs)
    assert caught.value.code == code  # type: ignore[attr-defined]
