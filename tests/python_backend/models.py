"""Real models as Programs made by hand."""

from __future__ import annotations

from pathlib import Path

from modelspec.backends.python import emit_module
from modelspec.program import ir
from tests.python_backend.programs import (
    attribute,
    block,
    buffer,
    by_name,
    by_type,
    child,
    container,
    expr,
    freeze,
    function,
    inputs,
    keep,
    let,
    loop,
    param,
    parameter,
    program,
    sequential,
    splice,
    tie,
    variant,
    when,
)

_SHORTCUT = when(
    "stride != 1 or in_ch != out_ch * self.expansion",
    [
        child(
            "downsample",
            sequential(
                "nn.Conv2d(in_ch, out_ch * self.expansion, 1, stride, bias=False)",
                "nn.BatchNorm2d(out_ch * self.expansion)",
            ),
        )
    ],
    [child("downsample", "None")],
)


def resnet() -> ir.Program:
    basic = block(
        "BasicBlock",
        child(
            "conv1", "nn.Conv2d(in_ch, out_ch, 3, stride=stride, padding=1, bias=False)"
        ),
        child("bn1", "nn.BatchNorm2d(out_ch)"),
        child("relu", "nn.ReLU(inplace=True)"),
        child("conv2", "nn.Conv2d(out_ch, out_ch, 3, padding=1, bias=False)"),
        child("bn2", "nn.BatchNorm2d(out_ch)"),
        _SHORTCUT,
        params=["in_ch: int", "out_ch: int", "stride: int = 1"],
        constants={"expansion": "1"},
        doc="Two 3x3 convolutions around a shortcut.",
        methods="""
def forward(self, x):
    y = self.relu(self.bn1(self.conv1(x)))
    y = self.bn2(self.conv2(y))
    if self.downsample is not None:
        x = self.downsample(x)  # match the shape

    # join
    return self.relu(y + x)
""",
    )
    bottleneck = block(
        "Bottleneck",
        child("conv1", "nn.Conv2d(in_ch, out_ch, 1, bias=False)"),
        child("bn1", "nn.BatchNorm2d(out_ch)"),
        child(
            "conv2",
            "nn.Conv2d(out_ch, out_ch, 3, stride=stride, padding=1, bias=False)",
        ),
        child("bn2", "nn.BatchNorm2d(out_ch)"),
        child("conv3", "nn.Conv2d(out_ch, out_ch * self.expansion, 1, bias=False)"),
        child("bn3", "nn.BatchNorm2d(out_ch * self.expansion)"),
        child("relu", "nn.ReLU(inplace=True)"),
        _SHORTCUT,
        params=["in_ch: int", "out_ch: int", "stride: int = 1"],
        constants={"expansion": "4"},
        methods="""
def forward(self, x):
    y = self.relu(self.bn1(self.conv1(x)))
    y = self.relu(self.bn2(self.conv2(y)))
    y = self.bn3(self.conv3(y))
    if self.downsample is not None:
        x = self.downsample(x)
    return self.relu(y + x)
""",
    )
    stages = loop(
        "i, n",
        "enumerate(layers)",
        child(
            "layer{i + 1}",
            sequential(
                "block(width, 64 * 2**i, stride=1 if i == 0 else 2)",
                let("width", "64 * 2**i * block.expansion"),
                loop("_", "range(1, n)", "block(width, 64 * 2**i)"),
            ),
        ),
    )
    root = block(
        "ResNet",
        let("width", "64"),
        child("conv1", "nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)"),
        child("bn1", "nn.BatchNorm2d(64)"),
        child("relu", "nn.ReLU(inplace=True)"),
        child("maxpool", "nn.MaxPool2d(3, stride=2, padding=1)"),
        stages,
        child("avgpool", "nn.AdaptiveAvgPool2d(1)"),
        child("fc", "nn.Linear(width, num_classes)"),
        by_type(
            (
                "nn.Conv2d",
                {
                    "weight": "nn.init.kaiming_normal_(w, mode='fan_out')",
                },
            ),
            (
                "nn.BatchNorm2d | nn.GroupNorm",
                {"weight": "nn.init.ones_(w)", "bias": "nn.init.zeros_(w)"},
            ),
        ),
        params=[
            "block: layer",
            "layers: list[int] = [2, 2, 2, 2]",
            "num_classes: int = 1000",
        ],
        doc="ResNet.",
        methods="""
def forward(self, x):
    x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
    x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
    return self.fc(torch.flatten(self.avgpool(x), 1))
""",
    )
    return program(
        basic,
        bottleneck,
        root,
        variants=[
            variant("resnet18", block="BasicBlock", layers="[2, 2, 2, 2]"),
            variant(
                "resnet50",
                "The one in every paper.",
                block="Bottleneck",
                layers="[3, 4, 6, 3]",
            ),
        ],
    )


