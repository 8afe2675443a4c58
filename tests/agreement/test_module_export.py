"""Tracing, exporting and compiling work on built models as on handwritten ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import modelspec
from tests.agreement import evidence
from tests.agreement.cases import Model, case_named
from tests.agreement.inputs import make_inputs

Transform = Callable[[nn.Module, tuple[Any, ...]], Callable[..., Any]]

MODELS = [
    ("examples/lenet", None),
    ("examples/zoo/resnet", "resnet18"),
    ("examples/gpt", "tiny"),
    ("examples/vae", None),
    ("examples/module_list", None),
    ("examples/nested_containers", None),
    ("examples/my_dense", None),
    ("densenet_like", None),
    ("unet_like", None),
    ("extends_layer", None),
    ("children_param", None),
    ("several_inputs", None),
    ("mapping_form", None),
    ("parametrizations", None),
]


def compiled(model: nn.Module, given: tuple[Any, ...]) -> Callable[..., Any]:
    torch.compiler.reset()
    return torch.compile(model, fullgraph=True, backend="eager")


def exported(model: nn.Module, given: tuple[Any, ...]) -> Callable[..., Any]:
    return torch.export.export(model, given).module()


def traced(model: nn.Module, given: tuple[Any, ...]) -> Callable[..., Any]:
    model = TensorsOnly(model)
    return torch.jit.trace(model, given, check_trace=False, strict=False)


class TensorsOnly(nn.Module):
    """Leaves None out of an output: a trace holds tensors and nothing else."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *given: Any) -> Any:
        return tensors(self.model(*given))


def tensors(output: Any) -> Any:
    if isinstance(output, (tuple, list)):
        return tuple(tensors(item) for item in output if item is not None)
    return output


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("transform", [compiled, exported, traced])
@pytest.mark.parametrize(("name", "variant"), MODELS)
def test_transformed_model_gives_the_same(
    transform: Transform, name: str, variant: str | None
) -> None:
    """The whole `forward` is one graph, and computes what the model computes."""
    model = Model(case_named(name), variant)
    module = modelspec.build(model.case.path, variant, seed=0).eval()
    given = tuple(make_inputs(model))
    want = evidence.run(module, given, train=False, seed=1)
    run = transform(module, given)
    torch.manual_seed(1)
    with torch.no_grad():
        got = run(*given)
    torch.testing.assert_close(tensors(got), tensors(want))


def test_data_dependent_control_flow_is_refused_by_torch_not_by_us() -> None:
    """A `while` over data runs eagerly and breaks the graph as it does by hand."""
    model = modelspec.build(case_named("examples/fancy_mlp").path, seed=0)
    x = torch.ones(2, 20)
    want = evidence.run(model, [x], train=False, seed=0)
    with torch.no_grad():
        got = torch.compile(model, backend="eager")(x)
    torch.testing.assert_close(got, want)


def test_dynamic_sizes_are_exported() -> None:
    """The batch of an exported model may be any."""
    model = modelspec.build(case_named("examples/lenet").path, seed=0).eval()
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(
        model, (torch.ones(2, 1, 28, 28),), dynamic_shapes=({0: batch},)
    )
    assert program.module()(torch.ones(7, 1, 28, 28)).shape == (7, 10)
