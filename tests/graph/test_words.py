"""Short texts: arguments, numbers, kinds and names of operations."""

from __future__ import annotations

import pytest

from modelspec.report.graph.kinds import kind_of, operation_name
from modelspec.report.graph.words import short_arguments, size_text
from modelspec.report.numbers import render_count, render_short_count
from modelspec.sizes import symbol

N, H = symbol("N"), symbol("H")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("3, 64, kernel_size=(7, 7), stride=(2, 2)", "3 → 64, 7×7, stride 2"),
        ("16, 16, kernel_size=(3, 5), groups=16", "16 → 16, 3×5, groups 16"),
        ("in_features=8, out_features=3, bias=True", "8 → 3"),
        ("64, eps=1e-05, momentum=0.1, affine=True", "64"),
        ("(768,), eps=1e-05, elementwise_affine=True", "768"),
        ("kernel_size=2, stride=2, padding=0, dilation=1", "kernel 2"),
        ("kernel_size=3, stride=2, padding=1, dilation=1", "kernel 3, stride 2"),
        ("p=0.5, inplace=False", "p=0.5"),
        ("20, 20, num_layers=2, bidirectional=True", "20 → 20, num_layers=2, bidire…"),
        ("", ""),
    ],
)
def test_arguments(said: str, shown: str) -> None:
    assert short_arguments(said) == shown


@pytest.mark.parametrize(
    ("count", "long", "short"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (1000, "1.00 K", "1k"),
        (25_557_032, "25.6 M", "25.6M"),
        (999_999, "1.00 M", "1M"),
        (999_499, "999 K", "999k"),
        (175 * 10**9, "175 G", "175G"),
        (25 * 10**18, "25000 P", "25000P"),
    ],
)
def test_numbers(count: int, long: str, short: str) -> None:
    """Never 1000 of a unit where there is a larger one."""
    assert render_count(count) == long
    assert render_short_count(count) == short


def test_sizes() -> None:
    """Where no rest is left divisors go into the number, and equal terms together."""
    size = 16 * (H // 4) * N + 3 * N * H + 5 * N
    assert size_text(size, {"H": 4}, ("N", "H")) == "7·N·H + 5·N"
    assert size_text(1500 * N, {}) == "1.5k·N"
    assert size_text(7, {}) == "7"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Conv2d", "conv"),
        ("MultiheadAttention", "attention"),
        ("scaled_dot_product_attention", "attention"),
        ("BatchNorm2d", "norm"),
        ("LSTM", "recurrent"),
        ("log_softmax", "activation"),
        ("matmul", "linear"),
        ("transpose", "layout"),
        ("AdaptiveAvgPool2d", "pool"),
        ("cat", "operation"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_names_of_operations() -> None:
    names = ["add_", "__iadd__", "__rsub__", "__getitem__", "relu_", "__invert__", "T"]
    found = [operation_name(one) for one in names]
    assert found == ["add", "add", "sub", "index", "relu", "invert", "transpose"]
