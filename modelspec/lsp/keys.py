"""The keys of a block, a file, a param, ... and what each is for.

In: a frame of the language. Out: its keys in order, each with its text.
"""

from __future__ import annotations

from functools import cache

from modelspec.spec.frame import keys_of
from modelspec.spec.schema.frames import docs_of


@cache
def key_docs(frame: type) -> dict[str, str]:
    docs = docs_of(frame)
    return {name: docs.get(name, "") for name in keys_of(frame)}
