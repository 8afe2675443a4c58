"""The colours of pictures, one pair for each kind: a fill, and a line around it."""

from __future__ import annotations

from modelspec.report.graph.model import Kind

LIGHT: dict[Kind, tuple[str, str]] = {
    "input": ("#f4f4f5", "#71717a"),
    "output": ("#f4f4f5", "#71717a"),
    "block": ("#eef2f7", "#64748b"),
    "conv": ("#dbeafe", "#2563eb"),
    "linear": ("#e0e7ff", "#4f46e5"),
    "attention": ("#fce7f3", "#be185d"),
    "recurrent": ("#ede9fe", "#7c3aed"),
    "embedding": ("#ccfbf1", "#0f766e"),
    "norm": ("#fef3c7", "#b45309"),
    "activation": ("#dcfce7", "#15803d"),
    "pool": ("#ffedd5", "#c2410c"),
    "dropout": ("#f1f5f9", "#94a3b8"),
    "layout": ("#fafafa", "#a1a1aa"),
    "operation": ("#ffffff", "#3f3f46"),
    "parameter": ("#fdf4ff", "#a21caf"),
}

DARK: dict[Kind, tuple[str, str]] = {
    "input": ("#27272a", "#a1a1aa"),
    "output": ("#27272a", "#a1a1aa"),
    "block": ("#1e293b", "#94a3b8"),
    "conv": ("#172554", "#60a5fa"),
    "linear": ("#1e1b4b", "#818cf8"),
    "attention": ("#500724", "#f472b6"),
    "recurrent": ("#2e1065", "#a78bfa"),
    "embedding": ("#042f2e", "#2dd4bf"),
    "norm": ("#451a03", "#fbbf24"),
    "activation": ("#052e16", "#4ade80"),
    "pool": ("#431407", "#fb923c"),
    "dropout": ("#1e293b", "#64748b"),
    "layout": ("#18181b", "#71717a"),
    "operation": ("#0a0a0a", "#d4d4d8"),
    "parameter": ("#2b0f3a", "#d56ae8"),
}

NAMES: dict[Kind, str] = {
    "conv": "convolution",
    "linear": "linear, matmul",
    "attention": "attention",
    "recurrent": "recurrent",
    "embedding": "embedding",
    "norm": "normalisation",
    "activation": "activation",
    "pool": "pooling, resampling",
    "dropout": "dropout",
    "layout": "view",
    "operation": "operation",
    "parameter": "parameter, buffer",
    "block": "block",
}
"""What a legend calls the kinds that are worth a line there."""
