"""Different ways to write one network lower to the same Program."""

from __future__ import annotations

import pytest

from tests.program.compiling import dump_text

HEAD = "modelspec: 1\nname: Net\nparams: {width: 8, cfg: {dim: 4, deep: {heads: 2}}}\n"

# Each entry: bodies that mean the same.
SAME = {
    "layer types": [
        "Sequential: [ReLU]",
        "Sequential: [ReLU()]",
        "Sequential: [nn.ReLU]",
        "Sequential: [torch.nn.ReLU()]",
        "Sequential: [{ReLU: }]",
        "Sequential: [ReLU: []]",
        "Sequential: [ReLU: {}]",
        'Sequential: ["${ReLU()}"]',
    ],
    "positional arguments": [
        "Sequential:\n  - Linear(10, 5)",
        "Sequential:\n  - Linear: [10, 5]",
        "Sequential:\n  - nn.Linear: [10, 5]",
        'Sequential:\n  - "Linear(10, 5)"',
        "Sequential:\n  - >-\n    Linear(10,\n    5)",
        "Sequential:\n  - |\n    Linear(\n      10, 5\n    )",
    ],
    "one argument": [
        "Sequential: [MaxPool2d(2)]",
        "Sequential: [MaxPool2d: 2]",
        "Sequential: [MaxPool2d: [2]]",
    ],
    "keyword arguments": [
        "Sequential:\n  - Conv2d(in_channels=1, out_channels=width * 2, kernel_size=3,"
        " padding_mode='zeros')",
        "Sequential:\n  - Conv2d: {in_channels: 1, out_channels: '${width * 2}',"
        " kernel_size: 3, padding_mode: zeros}",
        "Sequential:\n  - Conv2d:\n      in_channels: 1\n"
        "      out_channels: ${width * 2}\n      kernel_size: 3\n"
        "      padding_mode: zeros",
    ],
    "nested modules": [
        "modules:\n  e: TransformerEncoder(TransformerEncoderLayer(8, 2), 2)",
        "modules:\n  e: ${TransformerEncoder(TransformerEncoderLayer(8, 2), 2)}",
        "modules:\n  e:\n    TransformerEncoder:\n"
        "      - TransformerEncoderLayer: [8, 2]\n      - 2",
    ],
    "ordered dicts": [
        "Sequential:\n  conv1: Conv2d(1, 20, 5)\n  relu1: ReLU",
        "Sequential:\n  OrderedDict:\n    conv1: Conv2d(1, 20, 5)\n    relu1: ReLU",
        'Sequential:\n  OrderedDict: [[conv1, "Conv2d(1, 20, 5)"], [relu1, ReLU]]',
    ],
    "a module dict of pairs": [
        "ModuleDict: {a: ReLU, b: Tanh}",
        "ModuleDict: [[a, ReLU], [b, Tanh]]",
    ],
    "control flow, one or several": [
        "Sequential:\n  - for i in range(3):\n      - Linear(4, 4)",
        "Sequential:\n  - for i in range(3): Linear(4, 4)",
        "Sequential:\n  - for i in range(3):\n      Linear: [4, 4]",
    ],
    "else in the same item or the next": [
        "Sequential:\n  - if width > 4:\n      - ReLU\n    else:\n      - Tanh",
        "Sequential:\n  - if width > 4: ReLU\n  - else: Tanh",
    ],
    "keys of a dict": [
        "Sequential:\n  - Linear(cfg.dim, cfg.deep.heads)",
        'Sequential:\n  - Linear(cfg["dim"], cfg["deep"]["heads"])',
    ],
    "built-ins": [
        "Sequential:\n  - Linear(ceil(width / 3), prod([2, 2]))",
        "Sequential:\n  - Linear(math.ceil(width / 3), math.prod([2, 2]))",
    ],
    "functional": [
        "modules: {}\nforward: F.relu(x)",
        "modules: {}\nforward: torch.nn.functional.relu(x)",
        "modules: {}\nforward: nn.functional.relu(x)",
        "modules: {}\nforward: |\n  return F.relu(x)",
        "modules: {}\nforward: |\n  def forward(self, x):\n      return F.relu(x)",
        "modules: {}\ninputs: [x]\nforward: F.relu(x)",
    ],
    "init functions": [
        "modules: {a: 'Linear(4, 4)'}\ninit:\n  Linear: {weight: zeros_}",
        "modules: {a: 'Linear(4, 4)'}\ninit:\n  nn.Linear: {weight: zeros_()}",
        "modules: {a: 'Linear(4, 4)'}\ninit:\n  Linear: {weight: nn.init.zeros_}",
    ],
    "anchors": [
        "modules:\n  a: &one\n    Linear: [4, 4]\n  b: *one",
        "modules:\n  a: Linear(4, 4)\n  b: Linear(4, 4)",
    ],
}


@pytest.mark.parametrize("name", sorted(SAME))
def test_ways_of_writing_lower_alike(name: str) -> None:
    """All bodies of an entry dump to the same text."""
    dumps = [dump_text(f"{HEAD}{body}\n") for body in SAME[name]]
    for body, dump in zip(SAME[name][1:], dumps[1:], strict=True):
        assert dump == dumps[0], body
