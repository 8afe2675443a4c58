"""Files of weights that are damaged or made to do harm: refused in a few words."""

from __future__ import annotations

import io
import json
import os
import pickle
import resource
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelspec.backends.torch import load_weights
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.diagnostics.render import render_full

ONE = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def refusal(path: Path, content: bytes) -> str:
    """The message; what is said is short, printable, and no advice to run the file."""
    path.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        load_weights(nn.Linear(3, 3), path)
    (found,) = caught.value.diagnostics
    assert found.code == "unreadable-weights"
    assert len(found.message) < 500
    assert render_full([found], color=False).replace("\n", "").isprintable()
    assert "weights_only" not in render_full([found], color=False)
    return found.message


def packed(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "header too small"),
        (b"\xff" * 8, "header too large"),
        (struct.pack("<Q", 10**12) + b"{}", "header too large"),
        (struct.pack("<Q", 9) + b"not json!", "header"),
        (packed([1]), "header"),
        (packed({"a": ONE, "b": ONE}, b"0000"), "invalid offset"),
        (packed({"a": {**ONE, "data_offsets": [4, 0]}}, b"0000"), "header"),
        (packed({"a": {**ONE, "shape": [2**40, 2**40]}}, b"0000"), "overflow"),
        (packed({"a": {**ONE, "shape": [-1]}}, b"0000"), "header"),
        (packed({"a": {**ONE, "shape": [9]}}, b"0000"), "header"),
        (packed({"a": {**ONE, "dtype": "O"}}, b"0000"), "header"),
        (packed({"a": ONE}, b"00"), "not fully covered"),
        (packed({"a": ONE}, b"0000 and more"), "not fully covered"),
        (packed({"a" * 5000: ONE}, b"0000"), "names that are too long"),
    ],
)
def test_safetensors(tmp_path: Path, content: bytes, told: str) -> None:
    assert told in refusal(tmp_path / "w.safetensors", content)


def test_a_tensor_of_two_gigabytes(tmp_path: Path) -> None:
    """Shapes are compared before values are read: nothing of this size is made."""
    path, size = tmp_path / "w.safetensors", 2**31
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    one = {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}
    content = packed({"weight": one})
    path.write_bytes(content)
    os.truncate(path, len(content) + size)
    with pytest.raises(SpecError) as caught:
        load_weights(nn.Linear(3, 3), path)
    assert caught.value.diagnostics[0].code == "weights-mismatch"
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert kilobytes < size // 1024 // 10


class Runs:
    """A pickle that would call a function when it is read."""

    def __init__(self, call: Any, *arguments: object) -> None:
        self.parts = (call, arguments)

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        return self.parts


def written(value: object, **options: Any) -> bytes:
    to = io.BytesIO()
    torch.save(value, to, **options)
    return to.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_is_run(tmp_path: Path, zipped: bool) -> None:
    mark = tmp_path / "mark"
    for value in ({"weight": Runs(os.mkdir, str(mark))}, Runs(os.mkdir, str(mark))):
        content = written(value, _use_new_zipfile_serialization=zipped)
        told = refusal(tmp_path / "w.pt", content)
        assert "it would run 'posix.mkdir'" in told
        told = refusal(tmp_path / "w.bin", pickle.dumps(value, protocol=2))
        assert "cannot read" in told
        assert not mark.exists()


def test_whole_modules(tmp_path: Path) -> None:
    told = refusal(tmp_path / "w.pt", written(nn.Linear(3, 3)))
    assert "it would run 'torch.nn.modules.linear.Linear'" in told


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
def test_programs_of_torchscript(tmp_path: Path) -> None:
    to = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Linear(3, 3), torch.ones(1, 3)), to)
    assert "TorchScript" in refusal(tmp_path / "w.pt", to.getvalue())


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"PK\x03\x04", b"\x80\x04." * 9, b"hello"]
)
def test_garbage(tmp_path: Path, content: bytes) -> None:
    told = refusal(tmp_path / "w.pt", content)
    assert "it is damaged, or no file of torch.save" in told


@pytest.mark.parametrize("zipped", [True, False])
def test_half_a_file(tmp_path: Path, zipped: bool) -> None:
    state = nn.Linear(64, 64).state_dict()
    content = written(state, _use_new_zipfile_serialization=zipped)
    for part in (content[: len(content) // 2], content[:-8]):
        assert "cannot read" in refusal(tmp_path / "w.pt", part)


@pytest.mark.parametrize("value", [[1], 3, "text", None, torch.ones(1)])
def test_no_state_dict(tmp_path: Path, value: object) -> None:
    assert "holds no state_dict" in refusal(tmp_path / "w.pt", written(value))


def test_names_of_other_kinds_and_wild_ones(tmp_path: Path) -> None:
    told = refusal(tmp_path / "w.pt", written({1: torch.ones(1)}))
    assert "more than names and tensors" in told
    refusal(tmp_path / "w.pt", written({"\x1b[2J\n": 3}))


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_tensors_without_plain_values(tmp_path: Path) -> None:
    strange = (
        torch.eye(3).to_sparse(),
        torch.empty(3, 3, device="meta"),
        torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.qint8),
    )
    for one in strange:
        content = written({"weight": one, "bias": torch.ones(3)})
        told = refusal(tmp_path / "w.pt", content)
        assert "'weight' is no ordinary dense tensor" in told


def rewritten(content: bytes, *, pack: bool = False, cut: bool = False) -> bytes:
    """An archive of torch with its members compressed, or with short values."""
    to, kind = io.BytesIO(), zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(to, "w") as new:
        for one in old.namelist():
            data = old.read(one)
            is_values = "/data/" in one
            new.writestr(one, data[:4] if cut and is_values else data, kind)
    return to.getvalue()


def test_archives_that_are_not_of_torch(tmp_path: Path) -> None:
    """A compressed one may unpack to anything; values must be as many as is told."""
    content = written(nn.Linear(3, 3).state_dict())
    assert "compressed" in refusal(tmp_path / "w.pt", rewritten(content, pack=True))
    assert "record size" in refusal(tmp_path / "w.pt", rewritten(content, cut=True))
    (tmp_path / "w.pt").write_bytes(rewritten(content))
    load_weights(nn.Linear(3, 3), tmp_path / "w.pt")
