"""`modelspec layers`: what can be named in a spec, and what it takes."""

from __future__ import annotations

import json

import pytest

from modelspec.catalog import load_catalog
from modelspec.catalog.docs import argument_doc, layer_doc, layer_link
from modelspec.program.standard import STANDARD_BLOCKS
from tests.cli.commands import run, run_without_torch

LAYERS = load_catalog().layer_names
ALL = sorted((*LAYERS, *STANDARD_BLOCKS))


def test_all_layers_a_line_each() -> None:
    lines = run("layers").out.splitlines()
    assert [line.split()[0] for line in lines] == ALL
    assert "Linear                         Affine map" in "\n".join(lines)


def test_one_layer() -> None:
    """The signature, a line of doc, the arguments and the page."""
    found = run("layers", "Dropout")
    assert (found.status, found.err) == (0, "")
    assert found.out == (
        "Dropout(p=0.5, inplace=False)\n"
        "\n"
        "Zeroes single elements at random in training and scales the others up.\n"
        "\n"
        "  p        Probability that an element is zeroed, in 0..1. (float)\n"
        "  inplace  Whether the input is overwritten to save memory. (bool)\n"
        "\n"
        "https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html\n"
    )
    assert run("layers", "nn.Dropout") == run("layers", "torch.nn.Dropout") == found


def test_choices_stand_in_place_of_a_string() -> None:
    assert "('same' | 'valid' | int | tuple[int, int])" in " ".join(
        run("layers", "Conv2d").out.split()
    )
    assert "('none' | 'tanh')" in " ".join(run("layers", "GELU").out.split())


@pytest.mark.parametrize("part", ["conv", "CONV", "Transpose"])
def test_a_part_of_a_name(part: str) -> None:
    """Those that have it in their name, in any case."""
    names = [line.split()[0] for line in run("layers", part).out.splitlines()]
    assert names == [one for one in ALL if part.lower() in one.lower()]
    assert len(names) > 3


def test_what_there_is_not() -> None:
    found = run("layers", "Linaer")
    assert (found.status, found.out) == (2, "")
    assert found.err == "there is no layer 'Linaer'; did you mean 'Linear'?\n"
    assert run("layers", "xyzzy").err == "there is no layer 'xyzzy'\n"


def test_json() -> None:
    (entry,) = json.loads(run("layers", "RMSNorm", "--format", "json").out)
    assert entry["signature"].startswith("RMSNorm(normalized_shape, eps=None")
    assert entry["origin"] == "torch.nn"
    eps = next(one for one in entry["arguments"] if one["name"] == "eps")
    assert (eps["default"], eps["type"]) == ("None", "float | None")
    assert len(json.loads(run("layers", "--format", "json").out)) == len(ALL)


def test_a_standard_block() -> None:
    """Told as a layer is, with the strings an argument may be."""
    found = run("layers", "DropPath")
    assert found.out == (
        "DropPath(p, mode='row')\n"
        "\n"
        "Zeroes its input at random while training (stochastic depth).\n"
        "\n"
        "  p     The probability to be zeroed. (float)\n"
        "  mode  Whether each row of the batch is drawn for itself, or the batch as a "
        "whole.\n"
        "        ('row' | 'batch')\n"
    )
    (entry,) = json.loads(run("layers", "DropPath", "--format", "json").out)
    assert (entry["origin"], entry["link"]) == ("modelspec", None)


@pytest.mark.parametrize("name", STANDARD_BLOCKS)
def test_every_standard_block_and_argument_has_a_line(name: str) -> None:
    """With the signature by which it is called, and types."""
    (entry,) = json.loads(run("layers", name, "--format", "json").out)
    assert entry["signature"] == f"{name}({STANDARD_BLOCKS[name]})"
    for told in (entry, *entry["arguments"]):
        assert told["doc"].endswith(".")
    assert all(one["type"] for one in entry["arguments"])


def test_without_torch() -> None:
    assert run_without_torch("layers", "Linear").status == 0


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_and_argument_has_a_line(name: str) -> None:
    """One sentence or two, in ASCII."""
    layer = load_catalog().layer(name)
    assert layer is not None
    docs = [argument_doc(name, one.name) for one in layer.signature.parameters]
    for doc in [layer_doc(name), *docs]:
        assert doc.endswith(".")
        assert doc.isascii()
        assert len(doc) < 120


def test_no_line_is_about_nothing() -> None:
    """Names of layers, arguments and patterns are those of the catalogue."""
    from modelspec.catalog import docs

    takes = {
        (name, one.name)
        for name in LAYERS
        for one in load_catalog().layer(name).signature.parameters  # type: ignore[union-attr]
    }
    tables = docs._tables()
    assert sorted(tables["layers"]) == sorted(LAYERS)
    assert set(tables["arguments"]) == {argument for _, argument in takes}
    for argument, text in tables["arguments"].items():
        told = {docs.argument_doc(name, one) for name, one in takes if one == argument}
        texts = {text} if isinstance(text, str) else set(text.values())
        assert texts == told, argument


def test_layers_without_a_page() -> None:
    assert layer_link("Linear").endswith("/torch.nn.Linear.html")
    assert layer_link("Container") == layer_link("nosuch") == ""
