"""Each kind of statement does what the line of a handwritten `__init__` would do."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn

from tests.torch_backend.specs import build, classes_of


def test_class_is_named_and_documented_as_in_the_spec() -> None:
    cls = classes_of(
        "name: Net\ndoc: Two words.\nparams: {n: int, act: layer = ReLU}\n"
        "Sequential:\n- Linear(n, n)\n- act()"
    )["Net"]
    assert (cls.__name__, cls.__qualname__, cls.__doc__) == ("Net", "Net", "Two words.")
    assert issubclass(cls, nn.Sequential)
    parameters = inspect.signature(cls).parameters
    assert list(parameters) == ["n", "act"]
    assert parameters["act"].default is nn.ReLU


def test_order_of_registration_and_of_draws_is_that_of_the_statements() -> None:
    torch.manual_seed(0)
    net = build(
        "name: Net\nparameters: {scale: 'torch.randn(2)'}\nmodules:\n"
        "  b: Linear(2, 3)\n  a: {Sequential: [Linear: [3, 4], ReLU: ]}\n"
        "buffers: {mask: 'torch.randn(1)'}"
    )
    torch.manual_seed(0)
    scale, b, a, mask = torch.randn(2), nn.Linear(2, 3), nn.Linear(3, 4), torch.randn(1)
    assert list(net.state_dict()) == [
        "scale",
        "mask",
        *("b.weight", "b.bias", "a.0.weight", "a.0.bias"),
    ]
    assert torch.equal(net.scale, scale)
    assert torch.equal(net.b.weight, b.weight)
    assert torch.equal(net.a[0].weight, a.weight)
    assert torch.equal(net.mask, mask)


def test_loops_conditions_and_lets_share_one_scope() -> None:
    net = build(
        "name: Net\nparams: {widths: 'list[int] = [4, 8, 16]'}\nmodules:\n"
        "  let width = 3:\n"
        "  for i, out in enumerate(widths):\n"
        "    if out > 4:\n      fc${i}: Linear(width, out)\n"
        "    else:\n      fc${i}: null\n"
        "    let width = out:\n"
        "  last: Linear(width, 1)\nforward: return x"
    )
    assert net.fc0 is None
    assert net.fc1.in_features == 4
    assert net.last.in_features == 16


def test_shared_modules_and_containers() -> None:
    net = build(
        "name: Net\nmodules:\n  hidden: Linear(4, 4)\n"
        "  net: {Sequential: [self.hidden, ReLU, self.hidden]}\n"
        "  named: {Sequential: {a: 'Linear(4, 4)', b: ReLU}}\n"
        "  many: {ModuleList: '${[Linear(4, 4) for _ in range(3)]}'}\n"
        "  by_key: {ModuleDict: {x: ReLU}}\nforward: return x"
    )
    assert net.net[0] is net.net[2] is net.hidden
    assert list(net.named._modules) == ["a", "b"]
    assert type(net.many) is nn.ModuleList
    assert len(net.many) == 3
    assert list(net.by_key.keys()) == ["x"]


def test_sequential_of_a_value_is_named_as_the_value_is() -> None:
    text = "name: Net\nparams: {v: any}\nmodules: {s: {Sequential: '${v}'}}"
    assert list(build(text, v={"a": nn.ReLU()}).s._modules) == ["a"]
    assert list(build(text, v=[nn.ReLU()]).s._modules) == ["0"]


def test_owned_values() -> None:
    net = build(
        "name: Net\nparams: {dim: 3}\nparameters:\n"
        "  a: torch.zeros(dim)\n"
        "  b: {value: torch.ones(dim), requires_grad: false}\n"
        "  c: null\n"
        "buffers:\n  m: {value: torch.ones(dim), persistent: false}\n"
        "attributes: {cache: null, label: text, size: '${dim * 2}'}\n"
        "modules: {fc: 'Linear(dim, dim)'}\n"
        "forward: return self.fc(x) * self.a + self.dim"
    )
    assert isinstance(net.a, nn.Parameter)
    assert not net.b.requires_grad
    assert net.c is None
    assert "m" not in net.state_dict()
    assert (net.cache, net.label, net.size, net.dim) == (None, "text", 6, 3)


def test_extends_replaces_inside_what_is_inherited() -> None:
    classes = classes_of(
        "blocks:\n  Base:\n    params: {n: 4}\n    constants: {depth: 2}\n"
        "    modules: {body: {Sequential: ['Linear(n, n)', ReLU]}}\n"
        "  Net:\n    extends: Base(6)\n    modules:\n      body.1: GELU\n"
        "      head: Linear(6, self.depth)\n"
        "    forward: return self.head(super().forward(x))"
    )
    net = classes["Net"]()
    assert isinstance(net, classes["Base"])
    assert isinstance(net.body[1], nn.GELU)
    assert net(torch.ones(1, 6)).shape == (1, 2)


def test_init_tie_and_freeze() -> None:
    net = build(
        "name: Net\nmodules:\n  a: Linear(4, 4)\n  b: Linear(4, 4, bias=False)\n"
        "  n: LayerNorm(4)\n"
        "init:\n  Linear: {weight: ones_, bias: zeros_}\n"
        "  LayerNorm: {weight: 'constant_(val=2.0)'}\n"
        "  a.bias: torch.full_like(w, 0.5)\n"
        "tie: {b.weight: a.weight}\nfreeze: ['n.*']"
    )
    assert net.b.weight is net.a.weight
    assert net.a.weight.eq(1).all()
    assert net.a.bias.eq(0.5).all()
    assert net.n.weight.eq(2).all()
    assert not net.n.bias.requires_grad
    assert net.a.weight.requires_grad


def test_functions_are_plain_where_they_become_part_of_a_module() -> None:
    net = build(
        "name: Net\nfunctions:\n  twice: |\n    def twice(x):\n        return x * 2\n"
        "modules:\n  layer: TransformerEncoderLayer(8, 2, twice(8), activation=twice)"
    )
    assert net.layer.linear1.out_features == 16
    assert inspect.isfunction(net.layer.activation)


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((1, 2, 3), {}, "takes from 2 to 3 positional arguments but 4 were given"),
        ((), {}, "missing 1 required argument: 'n'"),
        ((1,), {"n": 2}, "got multiple values for argument 'n'"),
        ((1,), {"k": 2}, "got an unexpected keyword argument 'k'"),
        (("1",), {}, "'n' takes int, got '1'"),
        ((True,), {}, "'n' takes int, got True"),
    ],
)
def test_wrong_arguments_are_type_errors(
    args: tuple[object, ...], kwargs: dict[str, object], message: str
) -> None:
    cls = classes_of(
        "name: Net\nparams: {n: int, p: float = 0.5}\n"
        'Sequential: ["Linear(n, n)", Dropout(p)]'
    )["Net"]
    with pytest.raises(TypeError, match=message):
        cls(*args, **kwargs)
