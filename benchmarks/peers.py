"""The same work done by other projects, where they are installed.

Each makes the same layers as the spec beside it. None of them is a dependency: one that
cannot be imported is left out, with the reason.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import modelspec
from benchmarks.growth import many_text, written_out
from benchmarks.measure import Row, Skipped, Work, ratio

ZOO = Path(__file__).parents[1] / "examples" / "zoo"
GOAL = 1.0
LAYERS = 1_000
BLOCKS = 50
WIDTH = 16


def ratios() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for peer, rows in (
            ("hydra", _hydra),
            ("kindle", _kindle),
            ("transformers", _transformers),
        ):
            try:
                module = importlib.import_module(peer)
            except ImportError as error:
                yield Skipped(f"build / {peer}", f"no {peer} here: {error}")
                continue
            for name, text, theirs in rows(module, Path(folder)):
                yield _row(f"{name} / {peer}", text, theirs, Path(folder))


Rows = Callable[[ModuleType, Path], Iterator[tuple[str, "str | Path", Work]]]


def _row(name: str, ours: str | Path, theirs: Work, folder: Path) -> Row:
    path = folder / "ours.yaml"
    if isinstance(ours, str):
        path.write_text(ours, encoding="utf-8")
    else:
        path = ours
    return ratio(name, lambda: modelspec.build(path), theirs, repeats=5, goal=GOAL)


# --- hydra ------------------------------------------------------------------------


def _hydra(peer: ModuleType, folder: Path) -> Iterator[tuple[str, str | Path, Work]]:
    linear = "- {_target_: torch.nn.Linear, in_features: 8, out_features: 8}\n"
    theirs = _instantiated(linear * LAYERS, folder / "linear.yaml")
    yield f"build {LAYERS:,} Linear written out", written_out(LAYERS), theirs
    yield f"build {LAYERS:,} Linear in a loop", many_text(LAYERS), theirs
    conv = (
        f"- {{_target_: torch.nn.Conv2d, in_channels: {WIDTH}, out_channels: {WIDTH},"
        " kernel_size: 3, padding: 1, bias: false}\n"
        f"- {{_target_: torch.nn.BatchNorm2d, num_features: {WIDTH}}}\n"
        "- {_target_: torch.nn.ReLU}\n"
    )
    theirs = _instantiated(conv * BLOCKS, folder / "conv.yaml")
    yield f"build {BLOCKS} Conv2d, BatchNorm2d, ReLU", convolutions(), theirs


def _instantiated(items: str, path: Path) -> Work:
    instantiate = importlib.import_module("hydra.utils").instantiate
    load = importlib.import_module("omegaconf").OmegaConf.load
    listed = "".join(f"  {one}\n" for one in items.splitlines())
    path.write_text(f"_target_: torch.nn.Sequential\n_args_:\n{listed}")
    return lambda: instantiate(load(path))


def convolutions() -> str:
    block = (
        f"  - Conv2d({WIDTH}, {WIDTH}, 3, padding=1, bias=False)\n"
        f"  - BatchNorm2d({WIDTH})\n  - ReLU()\n"
    )
    return f"modelspec: 1\nname: Convolutions\nSequential:\n{block * BLOCKS}"


# --- kindle -----------------------------------------------------------------------


def _kindle(peer: ModuleType, folder: Path) -> Iterator[tuple[str, str | Path, Work]]:
    path = folder / "kindle.yaml"
    layers = f"  - [-1, 1, Conv, [{WIDTH}, 3, 1], {{activation: ReLU}}]\n" * BLOCKS
    path.write_text(
        f"input_channel: {WIDTH}\ndepth_multiple: 1.0\nwidth_multiple: 1.0\n"
        f"backbone:\n{layers}"
    )

    def theirs() -> object:
        return peer.Model(str(path))

    yield f"build {BLOCKS} Conv2d, BatchNorm2d, ReLU", convolutions(), theirs


# --- transformers -----------------------------------------------------------------


def _transformers(
    peer: ModuleType, folder: Path
) -> Iterator[tuple[str, str | Path, Work]]:
    def theirs() -> object:
        return peer.AutoModelForCausalLM.from_config(peer.GPT2Config())

    yield "build GPT-2 124M of zoo/hf_gpt2", ZOO / "hf_gpt2.yaml", theirs