def gpt() -> ir.Program:
    attention = block(
        "CausalSelfAttention",
        child("c_attn", "nn.Linear(dim, 3 * dim)"),
        child("c_proj", "nn.Linear(dim, dim)"),
        keep("heads"),
        params=["dim: int", "heads: int", "dropout: float = 0.0"],
        methods="""
def forward(self, x):
    B, T, C = x.size()  # batch, time, channels
    q, k, v = self.c_attn(x).split(C, dim=2)
    d = C // self.heads
    q, k, v = [t.view(B, T, self.heads, d).transpose(1, 2) for t in (q, k, v)]
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))
""",
    )
    layer = block(
        "Block",
        child("ln_1", "nn.LayerNorm(dim)"),
        child("attn", "CausalSelfAttention(dim, heads)"),
        child("ln_2", "nn.LayerNorm(dim)"),
        child(
            "mlp",
            container(
                "nn.Sequential",
                {
                    "c_fc": "nn.Linear(dim, 4 * dim)",
                    "gelu": 'nn.GELU(approximate="tanh")',
                    "c_proj": "nn.Linear(4 * dim, dim)",
                },
            ),
        ),
        params=["dim: int", "heads: int"],
        methods="""
def forward(self, x):
    x = x + self.attn(self.ln_1(x))
    return x + self.mlp(self.ln_2(x))
""",
    )
    root = block(
        "GPT",
        child(
            "transformer",
            container(
                "nn.ModuleDict",
                {
                    "wte": "nn.Embedding(vocab, dim)",
                    "wpe": "nn.Embedding(context, dim)",
                    "drop": "nn.Dropout(dropout)",
                    "h": container(
                        "nn.ModuleList",
                        [loop("_", "range(depth)", "Block(dim, heads)")],
                    ),
                    "ln_f": "nn.LayerNorm(dim)",
                },
            ),
        ),
        child("lm_head", "nn.Linear(dim, vocab, bias=False)"),
        tie("transformer.wte.weight", "lm_head.weight"),
        by_type(
            (
                "nn.Linear",
                {"weight": "nn.init.normal_(w, std=0.02)", "bias": "nn.init.zeros_(w)"},
            ),
            ("nn.Embedding", {"weight": "nn.init.normal_(w, std=0.02)"}),
        ),
        by_name(
            "*.c_proj.weight", "nn.init.normal_(w, std=0.02 / math.sqrt(2 * depth))"
        ),
        params=[
            "vocab: int = 50257",
            "context: int = 1024",
            "depth: int = 12",
            "dim: int = 768",
            "heads: int = 12",
            param(
                "dropout: float = 0.1",
                minimum=0,
                maximum=1,
                doc="After the embeddings.",
            ),
        ],
        doc="A GPT-2 language model.",
        given=inputs("idx", "targets"),
        methods="""
def forward(self, idx, targets=None):
    pos = torch.arange(idx.size(1), device=idx.device)
    x = self.transformer.drop(self.transformer.wte(idx) + self.transformer.wpe(pos))
    for block in self.transformer.h:
        x = block(x)
    x = self.transformer.ln_f(x)
    if targets is not None:
        logits = self.lm_head(x)
        loss = F.cross_entropy(logits.view(-1, 11), targets.view(-1), ignore_index=-1)
    else:
        logits = self.lm_head(x[:, [-1], :])
        loss = None
    return logits, loss
""",
    )
    variants = [
        variant("gpt2"),
        variant("gpt2-medium", depth="24", dim="1024", heads="16"),
    ]
    return program(attention, layer, root, variants=variants)


