"""What does not fit on a device is refused before it takes much of its memory."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import modelspec
from modelspec.backends.torch import account, memory, require_room
from modelspec.backends.torch.memory import free_bytes, group_bytes

GIB = 2**30
MANY = """\
modelspec: 1
name: Many
params: {count: int = 1000}
Sequential:
  - for i in range(count): Linear(1024, 1024)
"""
WANTED = "Many needs 3.9 GiB, the device cpu has 2.0 GiB free"


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processor has 2 GiB free less a page, whatever is taken of it."""
    monkeypatch.setattr(memory, "_available_bytes", lambda: 2 * GIB - 4096)
    monkeypatch.setattr(memory, "group_bytes", lambda: 2**62)


def refusal(spec: modelspec.Spec, **options: Any) -> modelspec.Diagnostic:
    with pytest.raises(modelspec.SpecError) as raised:
        spec.build(**options)
    (one,) = raised.value.diagnostics
    assert one.code == "limit-exceeded"
    assert one.help == ("build on the device meta to see shapes without memory",)
    return one


@pytest.mark.parametrize(
    "body",
    [
        "Sequential: ['Linear(10**6, 2500000)']",
        "Sequential: ['MultiheadAttention(10**6, 1)']",
        "parameters: {p: 'torch.empty(10**6, 2500000)'}\nmodules: {a: ReLU}",
    ],
)
def test_one_call_that_is_too_large(body: str) -> None:
    """Of ten terabytes: told with its place."""
    found = refusal(modelspec.loads(f"modelspec: 1\nname: Net\n{body}\n"))
    assert found.message.startswith("this needs ")
    assert "TiB, the device cpu has " in found.message
    assert found.span is not None
    assert found.span.text in body


def _layers() -> set[nn.Linear]:
    """Those that there are, of other tests too."""
    gc.collect()
    return {one for one in gc.get_objects() if type(one) is nn.Linear}


def test_layers_that_are_too_large_together(free: None) -> None:
    """None is too large by itself. What was made of them is let go of."""
    before = _layers()
    with pytest.raises(modelspec.SpecError) as raised:
        modelspec.loads(MANY).build()
    (found,) = raised.value.diagnostics
    assert (found.message, found.span, found.labels) == (WANTED, None, ())
    assert not _layers() - before


