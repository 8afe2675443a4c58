"""A model of the size of Llama 2 7B on the device meta: seconds, and no memory.

In a process of its own, whose peak of memory is that of this one construction.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import run_python

LLAMA = """\
modelspec: 1
name: Llama
params:
  vocab_size: 32000
  dim: 4096
  hidden: 11008
  layers: 32
inputs:
  tokens: {shape: [B, T], dtype: int64, max: "${vocab_size}"}
modules:
  embed_tokens: Embedding(vocab_size, dim)
  layers:
    ModuleList:
      - for _ in range(layers):
          - Layer(dim, hidden)
  norm: RMSNorm(dim)
  lm_head: Linear(dim, vocab_size, bias=False)
forward: |
  x = self.embed_tokens(tokens)
  for layer in self.layers:
      x = layer(x)
  return self.lm_head(self.norm(x))
init:
  "Linear | Embedding": {weight: normal_(std=0.02)}
blocks:
  Layer:
    params: {dim: int, hidden: int, heads: int = 32}
    modules:
      q_proj: Linear(dim, dim, bias=False)
      k_proj: Linear(dim, dim, bias=False)
      v_proj: Linear(dim, dim, bias=False)
      o_proj: Linear(dim, dim, bias=False)
      gate_proj: Linear(dim, hidden, bias=False)
      up_proj: Linear(dim, hidden, bias=False)
      down_proj: Linear(hidden, dim, bias=False)
      input_layernorm: RMSNorm(dim)
      post_attention_layernorm: RMSNorm(dim)
    forward: |
      h = self.input_layernorm(x)
      shape = (x.shape[0], x.shape[1], self.heads, -1)
      q = self.q_proj(h).view(shape).transpose(1, 2)
      k = self.k_proj(h).view(shape).transpose(1, 2)
      v = self.v_proj(h).view(shape).transpose(1, 2)
      h = F.scaled_dot_product_attention(q, k, v, is_causal=True)
      x = x + self.o_proj(h.transpose(1, 2).flatten(2))
      h = self.post_attention_layernorm(x)
      return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))
"""
PROGRAM = """\
import json, resource, sys
import torch, modelspec
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
model = modelspec.build(sys.argv[1], device="meta")
parameters = sum(one.numel() for one in model.parameters())
print(json.dumps([parameters, len(model.state_dict()), peak() - before]))
"""


@pytest.mark.slow
def test_seven_billion_parameters(tmp_path: Path) -> None:
    path = tmp_path / "llama.yaml"
    path.write_text(LLAMA, encoding="utf-8")
    found = run_python("-c", PROGRAM, path)
    assert found.status == 0, found.err
    parameters, tensors, kilobytes = json.loads(found.out)
    assert (parameters, tensors) == (6_738_415_616, 291)
    assert kilobytes < 400_000, "the weights alone would be 27 GB"
