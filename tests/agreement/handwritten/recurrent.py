"""Recurrent models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RNNModel(nn.Module):
    def __init__(
        self,
        cell: Callable[..., nn.Module] = nn.LSTM,
        ntoken: int = 10_000,
        ninp: int = 200,
        nhid: int = 200,
        tie_weights: bool = False,
    ) -> None:
        super().__init__()
        self.ntoken = ntoken
        self.drop = nn.Dropout(0.5)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = cell(ninp, nhid, 2, dropout=0.5)
        self.decoder = nn.Linear(nhid, ntoken)
        if tie_weights:
            self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)

    def forward(self, tokens: Tensor, hidden: Any = None) -> tuple[Tensor, Any]:
        emb = self.drop(self.encoder(tokens))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output)).view(-1, self.ntoken)
        return F.log_softmax(decoded, dim=1), hidden


class Sequence(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm1 = nn.LSTMCell(1, 51)
        self.lstm2 = nn.LSTMCell(51, 51)
        self.linear = nn.Linear(51, 1)

    def forward(self, x: Tensor, future: int = 0) -> Tensor:
        h1 = c1 = h2 = c2 = x.new_zeros(x.size(0), 51)
        outputs: list[Tensor] = []
        for t in range(x.size(1) + future):
            step = x[:, t : t + 1] if t < x.size(1) else outputs[-1]
            h1, c1 = self.lstm1(step, (h1, c1))
            h2, c2 = self.lstm2(h1, (h2, c2))
            outputs.append(self.linear(h2))
        return torch.cat(outputs, dim=1)


class Tagger(nn.Module):
    def __init__(self, layers: int = 2, bidirectional: bool = True) -> None:
        super().__init__()
        width = 6 if bidirectional else 3
        self.embed = nn.Embedding(9, 4, padding_idx=0)
        self.rnn = nn.LSTM(
            4,
            3,
            layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=0.1 if layers > 1 else 0.0,
        )
        self.attn = nn.MultiheadAttention(width, 1, batch_first=True)
        self.out = nn.Bilinear(width, width, 3)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        y, (h, c) = self.rnn(self.embed(tokens))
        z, weights = self.attn(y, y, y)
        return self.out(y.contiguous(), z.contiguous()), weights, h, c


tiny = partial(RNNModel, ntoken=97, ninp=24)

ORACLES = {
    ("examples/lstm_lm", "rnn_relu"): partial(
        RNNModel, partial(nn.RNN, nonlinearity="relu")
    ),
    ("examples/lstm_lm", "tiny"): partial(tiny, nn.GRU, nhid=32),
    ("examples/lstm_lm", "tiny_tied"): partial(tiny, nhid=24, tie_weights=True),
    ("examples/time_sequence", None): Sequence,
    ("recurrent", None): Tagger,
    ("recurrent", "single"): partial(Tagger, layers=1, bidirectional=False),
}
