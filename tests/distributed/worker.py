"""Several processes that divide models of specs, and tell what is not as it should be.

Called as `worker.py PROCESSES FOLDER`. Torch is imported once, before that many are
forked. They go through the cases for that many processes; failures are written to
`FOLDER/RANK.json`, case by case.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NoReturn

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor

import modelspec
from tests.distributed.cases import CASES, SHARDED, Case

SEED = 3


def main(rank: int, processes: int, folder: Path) -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=f"file://{folder / 'store'}",
        rank=rank,
        world_size=processes,
        timeout=timedelta(seconds=60),
    )
    found: dict[str, list[str]] = {}
    for case in CASES:
        if case.processes == processes:
            found[str(case)] = _tried(case, folder)
    found["refused together"] = [*_not_refused(rank, processes, folder)]
    (folder / f"{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()


def _not_refused(rank: int, processes: int, folder: Path) -> Iterator[str]:
    """Where one process cannot go on none does, or the others would wait for it."""
    mesh = init_device_mesh("cpu", (processes,), mesh_dim_names=("dp",))
    whole = modelspec.build(SHARDED, vocab=21 if rank else 20)
    empty = modelspec.build(SHARDED, device="meta")
    path = folder / f"{rank}.pt"
    torch.save(whole.state_dict(), path)
    for told, module, weights in (
        ("do not fit" if rank else "another process", empty, path),
        ("on the device meta in some", empty if rank else whole, None),
    ):
        try:
            modelspec.distribute(module, mesh, weights=weights)
            yield f"not refused: {told}"
        except modelspec.SpecError as error:
            if told not in error.diagnostics[0].message:
                yield f"{error.diagnostics[0].message}, not: {told}"
        if type(module).__name__ != "Net":
            yield f"divided, although {told}"


def _tried(case: Case, folder: Path) -> list[str]:
    try:
        return _Run(case, folder).problems()
    except Exception:
        return [traceback.format_exc()]


class _Run:
    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.folder = case, folder
        given = {"dp": case.dp, "tp": case.tp}
        sizes = {name: size for name, size in given.items() if size}
        self.mesh = init_device_mesh(
            "cpu", tuple(sizes.values()), mesh_dim_names=tuple(sizes)
        )
        self.whole = modelspec.build(case.spec, seed=SEED, params=case.params)

    def problems(self) -> list[str]:
        torch.manual_seed(dist.get_rank())
        made = getattr(self, f"from_{self.case.way}")()
        return [*self._tensors(made), *self._runs(made), *self._saved(made)]

    # --- ways to a divided module -----------------------------------------------------

    def from_values(self) -> nn.Module:
        """Every process has drawn values of its own: those of the first are taken."""
        seed = SEED if dist.get_rank() == 0 else SEED + 1
        model = modelspec.build(self.case.spec, seed=seed, params=self.case.params)
        return modelspec.distribute(model, self.mesh)

    def _on_meta(self) -> nn.Module:
        return modelspec.build(self.case.spec, device="meta", params=self.case.params)

    def from_meta(self) -> nn.Module:
        return modelspec.distribute(self._on_meta(), self.mesh, seed=SEED)

    def from_weights(self) -> nn.Module:
        """Files of another dtype, under other names."""
        path = self.folder / "weights.safetensors"
        if dist.get_rank() == 0:
            state = self.whole.state_dict()
            from safetensors.torch import save_file

            named = {f"m.{name}": one.clone() for name, one in state.items()}
            save_file(named, str(path))
        dist.barrier()
        return modelspec.distribute(
            self._on_meta(), self.mesh, weights=path, rename={"m.*": "*"}, seed=SEED
        )

    def from_source(self) -> nn.Module:
        """The generated class and its `parallelize`."""
        path = self.folder / f"generated_{dist.get_rank()}.py"
        path.write_text(modelspec.load(self.case.spec).source())
        spec = spec_from_file_location("generated", path)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        torch.manual_seed(SEED)
        model = getattr(module, type(self.whole).__name__)(**self.case.params)
        made: nn.Module = module.parallelize(model, self.mesh)
        return made

    # --- what is looked at ------------------------------------------------------------

    def _tensors(self, made: nn.Module) -> list[str]:
        found = []
        for kind in ("state_dict", "named_parameters", "named_buffers"):
            own, wanted = getattr(made, kind)(), getattr(self.whole, kind)()
            own, wanted = dict(own), dict(wanted)
            if [*own] != [*wanted]:
                return [f"{kind}: {[*own]}, not {[*wanted]}"]
            for name, tensor in own.items():
                if tensor.requires_grad != wanted[name].requires_grad:
                    found.append(f"{kind}: requires_grad of {name}")
                if not torch.equal(_full(tensor), wanted[name]):
                    found.append(f"{kind}: {name} differs")
        divided = [one for one in made.parameters() if isinstance(one, DTensor)]
        held = sum(one.to_local().numel() for one in divided)
        if divided and not held < sum(one.numel() for one in divided):
            found.append("nothing is divided")
        return found

    def _runs(self, made: nn.Module) -> list[str]:
        """Outputs of a part of the batch, and gradients of the mean over all of it."""
        batch = self.case.batch(8)
        parts, at = self.case.dp or 1, 0
        if self.case.dp:
            at = self.mesh["dp"].get_local_rank()
        made.eval()
        self.whole.eval()
        output = _full(made(batch.chunk(parts)[at]))
        wanted = self.whole(batch)
        found = [*self._differs("the output", output, wanted.chunk(parts)[at])]
        if str(output.dtype) != f"torch.{self.case.dtype}":
            found.append(f"the output is {output.dtype}")
        output.float().square().mean().backward()
        wanted.square().mean().backward()
        for (name, one), other in zip(
            made.named_parameters(), self.whole.parameters(), strict=True
        ):
            if (one.grad is None) != (other.grad is None):
                found.append(f"the gradient of {name} is missing")
            elif one.grad is not None and other.grad is not None:
                what = f"the gradient of {name}"
                found += self._differs(what, _full(one.grad), other.grad)
        return found

    def _differs(
        self, what: str, given: torch.Tensor, wanted: torch.Tensor
    ) -> Iterator[str]:
        """By more than rounding does, measured over all of a tensor."""
        off = (given.float() - wanted).norm() / (wanted.norm() + 1e-9)
        most = 1e-5 if self.case.dtype == "float32" else 4e-2
        if not off < most:
            yield f"{what} differs by {off:.1e}"

    def _saved(self, made: nn.Module) -> list[str]:
        """Saved by all processes together, it is the whole model again."""
        if self.case.way != "meta":
            return []
        folder = self.folder / f"saved_{self.case.name}"
        modelspec.save_model(made, folder)
        again = modelspec.load_model(folder).state_dict()
        wanted = self.whole.state_dict()
        same = all(torch.equal(one, wanted[name]) for name, one in again.items())
        return [] if same else ["what was saved differs"]


def _full(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def start(processes: int, folder: Path) -> bool:
    """Whether all of them came to their end."""
    started = []
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            _end(rank, processes, folder)
        started.append(child)
    ends = [os.waitpid(child, 0)[1] for child in started]
    return not any(ends)


def _end(rank: int, processes: int, folder: Path) -> NoReturn:
    code = 1
    try:
        main(rank, processes, folder)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(not start(int(sys.argv[1]), Path(sys.argv[2])))
