"""Small pieces of schema: patterns of texts and keys, references, places that loop.

Patterns are of the kind that Python's `re` and JavaScript's `RegExp` read alike.
"""

from __future__ import annotations

from typing import TypeAlias

Schema: TypeAlias = "dict[str, object]"

EXPRESSION = r"^\$\{[\s\S]*\}$"
"""A text that is one expression, in a place where texts are texts."""

IDENTIFIER = r"^(?!(?:for|if|elif|else)$)[A-Za-z_][A-Za-z0-9_]*$"
NAME = (
    r"^(?!(?:for|if|elif|else|OrderedDict)$)"
    r"[A-Za-z0-9_.-]*(?:\$\{[\s\S]*\}[A-Za-z0-9_.-]*)?$"
)
"""A name that may be computed in part; a dot names what is inside something."""

_FOR = (
    r"^\s*for(?:\s+|(?=[(\[]))[^\s][\s\S]*[\s)\]]in"
    r"(?:\s+|(?=[(\[{\"']))[^\s:][\s\S]*$"
)
_IF = r"^\s*(?:if|elif)(?:\s+|(?=[(\[{\"']))[^\s:][\s\S]*$"
_ELSE = r"^\s*else\s*:?\s*$"
_LET = r"^\s*let\s+[A-Za-z_(\[*][^=]*=(?!=)\s*[^\s][\s\S]*$"
CONTROL = "|".join((_FOR, _IF, _ELSE, _LET))

CONTROL_FORMS = "`for ... in ...`, `if ...`, `elif ...`, `else` or `let ... = ...`"

_NO_CONTROL = r"(?!\s*(?:for|foreach|if|elif|else|[Ll]et|while)(?:\s|$))"
MODULE = rf"^{_NO_CONTROL}\s*[A-Za-z_(\[{{\"'$](?:[^()]*|[\s\S]*\)[\s\S]*)$"
"""What begins as an expression does; a bracket that is opened is closed somewhere."""
MODULE_OR_LET = f"{MODULE}|{_LET}"

TYPE = (
    r"^(?!\s*(?:for|if|elif|else|let)(?:[^A-Za-z0-9_]|$))"
    r"(?:[A-Za-z_][A-Za-z0-9_.]*|[A-Za-z_(\[{][\s\S]*[)\]])$"
)
"""The key of a mapping that is a module: a type, or a call of one."""

SCALAR = ["string", "number", "boolean", "null"]
ANYTHING: Schema = {}
NOTHING: Schema = {
    "type": "null",
    "description": "Nothing stands under a `let`: it counts for what follows.",
}


def ref(name: str) -> Schema:
    """What is defined under a name."""
    return {"$ref": f"#/definitions/{name}"}


def spliced(place: str, names: str, value: Schema) -> Schema:
    """A mapping whose keys are names, or control keys over what the place takes.

    `place` is the definition that this is to be: what stands under a control key. Names
    are not a pattern of properties: editors complete no values under those.
    """
    return {
        "type": ["object", "null"],
        "propertyNames": _names(f"{names}|{CONTROL}"),
        "patternProperties": control_keys(ref(place)),
        "additionalProperties": value,
        "defaultSnippets": CONTROL_SNIPPETS,
    }


def control_keys(below: Schema) -> Schema:
    """`patternProperties` of control keys alone."""
    return {_FOR: below, _IF: below, _ELSE: below, _LET: NOTHING}


def mapping(names: str, value: Schema) -> Schema:
    """A mapping of names without control keys."""
    return {
        "type": "object",
        "propertyNames": _names(names),
        "additionalProperties": value,
    }


def _names(pattern: str) -> Schema:
    message = "A name holds ASCII letters, digits and '_', and is no keyword."
    if CONTROL in pattern:
        message = f"Neither a name nor {CONTROL_FORMS}."
    return {"pattern": pattern, "patternErrorMessage": message}


def told(text: str) -> Schema:
    """A text that editors show; those that know Markdown take it as such."""
    marked = {"markdownDescription": text} if "`" in text else {}
    return {"description": text, **marked}


CONTROL_SNIPPETS: list[Schema] = [
    {
        "label": "for ... in ...",
        "description": "A loop: what stands under it is repeated.",
        "body": {"for ${1:i} in ${2:range(depth)}": "$3"},
    },
    {
        "label": "if ...",
        "description": "A condition; `elif` and `else` stand beside it.",
        "body": {"if ${1:condition}": "$2"},
    },
]
