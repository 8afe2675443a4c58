"""The specs that a command is given: files, or standard input for `-`."""

from __future__ import annotations

import errno
import sys

from modelspec.api.names import split_name
from modelspec.api.spec import Spec, checked, make_spec
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.diagnostics.span import Source
from modelspec.driver import (
    Compilation,
    compile_path,
    compile_text,
    open_source,
    open_text,
)
from modelspec.policy import Policy

STDIN = "<stdin>"


def load_named(name: str, policy: Policy) -> Spec:
    """The spec of a name on the command line."""
    path, variant = split_name(name)
    return make_spec(_compile(path, policy), policy, variant)


def check_named(name: str, policy: Policy, *, shapes: bool = False) -> list[Diagnostic]:
    """What is wrong with the spec of a name on the command line."""
    path, variant = split_name(name)
    return checked(_compile(path, policy), policy, variant, shapes=shapes)


def open_named(name: str, policy: Policy) -> Source | Diagnostic:
    """The text of a spec file, or of standard input for `-`."""
    if name != "-":
        return open_source(name, policy)
    return open_text(_read_input(policy), policy, name=STDIN)


def _compile(path: str, policy: Policy) -> Compilation:
    if path != "-":
        return compile_path(path, policy)
    return compile_text(_read_input(policy), policy, name=STDIN)


def _read_input(policy: Policy) -> bytes:
    """Not more than a spec may have; one byte more tells that there is more."""
    try:
        if sys.stdin is None:
            raise OSError(errno.EBADF, "it is closed")
        return sys.stdin.buffer.read(policy.limits.file_bytes + 1)
    except OSError as error:
        message = f"cannot read standard input: {error.strerror}"
        unreadable = Diagnostic("unreadable-file", message, None, path=STDIN)
        raise SpecError([unreadable]) from error
