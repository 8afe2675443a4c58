"""What `graph` gives: one network, to be had as mermaid, dot, SVG, HTML or Markdown.

A notebook shows it as SVG. All texts are the same for the same spec.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from modelspec.records import dataclass
from modelspec.report.graph.dot import render_dot
from modelspec.report.graph.html import PageParts, render_html
from modelspec.report.graph.mermaid import render_mermaid
from modelspec.report.graph.model import Graph
from modelspec.report.graph.svg import render_svg
from modelspec.report.graph.tree import make_graph
from modelspec.resources import page_path
from modelspec.sizes import Observation
from modelspec.sizes.contents import HeldModule

_FEW = 20
"""So few children, and what is between them, fit into any text of mermaid's."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Drawing:
    """A network, ready to be drawn.

    `depth` levels of blocks are open; None opens each kind of block once, while there
    is room on a page. `layer_texts` are what layers say of their arguments, by path.
    """

    observation: Observation
    held: HeldModule
    layer_texts: Mapping[str, str]
    title: str
    subtitle: str
    depth: int | None = None

    def graph(self) -> Graph:
        """The boxes and links that pictures are made of."""
        return make_graph(
            self.observation,
            self.held,
            self.layer_texts,
            title=self.title,
            subtitle=self.subtitle,
        )

    def mermaid(self) -> str:
        """A flowchart that GitHub draws: at most 500 edges and 50,000 characters."""
        text = render_mermaid(self.graph(), self.depth)
        if text is None:
            few = make_graph(
                self.observation,
                self.held,
                self.layer_texts,
                title=self.title,
                subtitle=self.subtitle,
                most=_FEW,
            )
            text = render_mermaid(few, self.depth)
        assert text is not None, "a few boxes do not fit"
        return text

    def dot(self) -> str:
        """A digraph for Graphviz."""
        return render_dot(self.graph(), self.depth)

    def svg(self) -> str:
        """One picture, which needs nothing else."""
        return render_svg(self.graph(), self.depth)

    def html(self) -> str:
        """One page to look around in, which needs no network."""
        names = ("page.html", "page.js", "page.css")
        page, script, style = (
            page_path(name).read_text(encoding="utf-8") for name in names
        )
        return render_html(self.graph(), PageParts(page, script, style), self.depth)

    def markdown(self) -> str:
        """A heading and the flowchart, for a README."""
        graph = self.graph()
        heading = f"# {_plain(graph.title)}\n\n{_plain(graph.subtitle)}\n\n"
        return f"{heading}```mermaid\n{self.mermaid()}```\n"

    def text(self, format: str) -> str:
        """One of `FORMATS`."""
        return FORMATS[format](self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file; its suffix is one of `SUFFIXES` and says what it holds.

        Raises:
            ValueError: the suffix is none of them.
        """
        file = Path(path)
        if file.suffix not in SUFFIXES:
            listed = ", ".join(SUFFIXES)
            raise ValueError(f"cannot draw into '{file.name}': expected {listed}")
        text = self.text(SUFFIXES[file.suffix])
        file.write_text(text, encoding="utf-8", newline="\n")

    def __repr__(self) -> str:
        return f"Drawing({self.title}, {self.subtitle})"

    def _repr_svg_(self) -> str:
        return self.svg()


def _plain(text: str) -> str:
    """Text that Markdown and HTML show as it is."""
    marks = "\\`*_{}[]<>#|&~!"
    return "".join(f"\\{char}" if char in marks else char for char in text)


FORMATS: dict[str, Callable[[Drawing], str]] = {
    "mermaid": Drawing.mermaid,
    "dot": Drawing.dot,
    "svg": Drawing.svg,
    "html": Drawing.html,
    "md": Drawing.markdown,
}

SUFFIXES = {
    ".mmd": "mermaid",
    ".dot": "dot",
    ".svg": "svg",
    ".html": "html",
    ".md": "md",
}
