"""What Python programs use: `build`, `load`, `loads`, `check` and the `Spec` they give.

A path may name a variant: `resnet.yaml:resnet50`. Whatever is wrong, with the spec or
with what it is given, is a `SpecError`. Torch is imported by what builds only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelspec import driver
from modelspec.api.names import split_name
from modelspec.api.pickles import rebuild_class
from modelspec.api.spec import Spec, checked, make_spec, merged
from modelspec.api.views import ParamView
from modelspec.api.weights import Files, PathLike, Renames, request_weights
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.policy import Limits, Policy

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.distributed.device_mesh import DeviceMesh

__all__ = [
    "Diagnostic",
    "Limits",
    "ParamView",
    "Policy",
    "Spec",
    "SpecError",
    "build",
    "check",
    "distribute",
    "load",
    "load_model",
    "loads",
    "rebuild_class",
    "save_model",
]


def load(path: PathLike, *, policy: Policy | None = None) -> Spec:
    """A spec file, read and checked."""
    name, variant = split_name(os.fspath(path))
    policy = policy or Policy()
    return make_spec(driver.compile_path(name, policy), policy, variant)


def loads(text: str | bytes, *, policy: Policy | None = None) -> Spec:
    """A spec that is a text; it has imports only if the policy names a folder."""
    policy = policy or Policy()
    return make_spec(driver.compile_text(_encoded(text), policy), policy, None)


def build(
    path: PathLike,
    /,
    variant: str | None = None,
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    seed: int | None = None,
    weights: Files | None = None,
    rename: Renames | None = None,
    weights_key: str | None = None,
    policy: Policy | None = None,
    params: Mapping[str, object] | None = None,
    **more: object,
) -> nn.Module:
    """A module from a spec file.

    Params are given by name; one that is called as an option here goes into `params`.
    None leaves device, dtype and random numbers to torch's own defaults.

    `weights` is a file with a `state_dict`, or several that hold it together: all of
    its tensors must fit, or `SpecError` shows in a table which do not. `rename` gives
    them other names first, rule by rule: `{"module.*": "*"}` takes a prefix off, an
    empty right side drops what matches. `weights_key` is the entry of a `.pt` file
    that is the `state_dict`, where it holds more.
    """
    policy = policy or Policy()
    name, named = split_name(os.fspath(path))
    compiled = driver.compile_path(name, policy, to_build=True)
    return make_spec(compiled, policy, named).build(
        variant,
        device=device,
        dtype=dtype,
        seed=seed,
        weights=weights,
        rename=rename,
        weights_key=weights_key,
        params=merged(params, more),
    )


def save_model(module: nn.Module, folder: PathLike, *, force: bool = False) -> None:
    """Save a module with its spec: a folder that `load_model` makes it of again.

    `module` is what `build` or `load_model` returned, trained or not. The folder gets
    the spec, the specs that it imports, the values of its params, and the weights as
    safetensors; it is written whole or not at all. One that holds a saved model already
    is replaced if `force` says so.

    Raises:
        SpecError: the spec of the module is not known, the module was changed so that
            its spec does not make it, or the folder cannot be written.
    """
    from pathlib import Path

    from modelspec.api.saving import save_built

    save_built(module, Path(folder), force=force)


def load_model(
    folder: PathLike,
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    policy: Policy | None = None,
) -> nn.Module:
    """The module that `save_model` saved, in train mode as every new one.

    It has the dtype it was saved with, unless another is given. What is in the folder
    is read as any stranger's spec and weights are: nothing of it is run. Layers that it
    takes from Python modules need the `allow_imports` of a policy, as they do to be
    built.
    """
    from pathlib import Path

    from modelspec.api.saving import load_model as load

    return load(Path(folder), device=device, dtype=dtype, policy=policy)


def distribute(
    module: nn.Module,
    mesh: DeviceMesh,
    *,
    weights: Files | None = None,
    rename: Renames | None = None,
    weights_key: str | None = None,
    seed: int | None = None,
) -> nn.Module:
    """Divide a module among processes, in place, as its spec says under `parallel`.

    `module` is what `build` or `load_model` returned; every process of the mesh calls
    this. The dimension `tp` of `mesh` is for the `plan`, `dp` for `fsdp`. All get the
    values that the first process has. A module on the device meta gets its memory
    here, no more than the part of its process, and its values as `build` would draw
    them with `seed`, or those of `weights`: the files that `build` takes, of which each
    process reads its own part.

    Returns:
        The module.

    Raises:
        SpecError: the spec says nothing of it, a size cannot be divided evenly, the
            mesh is another than the spec wants, or the weights do not fit.
    """
    from modelspec.api.distributing import distribute_built

    distribute_built(module, mesh, request_weights(weights, rename, weights_key), seed)
    return module


def check(
    source: PathLike, *, shapes: bool = False, policy: Policy | None = None
) -> list[Diagnostic]:
    """What is wrong with a spec: a path, or a text, which has more than one line.

    With `shapes`, a spec without errors is also made without memory and run once on
    fake tensors, which imports torch: what does not fit together is found so.
    """
    policy = policy or Policy()
    variant = None
    if isinstance(source, str) and "\n" in source:
        found = driver.compile_text(_encoded(source), policy)
    else:
        name, variant = split_name(os.fspath(source))
        found = driver.compile_path(name, policy)
    return checked(found, policy, variant, shapes=shapes)


def _encoded(text: str | bytes) -> bytes:
    # Lone surrogates, which no file can hold, are refused by the reader.
    return text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