def lstm() -> ir.Program:
    root = block(
        "RNNModel",
        child("drop", "nn.Dropout(dropout)"),
        child("encoder", "nn.Embedding(ntoken, ninp)"),
        child("rnn", "nn.LSTM(ninp, nhid, nlayers, dropout=dropout)"),
        child("decoder", "nn.Linear(nhid, ntoken)"),
        when("tied", [tie("decoder.weight", "encoder.weight")]),
        by_name("encoder.weight", "nn.init.uniform_(w, -0.1, 0.1)"),
        by_name("decoder.bias", "nn.init.zeros_(w)"),
        keep("nhid"),
        keep("nlayers"),
        params=[
            "ntoken: int",
            "ninp: int = 200",
            "nhid: int = 200",
            "nlayers: int = 2",
            "dropout: float = 0.5",
            "tied: bool = False",
        ],
        given=inputs("tokens") + inputs("hidden", shaped=False),
        methods="""
def forward(self, tokens, hidden):
    emb = self.drop(self.encoder(tokens))
    output, hidden = self.rnn(emb, hidden)
    decoded = self.decoder(self.drop(output))
    return F.log_softmax(decoded.view(-1, decoded.size(-1)), dim=1), hidden


def init_hidden(self, bsz):
    weight = self.decoder.weight
    return (
        weight.new_zeros(self.nlayers, bsz, self.nhid),
        weight.new_zeros(self.nlayers, bsz, self.nhid),
    )
""",
    )
    return program(root, variants=[variant("tied", ntoken="100", tied="True")])


def fancy_mlp() -> ir.Program:
    root = block(
        "FancyMLP",
        buffer("rand_weight", "torch.rand((20, 20))", "False"),
        child("linear", "nn.Linear(20, 20)"),
        attribute("cache", "None"),
        methods="""
def forward(self, x):
    x = self.linear(x)
    # the constant weight
    x = F.relu(torch.mm(x, self.rand_weight) + 1e-5)
    # reuse the layer: parameters are shared
    x = self.linear(x)
    while x.norm().item() > 1:
        x /= 2
    if x.norm().item() < 0.8:
        x *= 10
    return x.sum()
""",
    )
    return program(root)


