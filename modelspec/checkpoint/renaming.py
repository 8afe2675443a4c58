"""Rename rules: `GLOB=GLOB`, from the names of a file to those of a model.

The left side is matched against whole names. `*` stands for any text, dots and none
included, and is the only special character; of several, each takes as much as it can,
the first first. On the right, the nth `*` is what the nth took on the left. An empty
right side drops what matches. Rules are applied in order, each to the names as those
before left them. A rule that matches nothing is a mistake, and so are two tensors that
end under one name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from modelspec.checkpoint.folding import fold
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.records import dataclass

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class RenameRule:
    """One rule; both sides as they are written."""

    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.left}={self.right}"

    @property
    def drops(self) -> bool:
        return not self.right

    def match(self, name: str) -> tuple[str, ...] | None:
        """What each `*` takes of a name; None where the name does not match."""
        first, *rest = self.left.split("*")
        if not rest:
            return () if name == first else None
        last = rest.pop()
        end = len(name) - len(last)
        if end < len(first) or not name.startswith(first) or not name.endswith(last):
            return None
        return _taken(name, len(first), end, rest)

    def rename(self, taken: Sequence[str]) -> str:
        """The right side, with what was taken in the places of its `*`."""
        pieces = self.right.split("*")
        return pieces[0] + "".join(
            text + piece for text, piece in zip(taken, pieces[1:], strict=True)
        )


def read_rules(pairs: Iterable[tuple[str, str]]) -> tuple[RenameRule, ...]:
    """Rules from their two sides; `SpecError` with each that is not well-formed."""
    rules = tuple(RenameRule(left, right) for left, right in pairs)
    if found := [one for rule in rules for one in _check_form(rule)]:
        raise SpecError(found)
    return rules


def rename(names: Iterable[str], rules: Sequence[RenameRule]) -> dict[str, str]:
    """From the names of a file to their new ones; dropped names are left out.

    Raises `SpecError` for rules that match nothing and names that meet.
    """
    current = {name: name for name in names}
    found: list[Diagnostic] = []
    for rule in rules:
        changed = _apply(rule, current)
        if not changed:
            found.append(_matches_nothing(rule, current.values()))
        current = {
            old: changed.get(old, new)
            for old, new in current.items()
            if not (rule.drops and old in changed)
        }
    if found := found or list(_check_meetings(current)):
        raise SpecError(found)
    return current


def _taken(
    name: str, start: int, end: int, pieces: Sequence[str]
) -> tuple[str, ...] | None:
    """The texts between pieces that stand in this order between two places.

    Found from the right, each piece as far right as it goes: so the first `*` takes
    the most, and the time is in proportion to the length of the name.
    """
    texts: list[str] = []
    for piece in reversed(pieces):
        at = name.rfind(piece, start, end)
        if at < 0:
            return None
        texts.append(name[at + len(piece) : end])
        end = at
    return (name[start:end], *reversed(texts))


def _apply(rule: RenameRule, current: Mapping[str, str]) -> dict[str, str]:
    """The new name of each original name that the rule matches."""
    changed: dict[str, str] = {}
    for old, name in current.items():
        taken = rule.match(name)
        if taken is not None:
            changed[old] = "" if rule.drops else rule.rename(taken)
    return changed


def _check_form(rule: RenameRule) -> Iterator[Diagnostic]:
    left, right = rule.left.count("*"), rule.right.count("*")
    if not rule.left:
        message = f"the rename rule '{rule}' has nothing on its left"
        yield Diagnostic("wrong-rename", message, None)
    elif not rule.drops and left != right:
        message = (
            f"the rename rule '{rule}' has {left} '*' on its left and {right} on its"
            " right"
        )
        help = "what each '*' takes on the left is put in its place on the right"
        yield Diagnostic("wrong-rename", message, None, help=(help,))


def _matches_nothing(rule: RenameRule, names: Iterable[str]) -> Diagnostic:
    folded = [one.name for one in fold((name, "") for name in names)]
    shown = "\n".join(folded[:_SHOWN])
    rest = "\n..." if len(folded) > _SHOWN else ""
    help = (f"the names are\n{shown}{rest}",) if folded else ()
    message = f"the rename rule '{rule}' matches no name in the file"
    return Diagnostic("wrong-rename", message, None, help=help)


def _check_meetings(current: Mapping[str, str]) -> Iterator[Diagnostic]:
    """The first two that meet: one rule that is too wide makes thousands."""
    first: dict[str, str] = {}
    for old, new in current.items():
        if first.setdefault(new, old) != old:
            message = f"'{first[new]}' and '{old}' would both be renamed '{new}'"
            yield Diagnostic("wrong-rename", message, None)
            return
