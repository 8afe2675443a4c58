"""A model in a folder, and back: its spec, what that imports, its weights.

In: a module that `build` made, or a spec and a module of it. Out: a folder with a
manifest, written whole or not at all. From such a folder comes the module again, by one
call, anywhere; it is read as any stranger's spec and weights are. Links are followed
where it has them, as caches of downloaded files are made of them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelspec import driver
from modelspec.api.builder import BuildRequest
from modelspec.api.manifest import (
    NAME,
    SPECS,
    TEXT,
    WEIGHTS,
    make_manifest,
    manifest_text,
    metadata_of,
    read_manifest,
)
from modelspec.api.observing import build_without_memory
from modelspec.api.origins import origin_of
from modelspec.api.pickles import places_of
from modelspec.api.spec import Spec, make_spec
from modelspec.api.weights import WeightsRequest
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.output.files import cannot_write, find_folder_obstacle
from modelspec.output.staging import Staging
from modelspec.policy import Policy
from modelspec.spec.manifest import Manifest

if TYPE_CHECKING:
    import torch
    from torch import nn


def save_built(module: nn.Module, folder: Path, *, force: bool = False) -> None:
    """Save what `build` or `load_model` returned."""
    origin = origin_of(module)
    if origin is None:
        raise SpecError([_unknown(module)])
    save_model_of(origin.spec, module, origin.request, folder, force=force)


def save_model_of(
    spec: Spec,
    module: nn.Module,
    request: BuildRequest,
    folder: Path,
    *,
    force: bool = False,
) -> None:
    """Save a module that was made of a spec, as the request says.

    One that is divided among processes is saved by the first; all of them call it.
    """
    from modelspec.backends.torch import whole_state

    require_place(folder, force=force)
    files = list(_files(spec))
    manifest = make_manifest(files, request, _dtype(module, request))
    _require_unchanged(spec, module, _request_of(manifest))
    with whole_state(module) as state:
        if state is not None:
            _save(module, state, files, manifest, folder)


def _save(
    module: nn.Module,
    state: Mapping[str, torch.Tensor],
    files: Sequence[tuple[str, str]],
    manifest: Manifest,
    folder: Path,
) -> None:
    from modelspec.backends.torch import save_weights

    with Staging() as staging:
        into = staging.folder(folder)
        for place, text in files:
            _write(into / SPECS / place, text)
        _write(into / NAME, manifest_text(manifest))
        save_weights(module, into / WEIGHTS, metadata_of(manifest), state)


def load_model(
    folder: Path,
    *,
    device: str | torch.device | None = None,
    dtype: str | torch.dtype | None = None,
    policy: Policy | None = None,
) -> nn.Module:
    """The module in a folder that `save_model` wrote, in train mode as every new one.

    It has the dtype it was saved with, unless another is asked for.
    """
    manifest = read_manifest(folder)
    specs = folder / SPECS
    policy = replace(policy or Policy(), import_root=os.path.realpath(specs))
    found = driver.compile_path(str(specs / manifest.spec), policy, to_build=True)
    request = replace(
        _request_of(manifest),
        device=device,
        dtype=manifest.dtype if dtype is None else dtype,
        weights=WeightsRequest((folder / WEIGHTS,)),
    )
    return make_spec(found, policy, None).make(request).module


def _request_of(manifest: Manifest) -> BuildRequest:
    """What is asked for when the module of a manifest is made again."""
    return BuildRequest(
        variant=manifest.variant,
        texts=manifest.params,
        dtype=manifest.dtype,
        sizes=manifest.sizes,
    )


def _dtype(module: nn.Module, request: BuildRequest) -> str | None:
    """The one floating dtype of the parameters; of several, what it was made with."""
    floating = (one for one in module.parameters() if one.is_floating_point())
    kinds = {str(one.dtype) for one in floating}
    if len(kinds) != 1:
        kinds = {str(request.dtype)} if request.dtype is not None else set()
    return kinds.pop().removeprefix("torch.") if kinds else None


def _files(spec: Spec) -> Iterator[tuple[str, str]]:
    """The place and the text of each file, the root's first."""
    sources = [one for one in spec.program.sources if not one.is_standard]
    paths = [one.path for one in sources]
    if paths[0] is None and spec.policy.import_root is not None:
        # What a text imports is found from that folder on.
        paths[0] = _free_path(os.path.realpath(spec.policy.import_root), {*paths})
    for source, place in zip(sources, places_of(paths), strict=True):
        yield place or TEXT, source.text


def _free_path(folder: str, taken: Collection[str | None]) -> str:
    path = os.path.join(folder, TEXT)
    while path in taken:
        path = os.path.join(folder, f"_{os.path.basename(path)}")
    return path


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid path"
        raise SpecError([cannot_write(path, str(reason))]) from error


def require_place(folder: Path, *, force: bool) -> None:
    """`SpecError` with what stands in the way of saving there."""
    found = find_folder_obstacle(folder)
    if found is None and folder.is_dir() and any(folder.iterdir()):
        found = _taken(folder, force=force)
    if found is not None:
        raise SpecError([found])


def _taken(folder: Path, *, force: bool) -> Diagnostic | None:
    """A folder is replaced as a whole, so nothing but a saved model ever is."""
    names = {one.name for one in folder.iterdir()}
    others = sorted(names - {NAME, SPECS, WEIGHTS})
    if others or NAME not in names:
        reason = "the folder holds other files than a saved model"
        first = f", such as '{others[0]}'" if others else ""
        return cannot_write(folder, reason + first)
    if force:
        return None
    return Diagnostic(
        "file-exists",
        f"{folder} holds a saved model already",
        None,
        help=("Give --force, in Python `force=True`, to replace it.",),
        path=str(folder),
    )


def _require_unchanged(spec: Spec, module: nn.Module, request: BuildRequest) -> None:
    """A module with other tensors than its spec's could not be built again.

    The request is that of the manifest: what cannot be read again is told here.
    """
    from modelspec.backends.torch import find_change

    made = build_without_memory(spec, request).module
    if found := find_change(made, module):
        raise SpecError([found])


def _unknown(module: nn.Module) -> Diagnostic:
    return Diagnostic(
        "unknown-model",
        f"it is not known of which spec this {type(module).__name__} was built",
        None,
        help=(
            "`save_model` takes what `build` or `load_model` returned, no copy of it;"
            " `load(spec).save(module, folder)` takes any module of the spec",
        ),
    )