def tour() -> list[ir.Program]:
    linears = block(
        "Linears",
        child(
            "linears",
            container("nn.ModuleList", [loop("i", "range(10)", "nn.Linear(10, 10)")]),
        ),
        methods="""
def forward(self, x):
    for i, l in enumerate(self.linears):
        x = self.linears[i // 2](x) + l(x)
    return x
""",
    )
    net = block(
        "Net",
        child(None, "nn.Conv2d(1, 20, 5)"),
        child(None, "nn.ReLU()"),
        child(None, "nn.Conv2d(20, 64, 5)"),
        child(None, "nn.ReLU()"),
        base="Sequential",
    )
    named = block(
        "NamedNet",
        child("conv1", "nn.Conv2d(1, 20, 5)"),
        child("relu1", "nn.ReLU()"),
        loop("i", "range(n)", child("extra{i}", "nn.Identity()")),
        child("a-b", "nn.Identity()"),
        params=["n: int = 2"],
        base="Sequential",
    )
    listed = block(
        "Stack",
        loop("width", "widths", child(None, "nn.Linear(width, width)")),
        params=["widths: list[int] = [4, 4]"],
        base="ModuleList",
        methods="""
def forward(self, x):
    for layer in self:
        x = layer(x)
    return x
""",
    )
    choices = block(
        "Choices",
        child(
            "act",
            container(
                "nn.ModuleDict", {"lrelu": "nn.LeakyReLU()", "prelu": "nn.PReLU()"}
            ),
        ),
        child("norm", "nn.BatchNorm1d(4) if batch else nn.LayerNorm(4)"),
        when(
            "batch",
            [child("extra", "nn.Linear(4, 4)")],
            [child("extra", "nn.Identity()")],
        ),
        params=[
            "batch: bool = True",
            param("mode: str = 'lrelu'", choices=("lrelu", "prelu")),
        ],
        methods="""
def forward(self, x, act='lrelu'):
    return self.act[act](self.extra(self.norm(x)))
""",
    )
    vgg = block(
        "VGG",
        let("width", "3"),
        child(
            "features",
            sequential(
                loop(
                    "v",
                    "cfg",
                    when(
                        "v == 'M'",
                        ["nn.MaxPool2d(2)"],
                        [
                            "nn.Conv2d(width, v, 3, padding=1)",
                            when("batch_norm", ["nn.BatchNorm2d(v)"]),
                            "nn.ReLU(inplace=True)",
                            let("width", "v"),
                        ],
                    ),
                )
            ),
        ),
        child("classifier", "nn.Linear(width, 10)"),
        params=["cfg: list[any] = [8, 'M', 16, 'M']", "batch_norm: bool = False"],
        methods="""
def forward(self, x):
    x = self.features(x)
    return self.classifier(x.mean((2, 3)))
""",
    )
    dense = block(
        "Dense",
        let("width", "8"),
        child(
            "features",
            container(
                "nn.Sequential",
                [
                    child("conv0", "nn.Conv2d(3, 8, 3)"),
                    loop(
                        "i, n",
                        "enumerate(config)",
                        child("block{i + 1}", "nn.Conv2d(width, width + n, 1)"),
                        let("width", "width + n"),
                        when(
                            "i != len(config) - 1",
                            [child("transition{i + 1}", "nn.ReLU()")],
                        ),
                    ),
                    child("norm5", "nn.BatchNorm2d(width)"),
                ],
                named=True,
            ),
        ),
        params=["config: list[int] = [2, 3]"],
        methods="def forward(self, x):\n    return self.features(x)\n",
    )
    owned = block(
        "Owned",
        parameter("gamma", "torch.full((dim,), 1e-6)"),
        parameter("frozen", "torch.zeros(dim)", "False"),
        child("fc", "nn.Linear(dim, dim)"),
        parameter("shared", "self.fc.weight"),
        when(
            "scale", [parameter("scale", "torch.ones(1)")], [parameter("scale", "None")]
        ),
        buffer("mask", "torch.tril(torch.ones(dim, dim))", "False"),
        child("body", sequential("nn.Linear(dim, dim)", "nn.ReLU()", "self.fc")),
        freeze("fc"),
        freeze("body.*"),
        by_name("body.[0]", {"bias": "torch.arange(dim) * 1e-3"}),
        params=["dim: int = 4", "scale: bool = True"],
        methods="""
def forward(self, x):
    y = self.body(x * self.gamma) @ self.mask
    return {"y": y, "x": x}
""",
    )
    concat = block(
        "Concat",
        splice("branches"),
        keep("dim"),
        params=["branches: children", "dim: int = 1"],
        base="Sequential",
        methods="""
def forward(self, x):
    return torch.cat([m(x) for m in self], dim=self.dim)
""",
    )
    residual = block(
        "Residual",
        splice("layers"),
        params=["layers: children"],
        base="Sequential",
        methods="def forward(self, x):\n    return x + super().forward(x)\n",
    )
    joined = block(
        "Joined",
        child(
            None,
            container(
                "Concat(dim=2)", ["nn.Linear(4, 4)", "nn.Identity()"], into="branches"
            ),
        ),
        child(
            None,
            container(
                "Concat()",
                {"a": "nn.Identity()", "b": "nn.Identity()"},
                into="branches",
            ),
        ),
        child(None, container("Residual()", ["nn.Linear(8, 8)"], into="layers")),
        base="Sequential",
    )
    norm = block(
        "Norm2d",
        params=["dim: int", "eps: float = 1e-6"],
        base="nn.LayerNorm(dim, eps=eps)",
        methods="""
def forward(self, x):
    return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
""",
    )
    rates = block(
        "Rates",
        let("rates", "linspace(0, rate, depth)"),
        child(
            "blocks",
            container(
                "nn.ModuleList",
                [loop("i", "range(depth)", "nn.Dropout(rates[i] * make_odd(i))")],
            ),
        ),
        child(
            "norms",
            sequential("act()", loop("n", "[4, 4]", "nn.LayerNorm(n)"), "nn.ReLU()"),
        ),
        params=[
            "depth: int = 3",
            "rate: float = 0.1",
            "act: layer = partial(nn.ReLU, inplace=True)",
        ],
        methods="""
def forward(self, x):
    for block in self.blocks:
        x = block(x)
    return x
""",
    )
    odd = function(
        """
def make_odd(v: int):
    # even numbers go up
    if v % 2 == 0:
        return v + 1
    return v
"""
    )
    tail = 'Multiple lines """ of\n\n    text \\ with\x07 "quotes"'
    docs = block("Docs", doc=tail, methods="def forward(self, x):\n    return x\n")
    return [
        program(linears),
        program(net),
        program(named),
        program(listed),
        program(choices),
        program(vgg),
        program(dense),
        program(owned),
        program(concat, residual, joined),
        program(norm),
        program(rates, functions=[odd]),
        program(docs),
    ]


def every_model() -> list[ir.Program]:
    return [resnet(), gpt(), lstm(), fancy_mlp(), *tour()]


def write_sources(folder: Path) -> None:
    """The source of every model, in both styles."""
    given = {"ResNet": {"block": expr("Bottleneck")}, "RNNModel": {"ntoken": 10}}
    for one in every_model():
        name, values = str(one.root), given.get(str(one.root), {})
        flat = emit_module(one, style="flat", values=values)
        (folder / f"{name.lower()}.py").write_text(emit_module(one))
        (folder / f"flat_{name.lower()}.py").write_text(flat)