def test_how_much_is_taken_until_it_is_known(
    free: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    plain = account.Account.untimed

    def untimed(self: account.Account, make: Any, args: Any, kwargs: Any) -> Any:
        layer = plain(self, make, args, kwargs)
        made.append(0 if layer.weight.is_meta else 4 * 1024 * 1025)
        return layer

    monkeypatch.setattr(account.Account, "untimed", untimed)
    refusal(modelspec.loads(MANY))
    assert 0 < sum(made) <= GIB // 4 + max(made)


def test_layers_that_fit(free: None) -> None:
    """A few, and any number on meta, which has room for everything."""
    spec = modelspec.loads(MANY)
    assert len(spec.build(count=80)) == 80  # type: ignore[arg-type]
    assert len(spec.build(device="meta")) == 1000  # type: ignore[arg-type]


def test_asking_changes_nothing(free: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is measured in the midst is the one that is not."""
    text = """\
modelspec: 1
name: Net
blocks:
  Part:
    params: {width: int}
    modules: {a: "Linear(width, width)"}
    init: |
      nn.init.normal_(self.a.bias)
Sequential:
  - for i in range(20): Part(8)
init:
  Linear: {weight: normal_(std=0.02)}
  Linear | Bilinear: {weight: zeros_}
"""
    spec = modelspec.loads(text)
    plain = spec.build(seed=3)
    after = torch.rand(3)
    asked: list[int | None] = []

    def require(name: str, wanted: int, device: object, free: int) -> None:
        asked.append(wanted)

    monkeypatch.setattr(account, "_WATCHED", 500)
    monkeypatch.setattr(account, "_RESERVE", 0)
    monkeypatch.setattr(memory, "_available_bytes", lambda: 100)
    monkeypatch.setattr(account, "require_within", require)
    measured = spec.build(seed=3)
    assert torch.equal(torch.rand(3), after)
    assert asked == [20 * (64 + 8) * 4]
    for mine, other in zip(measured.parameters(), plain.parameters(), strict=True):
        assert torch.equal(mine, other)


def test_small_models_are_not_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one of which a device has room for many."""

    def measure(make: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr(memory, "free_bytes", lambda device: 64 * GIB)
    monkeypatch.setattr(account, "free_bytes", lambda device: 64 * GIB)
    monkeypatch.setattr("modelspec.backends.torch.sessions.measure_made", measure)
    assert modelspec.loads(MANY).build(count=100) is not None


def test_a_module_that_the_caller_gives(
    free: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be made a part of another module only to ask; then the memory that is
    left ends it."""
    text = """\
modelspec: 1
name: Net
params: {net: any}
modules:
  given: ${net}
  rest:
    Sequential:
      - for i in range(1000): Linear(1024, 1024)
init:
  given.weight: ones_
forward: return self.rest(self.given(x))
"""
    given = nn.Linear(2, 2)
    before = given.weight.clone()
    left = iter([GIB, GIB // 2, 0])
    monkeypatch.setattr(account, "_WATCHED", 2**22)
    monkeypatch.setattr(account, "_SHARE", 1000)
    monkeypatch.setattr(memory, "_available_bytes", lambda: next(left))
    with pytest.raises(modelspec.SpecError, match="has no memory left for this model"):
        modelspec.loads(text).build(net=given)
    assert torch.equal(given.weight, before)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_allocation_that_fails(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found to fit may find the memory taken by others meanwhile."""

    def fill(*args: object) -> None:
        raise error

    monkeypatch.setattr(nn.Linear, "reset_parameters", fill)
    spec = modelspec.loads("modelspec: 1\nname: Net\nSequential: ['Linear(2, 2)']\n")
    with pytest.raises(modelspec.SpecError) as raised:
        spec.build()
    (found,) = raised.value.diagnostics
    assert found.code == "limit-exceeded"
    assert found.message == "Linear: the device has no memory left for it"


def test_a_class_of_its_own(free: None) -> None:
    """The class of a spec knows as well as `build` does."""
    with pytest.raises(modelspec.SpecError, match=WANTED):
        modelspec.loads(MANY).module_class()(count=1000)


def test_weights_that_stay_in_their_file_need_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Converted ones do."""
    text = "modelspec: 1\nname: Net\nSequential: ['Linear(64, 64)']\n"
    file = tmp_path / "net.safetensors"
    spec = modelspec.loads(text)
    save(spec.build(), file)
    monkeypatch.setattr(memory, "_available_bytes", lambda: 1000)
    assert spec.build(weights=file) is not None
    found = refusal(spec, weights=file, dtype="bfloat16")
    assert found.message == "Net needs 8.1 KiB, the device cpu has 1000 bytes free"


def test_an_allocation_for_weights_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*args: object, **kwargs: object) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.")

    file = tmp_path / "net.safetensors"
    spec = modelspec.loads("modelspec: 1\nname: Net\nSequential: ['Linear(2, 2)']\n")
    save(spec.build(), file)
    monkeypatch.setattr(nn.Module, "load_state_dict", load)
    found = refusal(spec, weights=file)
    assert found.message == "the device has no memory left for the weights"


def save(module: nn.Module, file: Path) -> None:
    from safetensors.torch import save_file

    save_file(module.state_dict(), file)


# --- control groups -----------------------------------------------------------------

FIRST = {
    "memory.limit_in_bytes": "1000000",
    "memory.usage_in_bytes": "600000",
    "memory.stat": "cache 5\ntotal_inactive_file 100000\ntotal_active_file 50000",
}
SECOND = {
    "memory.max": "1000000",
    "memory.current": "600000",
    "memory.stat": "inactive_file 100000\nactive_file 50000\nanon 7",
}


@pytest.mark.parametrize(
    ("rows", "folder", "files"),
    [
        ("0::/jobs/one", "jobs/one", SECOND),
        ("0::/jobs/one", "jobs", SECOND),
        ("0::/of/the/host", "", SECOND),  # in a container its own is the root
        ("4:cpu:/\n3:cpuset,memory:/jobs/one\n0::/", "memory/jobs/one", FIRST),
        ("4:memory:/jobs/one\n0::/", "memory", FIRST),
        ("4:pids:/\n0::/jobs", "unified/jobs", SECOND),
    ],
)
def test_what_a_control_group_leaves(
    rows: str, folder: str, files: dict[str, str], tmp_path: Path
) -> None:
    """Its bound less what is used; cached files are given back when need be."""
    own, root = tmp_path / "own", tmp_path / "groups"
    own.write_text(rows)
    group = root / folder
    group.mkdir(parents=True)
    assert group_bytes(root, own) == memory.UNBOUNDED
    for name, text in files.items():
        (group / name).write_text(text)
    assert group_bytes(root, own) == 550_000


@pytest.mark.parametrize("bound", ["max", "9223372036854771712", "no number"])
def test_control_groups_without_a_bound(bound: str, tmp_path: Path) -> None:
    for name, text in (FIRST | {"memory.limit_in_bytes": bound}).items():
        path = tmp_path / "memory" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "own").write_text("4:memory:/")
    assert group_bytes(tmp_path, tmp_path / "own") == memory.UNBOUNDED
    assert group_bytes(tmp_path, tmp_path / "none") == memory.UNBOUNDED


# --- on CUDA --------------------------------------------------------------------------


def test_room_on_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the driver has free, and what torch holds and does not use."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (GIB, 8 * GIB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: GIB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: GIB // 2)
    assert free_bytes(torch.device("cuda:0")) == GIB + GIB // 2
    with torch.device("meta"):
        fits, large = nn.Linear(2**14, 2**14), nn.Linear(2**15, 2**15)
    require_room(fits, "cuda:0")
    with pytest.raises(modelspec.SpecError, match=r"the device cuda:0 has 1\.5 GiB"):
        require_room(large, "cuda:0")


def test_room_on_other_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what nobody can ask, none is refused."""
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 3 * GIB)
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: GIB)
    assert free_bytes(torch.device("mps")) == 2 * GIB
    assert free_bytes(torch.device("xpu")) == memory.UNBOUNDED


def test_refused_before_anything_is_on_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not even be there."""
    cuda = torch.device("cuda:0")
    for name in ("", ".instantiate"):
        module = sys.modules[f"modelspec.backends.torch{name}"]
        monkeypatch.setattr(module, "find_device", lambda device: cuda)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * GIB, 8 * GIB))
    text = MANY.replace("1024, 1024", "8192, 10000")
    found = refusal(modelspec.loads(text), device="cuda:0")
    assert found.message == "Many needs 305 GiB, the device cuda:0 has 2.0 GiB free"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_cuda_device() -> None:
    """Half a device of layers more than there is room for."""
    free = free_bytes(torch.device("cuda:0"))
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    count = 3 * free // 2 // (1024 * 1025 * 4)
    found = refusal(modelspec.loads(MANY), device="cuda", count=count)
    assert found.message.startswith("Many needs ")
    assert torch.cuda.max_memory_allocated() < free // 4
    gc.collect()
    assert torch.cuda.memory_allocated() == before
