"""A network of 70 billion parameters is shown soon, and without its memory."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.agreement.cases import EXAMPLES, ROOT

SIZES = {
    "hidden_size": 8192,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "intermediate_size": 28672,
    "vocab_size": 32000,
}
SECONDS = 10.0
BYTES = 2 * 10**9


@pytest.mark.slow
def test_llama_70b() -> None:
    """In under ten seconds of a processor's time and two gigabytes, torch included."""
    given = [f"--set={name}={size}" for name, size in SIZES.items()]
    command = [sys.executable, "-m", "modelspec", "summary", *given]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(
        [*command, str(EXAMPLES / "zoo" / "hf_llama.yaml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "parameters     68,976,648,192" in found.stdout
    assert "LlamaDecoderLayer x80" in found.stdout
    assert after.ru_utime - before.ru_utime < SECONDS
    # The largest of all children so far, which is no less than this one.
    unit = 1 if sys.platform == "darwin" else 1024
    assert after.ru_maxrss * unit < BYTES or before.ru_maxrss == after.ru_maxrss
