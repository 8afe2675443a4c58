"""What is built is an ordinary `nn.Module`: the long tail, point by point."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import modelspec
from tests.agreement import evidence
from tests.agreement.cases import EXAMPLES, Model, case_named
from tests.agreement.inputs import make_inputs


def build(example: str, seed: int = 0) -> nn.Module:
    return modelspec.build(EXAMPLES / f"{example}.yaml", seed=seed)


@pytest.fixture
def stages() -> nn.Module:
    return build("conv_stages")


def test_walks_name_every_part(stages: nn.Module) -> None:
    """`children`, `named_*` and `parameters` see the tree of the spec."""
    children = dict(stages.named_children())
    assert list(children) == ["stage1", "stage2", "stage3", "head"]
    assert {type(c).__name__ for c in stages.children()} == {"Stage", "Sequential"}
    assert "stage2.1" in dict(stages.named_modules())
    assert "head.1.bias" in dict(stages.named_parameters())
    assert "stage1.1.running_var" in dict(stages.named_buffers())
    assert len(list(stages.parameters())) == 11


def test_apply_reaches_every_module(stages: nn.Module) -> None:
    """`apply` goes through children first and the model last."""
    seen: list[str] = []
    stages.apply(lambda m: seen.append(type(m).__name__))
    assert seen[:4] == ["Conv2d", "BatchNorm2d", "ReLU", "Stage"]
    assert seen[-1] == "ConvStages"


def test_modes_reach_every_module(stages: nn.Module) -> None:
    """`train` and `eval` set the flag below, and BatchNorm and Dropout obey."""
    assert stages.eval() is stages
    assert not any(m.training for m in stages.modules())
    x = torch.randn(4, 3, 8, 8)
    assert torch.equal(stages(x), stages(x))
    before = stages.stage1[1].running_mean.clone()
    stages.train()
    assert not torch.equal(stages(x), stages(x))
    assert not torch.equal(before, stages.stage1[1].running_mean)


def test_gradients_are_asked_for_and_cleared(stages: nn.Module) -> None:
    """`requires_grad_`, `backward` and `zero_grad` work on the whole model."""
    stages.requires_grad_(False).head.requires_grad_(True)
    stages(torch.randn(2, 3, 8, 8)).sum().backward()
    with_grad = [name for name, p in stages.named_parameters() if p.grad is not None]
    assert with_grad == ["head.1.weight", "head.1.bias"]
    stages.zero_grad()
    assert all(p.grad is None for p in stages.parameters())


def test_hooks_of_every_kind_run(stages: nn.Module) -> None:
    """Forward and backward hooks see a call, and are removed."""
    calls: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: calls.append(name)

    handles = [
        stages.register_forward_pre_hook(note("before")),
        stages.stage2.register_forward_hook(note("stage2")),
        stages.register_forward_hook(note("after")),
        stages.register_full_backward_hook(note("backward")),
    ]
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    stages(x).sum().backward()
    assert calls == ["before", "stage2", "after", "backward"]
    for handle in handles:
        handle.remove()
    stages(x)
    assert len(calls) == 4


def test_casts_move_every_tensor(stages: nn.Module) -> None:
    """`half`, `double`, `to` and `to_empty` change parameters and buffers alike."""
    assert stages.half().head[1].weight.dtype is torch.float16
    assert stages.stage1[1].running_mean.dtype is torch.float16
    stages.to(torch.float64)
    assert stages(torch.ones(2, 3, 8, 8, dtype=torch.float64)).dtype is torch.float64
    stages.to("meta")
    assert all(p.is_meta for p in stages.parameters())
    assert not any(b.is_meta for b in stages.to_empty(device="cpu").buffers())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_moves_every_tensor(stages: nn.Module) -> None:
    """`cuda` moves the model, transient buffers too."""
    assert stages.cuda()(torch.ones(2, 3, 8, 8, device="cuda")).is_cuda
    assert all(b.is_cuda for b in build("fancy_mlp").cuda().buffers())


def test_deepcopy_is_independent(stages: nn.Module) -> None:
    """A copy is equal, of the same type, and shares no tensor."""
    other = copy.deepcopy(stages)
    assert type(other) is type(stages)
    assert evidence.different_tensors(stages, other) == []
    assert repr(other) == repr(stages)
    with torch.no_grad():
        other.head[1].weight.zero_()
    assert evidence.different_tensors(stages, other) == ["head.1.weight"]


def test_deepcopy_keeps_ties() -> None:
    """What is shared in the model is shared in the copy, and only there."""
    model = build("tied")
    assert evidence.sharing(copy.deepcopy(model)) == evidence.sharing(model) != []


def test_state_dict_is_loaded_strictly(stages: nn.Module) -> None:
    """A key too many or too few is an error of torch's own."""
    state = stages.state_dict()
    other = build("conv_stages", seed=1)
    assert evidence.different_tensors(stages, other) != []
    other.load_state_dict(state)
    assert evidence.different_tensors(stages, other) == []
    removed = state.pop("stage2.0.weight")
    with pytest.raises(RuntimeError, match=r"Missing key.*stage2\.0\.weight"):
        other.load_state_dict(state)
    state["stage9.0.weight"] = removed
    with pytest.raises(RuntimeError, match=r"Unexpected key.*stage9\.0\.weight"):
        other.load_state_dict(state)


def test_training_learns() -> None:
    """An optimiser brings the loss down, and frozen parts stay."""
    model = build("frozen")
    before = copy.deepcopy(model.state_dict())
    x, y = torch.randn(8, 3, 6, 6), torch.randint(5, (8,))
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.5)
    losses: list[Tensor] = []
    for _ in range(5):
        optimiser.zero_grad()
        losses.append(nn.functional.cross_entropy(model(x), y))
        losses[-1].backward()
        optimiser.step()
    assert losses[-1] < losses[0]
    after = model.state_dict()
    changed = [k for k, v in before.items() if not torch.equal(v, after[k])]
    assert [k for k in changed if "running" not in k and "tracked" not in k] == [
        "head.weight",
        "head.bias",
    ]


def test_meta_device_needs_no_memory() -> None:
    """`with torch.device("meta")` and `device="meta"` build without weights."""
    model = Model(case_named("examples/gpt"), "gpt2-xl")
    built = modelspec.build(model.case.path, "gpt2-xl", device="meta")
    with torch.device("meta"):
        other = modelspec.build(model.case.path, "gpt2-xl")
    assert evidence.layout(built) == evidence.layout(other)
    assert sum(p.numel() for p in built.parameters()) == 1_557_611_200
    out, loss = built(*[t.to("meta") for t in make_inputs(model)])
    assert out.shape == (3, 1, 50257)
    assert loss is None


def test_default_dtype_is_respected() -> None:
    """`torch.set_default_dtype` and `dtype=` decide what the weights are."""
    torch.set_default_dtype(torch.float64)
    try:
        assert build("mlp").hidden.weight.dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    half = modelspec.build(EXAMPLES / "mlp.yaml", dtype=torch.float16)
    assert half.hidden.weight.dtype is torch.float16
