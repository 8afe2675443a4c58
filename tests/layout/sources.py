"""Formatted texts as the printer takes them: tree, comments, spelling of numbers."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

from modelspec.layout import Comment, print_module

FORMATTED = Path(__file__).parent / "formatted"


def comments_of(text: str) -> list[Comment]:
    """The comments of a text, in the coordinates of its tree."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        Comment(
            line=token.start[0],
            column=token.start[1],
            text=token.string,
            own_line=not token.line[: token.start[1]].strip(),
        )
        for token in tokens
        if token.type == tokenize.COMMENT
    ]


def is_in_parentheses(node: ast.expr, lines: list[bytes]) -> bool:
    """Whether parentheses stand right around an operand."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    above = b"\n".join(lines[: node.lineno - 1])
    before = above + b"\n" + lines[node.lineno - 1][: node.col_offset]
    rest = lines[node.end_lineno - 1][node.end_col_offset :]
    after = rest + b"\n" + b"\n".join(lines[node.end_lineno :])
    return before.rstrip().endswith(b"(") and after.lstrip().startswith(b")")


def reprint(text: str) -> str:
    """A text parsed and printed again."""
    lines = text.encode(errors="replace").split(b"\n")
    return print_module(
        ast.parse(text),
        comments=comments_of(text),
        spelling=lambda node: ast.get_source_segment(text, node),
        kept=lambda node: is_in_parentheses(node, lines),
    )


def ruff_format(text: str) -> str:
    """What `ruff format` makes of a text with its default settings."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    command += ["--target-version", "py310", "--quiet"]
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout
