"""Signatures as values, and the check of a call's shape against one.

In: how many positional arguments a call has, its keywords, and whether it unpacks with
`*` or `**`. Out: what is wrong with it, as values in the order of the call, missing
arguments last. Annotations and defaults stay source text. Never looks at an argument,
and reports nothing that an unpacking could still make right.
"""

import enum
from collections.abc import Iterator, Sequence

from modelspec.diagnostics.suggest import suggest
from modelspec.records import dataclass


class ParameterKind(enum.Enum):
    """How a parameter takes its argument; the values are those of `inspect`."""

    POSITIONAL_ONLY = "positional_only"
    POSITIONAL_OR_KEYWORD = "positional_or_keyword"
    VAR_POSITIONAL = "var_positional"
    KEYWORD_ONLY = "keyword_only"
    VAR_KEYWORD = "var_keyword"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; the default and the annotation are source text."""

    name: str
    kind: ParameterKind
    default: str | None = None
    annotation: str | None = None

    @property
    def is_variadic(self) -> bool:
        """Whether it is `*name` or `**name`."""
        return self.kind in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)

    @property
    def is_positional(self) -> bool:
        """Whether one positional argument can fill it."""
        return self.kind in (
            ParameterKind.POSITIONAL_ONLY,
            ParameterKind.POSITIONAL_OR_KEYWORD,
        )

    @property
    def is_keyword(self) -> bool:
        """Whether it can be given by its name."""
        return self.kind in (
            ParameterKind.POSITIONAL_OR_KEYWORD,
            ParameterKind.KEYWORD_ONLY,
        )

    @property
    def is_required(self) -> bool:
        """Whether a call must give it."""
        return self.default is None and not self.is_variadic


class ProblemKind(enum.Enum):
    """The four ways in which a call does not fit."""

    UNEXPECTED = "unexpected"
    MISSING = "missing"
    DUPLICATE = "duplicate"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a call.

    `name` is the keyword or the parameter meant, `None` for TOO_MANY. `index` is the
    place of the offending argument among the positional ones (TOO_MANY) or among the
    keywords (UNEXPECTED, DUPLICATE), `None` for MISSING.
    """

    kind: ProblemKind
    name: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """What a layer or a function takes, without `self`.

    `aliases` are further spellings a keyword may have, as pairs of the alias and the
    parameter it stands for: built-in operations take `axis` for `dim`.
    """

    parameters: tuple[Parameter, ...]
    aliases: tuple[tuple[str, str], ...] = ()

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters that positional arguments fill, in order."""
        return tuple(p for p in self.parameters if p.is_positional)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that may be given by keyword, in order."""
        return tuple(p.name for p in self.parameters if p.is_keyword)

    def has(self, kind: ParameterKind) -> bool:
        """Whether some parameter is of this kind."""
        return any(p.kind is kind for p in self.parameters)

    def parameter(self, keyword: str) -> Parameter | None:
        """The parameter that a keyword fills, aliases included."""
        found = self._named(keyword)
        if found is None:
            meant = dict(self.aliases).get(keyword)
            found = None if meant is None else self._named(meant)
        return found

    def _named(self, name: str) -> Parameter | None:
        for one in self.parameters:
            if one.name == name and one.is_keyword:
                return one
        return None

    def accepts(self, keyword: str) -> bool:
        """Whether an argument may be given under this name."""
        return (
            self.has(ParameterKind.VAR_KEYWORD) or self.parameter(keyword) is not None
        )

    def bind(
        self,
        positional: int,
        keywords: Sequence[str] = (),
        *,
        has_star: bool = False,
        has_double_star: bool = False,
    ) -> tuple[Problem, ...]:
        """What is wrong with a call; `positional` counts arguments without a star."""
        problems = [*_excess(self, positional)]
        filled = [p.name for p in self.positional[:positional]]
        for index, keyword in enumerate(keywords):
            found = self.parameter(keyword)
            name = keyword if found is None else found.name
            if not self.accepts(keyword):
                problems.append(Problem(ProblemKind.UNEXPECTED, keyword, index))
            elif name in filled:
                problems.append(Problem(ProblemKind.DUPLICATE, keyword, index))
            filled.append(name)
        if not has_double_star:
            problems += _missing(self, filled, has_star=has_star)
        return tuple(problems)

    def text(self, name: str) -> str:
        """One line for people: `Linear(in_features, out_features, bias=True)`."""
        public = tuple(p for p in self.parameters if not p.name.startswith("_"))
        return f"{name}({', '.join(_shown(public))})"


def _shown(parameters: tuple[Parameter, ...]) -> Iterator[str]:
    starred = False
    for parameter in parameters:
        if parameter.kind is ParameterKind.KEYWORD_ONLY and not starred:
            yield "*"
        starred = starred or parameter.kind in (
            ParameterKind.KEYWORD_ONLY,
            ParameterKind.VAR_POSITIONAL,
        )
        stars = {"var_positional": "*", "var_keyword": "**"}
        default = "" if parameter.default is None else f"={parameter.default}"
        yield f"{stars.get(parameter.kind.value, '')}{parameter.name}{default}"


def _excess(signature: Signature, positional: int) -> Iterator[Problem]:
    limit = len(signature.positional)
    if positional > limit and not signature.has(ParameterKind.VAR_POSITIONAL):
        yield Problem(ProblemKind.TOO_MANY, index=limit)


def _missing(
    signature: Signature, filled: Sequence[str], *, has_star: bool
) -> Iterator[Problem]:
    for parameter in signature.parameters:
        if has_star and parameter.is_positional:
            continue
        if parameter.is_required and parameter.name not in filled:
            yield Problem(ProblemKind.MISSING, parameter.name)


def bind_overloads(
    signatures: Sequence[Signature],
    positional: int,
    keywords: Sequence[str] = (),
    *,
    has_star: bool = False,
    has_double_star: bool = False,
) -> tuple[Signature, tuple[Problem, ...]]:
    """The overload that fits best, of one at least, and what is wrong with it."""
    attempts = (
        (
            signature,
            signature.bind(
                positional,
                keywords,
                has_star=has_star,
                has_double_star=has_double_star,
            ),
        )
        for signature in signatures
    )
    return min(attempts, key=_misfit)


def _misfit(attempt: tuple[Signature, tuple[Problem, ...]]) -> tuple[int, ...]:
    """How far a call is from an overload. A keyword may be meant for what is missing;
    that something is missing is the lesser mistake; of equals, where there is too much,
    the overload that takes most is meant."""
    signature, problems = attempt
    missing = {one.name for one in problems if one.kind is ProblemKind.MISSING}
    for one in problems:
        if one.kind is ProblemKind.UNEXPECTED and one.name is not None:
            missing.discard(suggest(one.name, filter(None, missing)))
    surplus = sum(one.kind is not ProblemKind.MISSING for one in problems)
    most = -len(signature.parameters) if surplus else 0
    return (surplus + len(missing), surplus, most)
