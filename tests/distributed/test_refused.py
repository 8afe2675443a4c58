"""What `distribute` refuses: told at the spec, before anything of a model is changed.

Meshes are of a process group that does nothing, in this process alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.testing._internal.distributed.fake_pg import FakeStore

import modelspec
from modelspec.diagnostics.diagnostic import Diagnostic

SPEC = """\
modelspec: 1
name: Net
params: {vocab: 10, width: 8}
modules:
  embed: Embedding(vocab, width)
  up: Linear(width, 2 * width)
  down: Linear(2 * width, width)
inputs: {x: {shape: [N], dtype: int64, max: 4}}
parallel:
  plan:
    embed: rowwise_rep
    up: colwise
    down: rowwise
  fsdp: up
"""


@pytest.fixture(autouse=True)
def _processes() -> Iterator[None]:
    dist.init_process_group("fake", store=FakeStore(), rank=0, world_size=4)
    yield
    dist.destroy_process_group()


def mesh_of(**sizes: int) -> DeviceMesh:
    return init_device_mesh("cpu", tuple(sizes.values()), mesh_dim_names=tuple(sizes))


def refused(
    spec: modelspec.Spec,
    module: nn.Module,
    mesh: DeviceMesh,
    weights: Path | None = None,
) -> list[Diagnostic]:
    """What is told, of a module that stays as it was."""
    before = dict(module.named_parameters())
    with pytest.raises(modelspec.SpecError) as caught:
        spec.distribute(module, mesh, weights=weights)
    after = dict(module.named_parameters())
    assert all(after[name] is one for name, one in before.items())
    assert type(module).__name__ == "Net"
    return list(caught.value.diagnostics)


def place_of(found: Diagnostic) -> tuple[str, int, int]:
    assert found.span is not None
    return found.code, found.span.first.line, found.span.first.column


def test_indivisible_sizes() -> None:
    """Each line of the plan that does not fit, with the size that is there."""
    spec = modelspec.loads(SPEC)
    module = spec.build(vocab=9, width=5)
    found = refused(spec, module, mesh_of(dp=2, tp=2))
    assert list(map(place_of, found)) == [("indivisible-size", 11, 5)]
    assert "its num_embeddings is 9" in found[0].message
    found = refused(spec, spec.build(width=6), mesh_of(dp=1, tp=4))
    assert [place_of(one)[:2] for one in found] == [("indivisible-size", 11)]
    found = refused(spec, spec.build(vocab=9, width=3), mesh_of(dp=1, tp=4))
    assert [place_of(one)[1] for one in found] == [11, 12, 13]
    assert "its out_features is 6" in found[1].message
    assert "its in_features is 6" in found[2].message


def test_meshes_of_another_kind() -> None:
    spec = modelspec.loads(SPEC)
    module = spec.build()
    (found,) = refused(spec, module, mesh_of(tp=2))
    assert place_of(found)[0] == "wrong-mesh"
    assert "has no dimension 'dp', which 'fsdp' is for" in found.message
    (found,) = refused(spec, module, mesh_of(dp=1, tp=2, pp=2))
    assert "nothing of the dimension 'pp'" in found.message
    found, _ = refused(spec, module, init_device_mesh("cpu", (4,)))
    assert "no names" in found.message


HEADS = """\
modelspec: 1
name: Net
inputs: {x: [N, T, 8]}
parameters: {scale: torch.ones(1)}
modules:
  q: Linear(8, 8)
  norm: RMSNorm(2)
  out: Linear(8, 8)
  mix: Linear(8, 1)
forward: |
  h = self.q(x)
  TEXT
  return self.out(h)
