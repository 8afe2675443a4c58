"""A spec at a glance: a line for the prompt, a few for a notebook.

In: what a `Spec` holds, as plain values. Out: text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def render_line(
    name: str | None,
    params: Mapping[str, object],
    variants: Iterable[str],
    blocks: Sequence[str],
) -> str:
    """`Spec(MLP, params=[features: int = 784], ...)`."""
    parts = [name or "a library"]
    parts += _listed("params", map(str, params.values()))
    parts += _listed("variants", variants)
    parts += _listed("blocks", (block for block in blocks if block != name))
    return f"Spec({', '.join(parts)})"


def render_markdown(
    name: str | None,
    doc: str | None,
    params: Mapping[str, object],
    variants: Iterable[str],
    blocks: Sequence[str],
) -> str:
    """What a notebook shows."""
    lines = [f"**{_escaped(name or 'A library of blocks')}**"]
    if doc:
        lines += ["", _escaped(doc.strip())]
    tables = {
        "Params": map(str, params.values()),
        "Variants": variants,
        "Blocks": (block for block in blocks if block != name),
    }
    items = [
        f"- {title}: {', '.join(f'`{_code(one)}`' for one in listed)}"
        for title, values in tables.items()
        if (listed := list(values))
    ]
    return "\n".join([*lines, "", *items]).rstrip() + "\n"


def _listed(title: str, values: Iterable[str]) -> Iterator[str]:
    known = list(values)
    if known:
        yield f"{title}=[{', '.join(known)}]"


def _escaped(text: str) -> str:
    """Text of the spec's, which is no markup of the notebook's."""
    marked = "".join(f"\\{char}" if char in "\\`*_{}[]#|" else char for char in text)
    return marked.replace("&", "&amp;").replace("<", "&lt;")


def _code(text: str) -> str:
    return text.replace("`", "'").replace("\n", " ")
