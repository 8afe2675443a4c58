"""Fixtures for every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# How long an input takes to be made tells of the machine, not of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def keep_random_state() -> Iterator[None]:
    """No test draws from another's random numbers.

    Only where torch is in the process already: some tests prove that it never is.
    """
    torch = sys.modules.get("torch")
    state = None if torch is None else torch.get_rng_state()
    yield
    if torch is not None:
        torch.set_rng_state(state)
