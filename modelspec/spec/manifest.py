"""The manifest of a model in a folder: how its module is made of the spec beside it.

Comes in: its fields, or bytes that a stranger wrote. Goes out: a `Manifest`, whose spec
lies in its folder; `ValueError` says why bytes are none.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator


class Manifest(BaseModel):
    """`params` are texts as a spec has them, `sizes` those of symbols of inputs.

    `sha256` is over the files of the spec, `modelspec` the version that wrote it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal[1] = 1
    modelspec: str
    spec: str
    sha256: str
    variant: str | None = None
    params: dict[str, str] = Field(default_factory=dict)
    sizes: dict[str, Annotated[int, Field(ge=0, lt=2**63)]] = Field(
        default_factory=dict
    )
    dtype: str | None = None

    @field_validator("spec")
    @classmethod
    def _is_inside(cls, text: str) -> str:
        parts = text.split("/")
        if "\\" in text or "\0" in text or {"", ".", ".."} & {*parts}:
            raise ValueError("it names no file in the folder")
        return text


def parse_manifest(data: bytes) -> Manifest:
    """The manifest that a text in JSON is.

    Raises:
        ValueError: it is none; one line tells why.
    """
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{place}: {first['msg']}" if place else first["msg"]
        ) from None
