"""The manifest of a model in a folder: how its module is built of the spec beside it.

In: what a caller asked for when it was built. Out: a `Manifest`, its text, and from a
folder the `Manifest` again; `SpecError` where there is none, or a value cannot be
written.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from modelspec import __version__
from modelspec.api.builder import BuildRequest
from modelspec.catalog import load_catalog
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.spec.manifest import Manifest, parse_manifest

NAME = "modelspec.json"
SPECS = "specs"
TEXT = "spec.yaml"
"""What a spec is called there that was a text."""
WEIGHTS = "model.safetensors"
_LARGEST = 2**20


def make_manifest(
    files: Sequence[tuple[str, str]],
    request: BuildRequest,
    dtype: str | None,
) -> Manifest:
    """That of a spec, by the places and texts of its files, the root's first."""
    given = {name: write_value(name, one) for name, one in request.params.items()}
    place = files[0][0]
    try:
        return Manifest(
            modelspec=__version__,
            spec=place,
            sha256=digest(files),
            variant=request.variant,
            params={**request.texts, **given},
            sizes=dict(request.sizes),
            dtype=dtype,
        )
    except ValueError:
        message = f"a spec cannot be saved under the name '{place}'"
        help = ("rename it: no backslash is in a name that any system takes",)
        found = Diagnostic("cannot-write", message, None, help=help)
        raise SpecError([found]) from None


def manifest_text(manifest: Manifest) -> str:
    return json.dumps(manifest.model_dump(), indent=2) + "\n"


def metadata_of(manifest: Manifest) -> dict[str, str]:
    """What a file of weights says of where they belong."""
    return {
        "modelspec": manifest.modelspec,
        "modelspec.spec": PurePosixPath(manifest.spec).name,
        "modelspec.sha256": manifest.sha256,
        "modelspec.variant": manifest.variant or "",
        "modelspec.params": json.dumps(manifest.params, sort_keys=True),
    }


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder."""
    path = folder / NAME
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is no regular file")
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise ValueError("it is too large")
        return parse_manifest(data)
    except OSError as error:
        raise _unreadable(folder, f"{NAME}: {error.strerror}") from error
    except ValueError as error:
        raise _unreadable(folder, f"{NAME}: {error}") from error


def digest(files: Iterable[tuple[str, str]]) -> str:
    """SHA-256 over the places and texts of the files of a spec, in their order."""
    found = hashlib.sha256()
    for part in (part for file in files for part in file):
        data = part.encode("utf-8", errors="surrogatepass")
        found.update(len(data).to_bytes(8, "big") + data)
    return found.hexdigest()


def write_value(name: str, value: object) -> str:
    """A value of a param as the text of a spec."""
    try:
        # Quoted, so that no character of it means anything to YAML.
        return "'${" + _expression(value).replace("'", "''") + "}'"
    except TypeError:
        kind = type(value).__name__
        message = f"the value of '{name}' cannot be written in a spec: it is a {kind}"
        raise SpecError([Diagnostic("cannot-write", message, None)]) from None


def _expression(value: object) -> str:
    if value is None or isinstance(value, bool | int | float | str):
        return _scalar(value)
    if isinstance(value, list | tuple):
        inside = [_expression(one) for one in value]
        if isinstance(value, list):
            return f"[{', '.join(inside)}]"
        return f"({', '.join(inside)}{',' if len(inside) == 1 else ''})"
    if isinstance(value, dict):
        pairs = (f"{_expression(k)}: {_expression(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, type) and value.__module__.startswith("torch.nn."):
        return f"nn.{value.__name__}"  # a block of the spec may have the bare name
    if type(value).__name__ == "dtype" and str(value) in load_catalog().dtype_names:
        return str(value)
    raise TypeError


def _scalar(value: object) -> str:
    """Of subclasses too, such as numpy's float64, which show themselves otherwise."""
    if isinstance(value, float):
        text = float.__repr__(value)
        return text if math.isfinite(value) else f"float('{text}')"
    if not isinstance(value, bool) and isinstance(value, int):
        return int.__repr__(value)
    return str.__repr__(value) if isinstance(value, str) else repr(value)


def _unreadable(folder: Path, why: str) -> SpecError:
    message = f"'{folder}' holds no saved model: {why}"
    found = Diagnostic("unreadable-model", message, None, path=str(folder))
    return SpecError([found])
