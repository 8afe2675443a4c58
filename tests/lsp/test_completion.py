"""Completion, mostly in texts that do not parse: the usual state while typing."""

from __future__ import annotations

import pytest

from tests.lsp.client import Client

NET = """\
modelspec: 1
name: Net
params:
  width: {type: int, default: 8, doc: Of the hidden layer.}
  rate: float = 0.1
vars:
  double: 2 * width
functions:
  half: |
    def half(n: int) -> int:
        return n // 2
inputs:
  image: [N, 8]
blocks:
  Part:
    doc: A part.
    params:
      size: int
      bias: {type: bool, default: true, doc: Whether there is one.}
    modules:
      inner: Linear(size, size, bias=bias)
    forward: self.inner(x) + self.size
modules:
  head: Linear(width, double)
  parts:
    Sequential:
      first: Part(double)
      second: Part(double, bias=False)
  drop: Dropout(rate)
buffers:
  scale: torch.ones(half(4))
forward: |
  y = self.head(image)
  z = self.parts(y)
  return self.drop(z) * self.scale.sum()
methods:
  other: |
    def other(self, x):
        return self.head(x)
"""


def typed(after: str, text: str) -> str:
    """The net, with a marked text in place of the first line that has `after`."""
    lines = NET.split("\n")
    at = next(i for i, line in enumerate(lines) if after in line)
    return "\n".join([*lines[:at], text, *lines[at + 1 :]])


@pytest.fixture
def net(client: Client, uri: str) -> str:
    assert client.open(uri, NET) == []
    return uri


@pytest.mark.parametrize(
    "line",
    [
        "  head: ¦",
        "  head: Lin¦",
        "  head:\n    Lin¦",
        "  head:\n    Sequential:\n      - Lin¦",
        "  head: {Sequential: [Lin¦",
        "  head:\n    Sequential:\n    - for i in range(3):\n      - Lin¦",
        "  head:\n    Residual:\n      - Lin¦",
        "  if width > 3:\n    head: Lin¦",
    ],
)
def test_modules(client: Client, net: str, line: str) -> None:
    found = client.labels(net, typed("head: Linear", line))
    assert found[0] == "Part"
    wanted = {"Linear", "Sequential", "Residual", "Conv2d", "width"}
    assert wanted <= set(found)
    assert "modules" not in found


def test_in_a_block(client: Client, net: str) -> None:
    """Its own params, and none of the root's."""
    found = client.labels(net, typed("inner: Linear", "      inner: Linear(¦"))
    assert {"size", "in_features", "half"} <= set(found)
    assert not {"width", "double"} & set(found)


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("  head: Conv2d(¦", "in_channels kernel_size width double half", "Part("),
        ("  head: Conv2d(1, 2, ¦", "kernel_size groups", "in_channels out_channels"),
        ("  head: Conv2d(1, kernel_size=3, ¦", "out_channels", "kernel_size"),
        ("  head: Conv2d(max(1, ¦", "width", "kernel_size"),
        ("  head: Part(¦", "size bias", "width_"),
        ("  head: ConvNormAct(3, ¦", "out_channels norm", "in_channels"),
        ("  head:\n    Conv2d(1,\n      2, ¦", "kernel_size", "in_channels"),
        ("  head: 'Conv2d(1, ¦", "kernel_size", "in_channels"),
    ],
)
def test_arguments_of_calls(
    client: Client, net: str, line: str, wanted: str, unwanted: str
) -> None:
    found = set(client.labels(net, typed("head: Linear", line)))
    assert set(wanted.split()) <= found
    assert not set(unwanted.split()) & found


@pytest.mark.parametrize(
    ("line", "wanted", "unwanted"),
    [
        ("  head: {Conv2d: {¦", "in_channels groups", "width Linear self"),
        ("  head: {Conv2d: {in_channels: 3, ¦", "out_channels", "in_channels width"),
        ("  head:\n    Conv2d:\n      ¦", "in_channels groups", "width self"),
        (
            "  head:\n    Conv2d:\n      in_channels: 3\n      ¦\n      groups: 1",
            "out_channels",
            "in_channels groups",
        ),
        ("  head:\n    Part:\n      ¦", "size bias", "inner"),
        ("  head: {Conv2d: {padding_mode: ¦", "zeros circular", "width"),
        ("  head: {Conv2d: {bias: ¦", "true false", "width"),
        ("  head: {Conv2d: {in_channels: '${¦", "width double half", "groups"),
    ],
)
def test_arguments_in_mapping_form(
    client: Client, net: str, line: str, wanted: str, unwanted: str
) -> None:
    found = set(client.labels(net, typed("head: Linear", line)))
    assert set(wanted.split()) <= found
    assert not set(unwanted.split()) & found


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("  y = self.¦", "head parts drop scale width other training"),
        ("  y = self.head(self.¦", "head drop"),
        ("  y = self.parts.¦", "first second"),
        ("  y = self.parts.first.¦", "inner size"),
        ("  y = self.head.¦", "in_features weight"),
        ("  y = torch.¦", "cat zeros float32 nn_".replace(" nn_", "")),
        ("  y = torch.fft.¦", "rfft"),
        ("  y = F.¦", "relu conv2d"),
        ("  y = F.dropout(image, ¦", "p training image self"),
        ("  y = image.¦", "view shape sum"),
        ("  y = self.head(image).¦", "view"),
        ("  q = 1\n  y = ¦", "q image self torch F half"),
        ("  if image.sum() > 0:\n      y = self.¦", "head"),
        ("  y = nn.init.¦", "zeros_"),
    ],
)
def test_in_forward(client: Client, net: str, line: str, wanted: str) -> None:
    found = set(client.labels(net, typed("y = self.head", line)))
    assert set(wanted.split()) <= found


