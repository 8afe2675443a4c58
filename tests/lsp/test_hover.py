"""Hover: what a name is, and what a diagnostic means."""

from __future__ import annotations

import pytest

from tests.lsp.client import MARK, Client, cut, place, unmark
from tests.lsp.test_completion import NET, typed


def hovered(client: Client, uri: str, text: str, before: str, after: str) -> str:
    """What is told at `before|after` in a text."""
    assert text.count(before + after) == 1, before + after
    marked = text.replace(before + after, before + MARK + after)
    found = client.at("hover", uri, marked)
    if found is None:
        return ""
    value: str = found["contents"]["value"]
    return value


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("head: Lin", "ear(width", "Linear(in_features, out_features, bias=True"),
        ("head: ", "Linear(width", "Affine map"),
        ("first: Pa", "rt(double)", "Part(size, bias=True)"),
        ("second: Pa", "rt(double, bias", "A part."),
        ("second: Part(double, bi", "as=False", "Whether there is one."),
        ("second: Part(dou", "ble, bias", "var of Net"),
        ("head: Linear(wid", "th", "width: int = 8"),
        ("head: Linear(wid", "th", "Of the hidden layer."),
        ("second: Part(dou", "ble, bias", "double = 2 * width"),
        ("y = self.head(im", "age)", "image: float32[N, 8]"),
        ("self.sca", "le.sum", "scale = torch.ones(half(4))"),
        ("  he", "ad: Lin", "Affine map"),
        ("width: {ty", "pe: int", "`type`"),
        ("default: 8, do", "c: Of the", "`doc`"),
        ("Dropout(ra", "te)", "rate: float = 0.1"),
        ("y = self.he", "ad(image)", "head = nn.Linear(width, double)"),
        ("z = self.pa", "rts(y)", "child of Net"),
        ("torch.on", "es(half", "ones("),
        ("torch.ones(ha", "lf(4", "half(n: int) -> int"),
        ("self.scale.su", "m()", "sum("),
        ("variant", "s:", "Named sets"),
    ],
)
def test_names(client: Client, uri: str, before: str, after: str, told: str) -> None:
    text = NET + "variants:\n  big: {width: 9}\n"
    assert told in hovered(client, uri, text, before, after)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("paral", "lel:", "divided among processes"),
        ("pl", "an:", "Tensor parallelism"),
        ("mixed_", "precision:", "dtype"),
        ("param_", "dtype:", "while they are used"),
    ],
)
def test_keys_of_parallel(
    client: Client, uri: str, before: str, after: str, told: str
) -> None:
    text = NET + (
        "parallel:\n  plan: {head: colwise_rep}\n  fsdp: parts\n"
        "  mixed_precision: {param_dtype: bfloat16}\n"
    )
    assert told in hovered(client, uri, text, before, after)


def test_the_range_is_the_name(client: Client, uri: str) -> None:
    marked = NET.replace("= self.head(image)", "= self.he¦ad(image)")
    found = client.at("hover", uri, marked)
    assert cut(NET, found["range"]) == "head"


def test_init_functions(client: Client, uri: str) -> None:
    text = NET + "init:\n  Linear: {weight: xavier_uniform_(gain=2)}\n"
    found = hovered(client, uri, text, "xavier", "_uniform_")
    assert "xavier_uniform_(tensor, gain=1.0" in found


def test_a_diagnostic_is_explained(client: Client, uri: str) -> None:
    text = NET.replace("head: Linear(", "head: Linaer(")
    found = hovered(client, uri, text, "head: Lin", "aer(")
    assert found.startswith("**unknown-name**: ")


def test_in_a_broken_text(client: Client, uri: str) -> None:
    """The last text that could be read still tells."""
    client.open(uri, NET)
    text, _ = unmark(NET.replace("buffers:", "buffers: {¦"))
    position = unmark(NET.replace("= self.head(", "= self.he¦ad("))[1]
    assert client.open(uri, text)
    found = client.ask("textDocument/hover", place(uri, position))
    assert "child of Net" in found["contents"]["value"]


@pytest.mark.parametrize("marked", ["modelspec: 1¦\nname: N\nmodules: {a: ReLU}", "¦"])
def test_nothing(client: Client, uri: str, marked: str) -> None:
    assert client.at("hover", uri, marked) is None


# --- the call that is typed -----------------------------------------------------------


def signature(client: Client, uri: str, line: str) -> tuple[str, str] | None:
    """The label, and the argument that is marked in it."""
    found = client.at("signatureHelp", uri, typed("head: Linear", line))
    if found is None:
        return None
    chosen = found["signatures"][found["activeSignature"]]
    at = found.get("activeParameter")
    if at is None:
        return chosen["label"], ""
    start, end = chosen["parameters"][at]["label"]
    return chosen["label"], chosen["label"][start:end]


@pytest.mark.parametrize(
    ("line", "label", "argument"),
    [
        ("  head: Conv2d(¦", "Conv2d(in_channels", "in_channels"),
        ("  head: Conv2d(1, ¦", "Conv2d(in_channels", "out_channels"),
        ("  head: Conv2d(1, kernel_size=¦", "Conv2d(in_channels", "kernel_size"),
        ("  head: Part(double, ¦", "Part(size, bias", "bias"),
        ("  head: Residual(¦", "Residual(layers)", "layers"),
        ("  head: {Linear: {in_features: '${half(¦", "half(n", "n"),
        ("  head: Linear(max(¦", "Linear(", ""),
    ],
)
def test_signatures(
    client: Client, uri: str, line: str, label: str, argument: str
) -> None:
    client.open(uri, NET)
    found = signature(client, uri, line)
    if not argument:
        assert found is None or found[1] == ""
        return
    assert found is not None
    assert found[0].startswith(label)
    assert found[1] == argument


@pytest.mark.parametrize(
    ("line", "argument"),
    [
        ("  y = F.dropout(image, ¦", "p"),
        ("  y = torch.zeros(2, dtype=¦", "dtype"),
        ("  y = self.parts.first(¦", "x"),
        ("  y = self.other(¦", "x"),
    ],
)
def test_signatures_in_methods(
    client: Client, uri: str, line: str, argument: str
) -> None:
    client.open(uri, NET)
    marked = typed("y = self.head", line)
    found = client.at("signatureHelp", uri, marked)
    chosen = found["signatures"][found["activeSignature"]]
    start, end = chosen["parameters"][found["activeParameter"]]["label"]
    assert chosen["label"][start:end] == argument


def test_no_signature(client: Client, uri: str) -> None:
    for line in ("  head: ¦", "  head: Linear¦(3, 4)", "  head: Linear(3, 4)¦"):
        assert signature(client, uri, line) is None