parallel: {plan: {q: colwise, out: rowwise}}
"""
IN_HEADS = "h = h.unflatten(-1, (-1, 2)); h = {}; h = h.flatten(-2)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (IN_HEADS.format("self.norm(h)"), "'norm.weight'"),
        ("h[:, 0] += self.scale", "'scale'"),
        (
            "h = torch.cat([F.relu(h)]) * self.mix(x)",
            "a tensor that every process has whole",
        ),
        ("h = F.relu(h) * x.mean()", None),
        ("h = h.view_as(self.mix(x).expand_as(h))", None),
        ("h = h.type_as(self.mix(x))", None),
    ],
)
def test_gradients_of_a_part(text: str, told: str | None) -> None:
    """What is whole would have another gradient in each process, unsaid."""
    spec = modelspec.loads(HEADS.replace("TEXT", text.replace("; ", "\n  ")))
    if told is None:
        spec.distribute(spec.build(), mesh_of(tp=4))
        return
    (found,) = refused(spec, spec.build(), mesh_of(tp=4))
    assert found.code == "cannot-divide"
    assert found.message.startswith(told)
    assert "is used on a part of what 'q' divides" in found.message
    assert found.span is not None
    assert found.span.source.text[found.span.start : found.span.end] == "q"


def test_a_norm_on_a_part_of_the_sequence() -> None:
    """One that the plan forgot."""
    text = HEADS.replace("TEXT", "h = self.middle(h)").replace(
        "norm: RMSNorm(2)", "middle: LayerNorm(8)"
    )
    text = text.replace("q: colwise", '"q": "RowwiseParallel(output_layouts=Shard(1))"')
    text = text.replace(
        "out: rowwise", '"out": "ColwiseParallel(input_layouts=Shard(1))"'
    )
    spec = modelspec.loads(text)
    (found,) = refused(spec, spec.build(), mesh_of(tp=4))
    assert found.message.startswith("'middle.weight' is used on a part")
    whole = modelspec.loads(text.replace("plan: {", "plan: {middle: sequence, "))
    whole.distribute(whole.build(), mesh_of(tp=4))


def test_a_mesh_of_some_processes() -> None:
    """Values come from the first process of all, which would not be among them."""
    spec = modelspec.loads(SPEC)
    (found,) = refused(spec, spec.build(), mesh_of(dp=1, tp=2))
    assert found.message == "the mesh has 2 of the 4 processes"


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    spec = modelspec.loads(SPEC)
    torch.save({"up.weight": torch.ones(2)}, tmp_path / "w.pt")
    module = spec.build(device="meta")
    (found,) = refused(spec, module, mesh_of(dp=2, tp=2), tmp_path / "w.pt")
    assert found.code == "weights-mismatch"


def test_a_spec_that_says_nothing_of_it() -> None:
    spec = modelspec.loads(SPEC[: SPEC.index("parallel:")])
    (found,) = refused(spec, spec.build(), mesh_of(dp=4))
    assert found.code == "wrong-parallel"


def test_a_module_of_no_known_spec() -> None:
    with pytest.raises(modelspec.SpecError, match="not known of which spec"):
        modelspec.distribute(nn.Linear(2, 2), mesh_of(dp=4))


def test_a_module_that_is_divided_already() -> None:
    spec = modelspec.loads(SPEC)
    module = spec.build(device="meta", vocab=8)
    assert spec.distribute(module, mesh_of(dp=2, tp=2), vocab=8) is module
    with pytest.raises(modelspec.SpecError, match="divided already"):
        spec.distribute(module, mesh_of(dp=2, tp=2))


def test_globs_are_held_against_the_module() -> None:
    """Which may be another than the one that was built: a part of it is gone."""
    spec = modelspec.loads(SPEC)
    module = spec.build()
    module.up = nn.Identity()
    found = refused(spec, module, mesh_of(dp=2, tp=2))
    assert list(map(place_of, found)) == [("cannot-divide", 12, 5)]


def test_memory_of_a_part() -> None:
    """A process holds its part alone: a model on meta never has its whole size."""
    spec = modelspec.loads(SPEC)
    module = spec.build(device="meta", vocab=4096, width=64)
    spec.distribute(module, mesh_of(dp=2, tp=2), vocab=4096, width=64)
    weight = module.get_parameter("embed.weight")
    assert weight.shape == (4096, 64)
    assert weight.to_local().shape == torch.Size([1024, 64])
