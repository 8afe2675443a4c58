"""Prints a digest of every generated source, for comparison under other hash seeds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import modelspec
from tests.agreement.cases import all_cases


def digests() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for case in all_cases():
        spec = modelspec.load(case.path)
        variants = () if case.is_library else case.variants
        flat = (replace(spec, variant=one).source(style="flat") for one in variants)
        texts = [spec.source(), *flat]
        found[case.name] = [hashlib.sha256(t.encode()).hexdigest() for t in texts]
    return found


if __name__ == "__main__":
    print(json.dumps(digests()))
