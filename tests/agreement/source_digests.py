"""Prints a digest of every generated source, for comparison under other hash seeds."""

from __future__ import annotations

import hashlib
import json

import modelspec
from tests.agreement.cases import all_cases


def digests() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for case in all_cases():
        texts = [modelspec.load(case.path).source()]
        variants = () if case.is_library else case.variants
        for variant in variants:
            path = f"{case.path}:{variant}" if variant else case.path
            texts.append(modelspec.load(path).source(style="flat"))
        found[case.name] = [hashlib.sha256(t.encode()).hexdigest() for t in texts]
    return found


if __name__ == "__main__":
    print(json.dumps(digests()))
