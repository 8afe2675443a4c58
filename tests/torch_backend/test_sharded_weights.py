"""A `state_dict` in several files, named by an index."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import modelspec
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError

SPEC = "modelspec: 1\nname: Net\nSequential:\n- Linear(2, 3)\n- Linear(3, 4)\n"
INDEX = "model.safetensors.index.json"
Index = dict[str, object]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Two files and the index of them."""
    state = modelspec.loads(SPEC).build(seed=5).state_dict()
    places = {name: f"model-{int(name[0]) + 1}.safetensors" for name in state}
    for file in set(places.values()):
        part = {name: state[name] for name, at in places.items() if at == file}
        save_file(part, tmp_path / file)
    path = tmp_path / INDEX
    size = sum(one.nbytes for one in state.values())
    metadata = {"total_size": size}
    path.write_text(json.dumps({"metadata": metadata, "weight_map": places}))
    return path


def refusal(path: Path) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        modelspec.loads(SPEC).build(weights=path)
    (found,) = caught.value.diagnostics
    return found


def test_the_index_stands_for_its_files(index: Path) -> None:
    made = modelspec.loads(SPEC).build(weights=index)
    wanted = modelspec.loads(SPEC).build(seed=5).state_dict()
    assert list(made.state_dict()) == list(wanted)
    assert all(torch.equal(made.state_dict()[name], wanted[name]) for name in wanted)


def test_beside_other_files(index: Path, tmp_path: Path) -> None:
    """An index of a part, and a file with the rest."""
    places = json.loads(index.read_text())["weight_map"]
    kept = {name: at for name, at in places.items() if name.startswith("0.")}
    index.write_text(json.dumps({"weight_map": kept}))
    files = [index, tmp_path / "model-2.safetensors"]
    modelspec.loads(SPEC).build(weights=files)


def test_a_missing_file_is_told_by_its_name(index: Path, tmp_path: Path) -> None:
    (tmp_path / "model-2.safetensors").unlink()
    found = refusal(index)
    assert found.code == "file-not-found"
    assert "model-2.safetensors" in found.message


def moved(index: Index) -> None:
    places = index["weight_map"]
    assert isinstance(places, dict)
    places["1.weight"] = "model-1.safetensors"


def placed(file: object) -> Callable[[Index], None]:
    def change(index: Index) -> None:
        index["weight_map"] = {"0.weight": file}

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (moved, "says that '1.weight' is in 'model-1.safetensors', which has none"),
        (dict.clear, "it has no 'weight_map'"),
        (placed("../other.safetensors"), "said to be in '../other.safetensors'"),
        (placed("/etc/passwd"), "said to be in '/etc/passwd'"),
        (placed("C:\\secret.safetensors"), "said to be in 'C:\\secret.safetensors'"),
        (placed(".."), "said to be in '..'"),
        (placed(""), "said to be in ''"),
        (placed(3), "said to be in '3'"),
    ],
)
def test_what_is_wrong_with_an_index(
    index: Path, change: Callable[[Index], None], said: str
) -> None:
    read = json.loads(index.read_text())
    change(read)
    index.write_text(json.dumps(read))
    found = refusal(index)
    assert found.code == "unreadable-weights"
    assert said in found.message
    assert found.path == str(index)


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"weight_map": 1}', "[" * 100_000])
def test_what_is_no_index(tmp_path: Path, text: str) -> None:
    path = tmp_path / INDEX
    path.write_text(text)
    assert refusal(path).code == "unreadable-weights"


def test_an_index_of_any_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / INDEX
    with path.open("wb") as file:
        file.truncate(2**26 + 1)
    assert "larger than 64 MiB" in refusal(path).message


def test_an_index_names_no_index(tmp_path: Path) -> None:
    path = tmp_path / INDEX
    path.write_text(json.dumps({"weight_map": {"0.weight": INDEX}}))
    assert refusal(path).code == "unknown-suffix"
