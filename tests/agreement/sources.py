"""The source of every case, and what is left of it where only equality counts.

Run as a program it prints the digests, for comparison under other hash seeds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import modelspec
from tests.agreement.cases import all_cases


@dataclass(frozen=True, slots=True)
class Sources:
    """`flat` has one for each variant, and for None where there are defaults."""

    parametric: str
    flat: Mapping[str | None, str]


def all_sources() -> dict[str, Sources]:
    """By the names of cases; each spec is read once."""
    found: dict[str, Sources] = {}
    for case in all_cases():
        spec = modelspec.load(case.path)
        variants = () if case.is_library else case.variants
        flat = {one: replace(spec, variant=one).source("flat") for one in variants}
        found[case.name] = Sources(spec.source(), flat)
    return found


def digests(sources: Mapping[str, Sources]) -> dict[str, list[str]]:
    return {
        name: [
            hashlib.sha256(text.encode()).hexdigest()
            for text in (one.parametric, *one.flat.values())
        ]
        for name, one in sources.items()
    }


if __name__ == "__main__":
    print(json.dumps(digests(all_sources())))