@pytest.mark.parametrize(
    ("after", "line", "wanted", "unwanted"),
    [
        ("buffers:", "¦", "extends tie freeze imports", "modules name width"),
        ("doc: A part", "    ¦", "vars extends", "params modules variants"),
        ("double:", "  double: 2 * ¦", "width rate half sqrt", "modules"),
        ("scale:", "  scale: torch.¦", "ones arange", "width"),
        ("rate:", "  rate: ¦", "int layer list", "width"),
        ("rate:", "  rate: {¦", "type default doc", "width"),
        ("rate:", "  rate: {type: ¦", "int layer", "width"),
        ("image:", "  image: {¦", "shape dtype optional", "width"),
        ("image:", "  image: {shape: [1], dtype: ¦", "int64 bool", "width"),
        ("image:", "  image: [N, ¦", "width", "dtype"),
        ("methods:", "init:\n  ¦", "Linear Conv2d", "width"),
        ("methods:", "init:\n  Linear: {¦", "weight bias", "width"),
        ("methods:", "init:\n  Linear: {weight: ¦", "normal_ zeros_", "weight"),
        ("methods:", "init:\n  Linear: {weight: normal_(¦", "mean std", "tensor"),
        ("methods:", "freeze: [¦", "head parts", "width"),
        ("methods:", "freeze: [parts.¦", "first second", "head"),
        ("methods:", "tie: {head.weight: parts.first.¦", "inner", "head"),
        ("methods:", "variants:\n  big: {¦", "width rate", "double"),
        ("methods:", "extends: Par¦", "Part Linear", "modules"),
        ("methods:", "budget:\n  ¦", "params macs weights activations", "width"),
        ("methods:", "budget: {params: 1M, ¦", "macs weights", "params width"),
        ("methods:", "parallel:\n  ¦", "plan fsdp mixed_precision", "width Linear"),
        ("methods:", "parallel: {fsdp: head, ¦", "plan", "fsdp width"),
        ("methods:", "parallel:\n  plan:\n    ¦", "head parts", "plan colwise"),
        ("methods:", "parallel:\n  plan:\n    head: ¦", "colwise rowwise", "Linear"),
        ("methods:", "parallel:\n  fsdp: ¦", "head parts", "Linear width"),
        ("methods:", "parallel:\n  fsdp:\n    - ¦", "head parts", "Linear width"),
        ("methods:", "parallel:\n  mixed_precision: ¦", "bfloat16", "head int8"),
        (
            *("methods:", "parallel:\n  mixed_precision:\n    ¦"),
            *("param_dtype cast_forward_inputs", "plan bfloat16"),
        ),
        (
            *("methods:", "parallel:\n  mixed_precision:\n    param_dtype: ¦"),
            *("bfloat16 float32", "int8 plan"),
        ),
        ("methods:", "budget: {params: ¦", "", "params macs width Linear"),
        ("methods:", "parallel: {fsdp: ¦", "head parts", "width plan"),
        ("methods:", "parallel: {mixed_precision: ¦", "bfloat16", "width fsdp"),
        ("methods:", "parallel: {mixed_precision: {¦", "param_dtype", "fsdp"),
    ],
)
def test_by_key(
    client: Client, net: str, after: str, line: str, wanted: str, unwanted: str
) -> None:
    found = set(client.labels(net, typed(after, line)))
    assert set(wanted.split()) <= found
    assert not set(unwanted.split()) & found


@pytest.mark.parametrize(
    "line",
    [
        "  head: ReLU  # Lin¦",
        "  head: GELU(approximate='¦",
        "  head: Linear(3.¦",
        "  # ¦",
    ],
)
def test_nothing(client: Client, net: str, line: str) -> None:
    assert client.labels(net, typed("head: Linear", line)) == []


def test_an_item_tells_what_it_is(client: Client, net: str) -> None:
    items = client.at("completion", net, typed("head: Lin", "  head: Part(¦"))["items"]
    by_label = {one["label"]: one for one in items}
    bias = by_label["bias"]
    assert (bias["insertText"], bias["detail"]) == ("bias=", "bool = True")
    assert bias["documentation"]["value"] == "Whether there is one."
    assert by_label["width"]["detail"] == "int"
    assert "Affine map" in by_label["Linear"]["documentation"]["value"]


def test_of_a_spec_that_never_compiled(client: Client, uri: str) -> None:
    """The line that is typed is left out to know the others."""
    marked = typed("head: Linear", "  head: {Linear: [¦")
    assert "width" in client.labels(uri, marked.replace("[¦", "{in_features: '${¦"))


def test_an_empty_file(client: Client, uri: str) -> None:
    assert client.labels(uri, "¦")[:1] == ["doc"]
    assert "modelspec" in client.labels(uri, "mod¦")


def test_imported_blocks(client: Client, uri: str) -> None:
    from pathlib import Path
    from urllib.parse import urlparse

    folder = Path(urlparse(uri).path).parent
    (folder / "part.yaml").write_text(
        "modelspec: 1\nblocks: {Far: {params: {depth: int}, Sequential: [ReLU]}}\n"
    )
    head = "modelspec: 1\nname: Net\nimports: {./part.yaml: {Far: Near}}\n"
    client.open(uri, f"{head}Sequential:\n  - Near(3)\n")
    assert client.labels(uri, f"{head}Sequential:\n  - ¦\n")[0] == "Near"
    assert "depth" in client.labels(uri, f"{head}Sequential:\n  - Near(¦\n")
    half = head.replace("{Far: Near}", "[¦")
    assert client.labels(uri, f"{half}\nSequential:\n  - ReLU\n") == ["Far"]
