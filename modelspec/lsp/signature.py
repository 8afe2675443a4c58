"""Signature help: the call that is being typed, and which argument of it.

In: a place in an open document. Out: the signature of the innermost call around it,
with the current argument marked; None outside of calls. The mapping form of arguments
has none: its keys are completed.
"""

from __future__ import annotations

import re

from lsprotocol import types

from modelspec.lsp.analysis import Document
from modelspec.lsp.cursor import read_cursor
from modelspec.lsp.described import Argument, Described, describe_init
from modelspec.lsp.known import Known
from modelspec.lsp.place import Place, read_place
from modelspec.lsp.session import View
from modelspec.lsp.typed import Call, read_typed

_PYTHON = ("module", "expression", "size", "method", "init value")


def signature_at(
    view: View, document: Document, offset: int
) -> types.SignatureHelp | None:
    good = view.good(document)
    known = Known(good.index if good is not None else None, document.key)
    cursor = read_cursor(document.text, offset)
    place = read_place(cursor, known.takes_children)
    if place.wanted not in _PYTHON:
        return None
    call = read_typed(place.text).call
    if call is None:
        return None
    is_rule = place.wanted == "init value"
    described = _described(known, place, call)
    if described is None:
        return None
    # The tensor of a rule is given by the rule.
    position = call.position + (1 if is_rule else 0)
    return _help(described, call, position)


def _described(known: Known, place: Place, call: Call) -> Described | None:
    if place.wanted == "init value" and "." not in call.callee:
        return describe_init(call.callee) or known.described(call.callee)
    return known.called(place, call.callee)


def _help(described: Described, call: Call, position: int) -> types.SignatureHelp:
    """One signature for each overload; the first that takes the argument is active."""
    found = [_signature(text, described) for text in described.signature.split("\n")]
    active = [_active(one, described, call, position) for one in found]
    chosen = next((at for at, one in enumerate(active) if one is not None), 0)
    return types.SignatureHelp(found, chosen, active[chosen])


def _signature(text: str, described: Described) -> types.SignatureInformation:
    """Parameters are told as the stretches of the text where they stand."""
    parameters = []
    at = text.find("(") + 1
    for one in described.arguments:
        match = re.compile(rf"(?<![\w'\"]){re.escape(one.name)}(?!\w)").search(text, at)
        if match is not None:
            parameters.append(
                types.ParameterInformation(match.span(), _markdown(_about(one)))
            )
            at = match.end()
    return types.SignatureInformation(text, _markdown(described.doc), parameters)


def _active(
    signature: types.SignatureInformation,
    described: Described,
    call: Call,
    position: int,
) -> int | None:
    """Which parameter of a signature is typed."""
    names = [signature.label[slice(*one.label)] for one in signature.parameters or ()]
    if call.keyword:
        return names.index(call.keyword) if call.keyword in names else None
    if call.keywords:
        # Whatever comes now is given by name.
        left = [at for at, name in enumerate(names) if name not in call.keywords]
        return next((at for at in left if at >= position), None)
    return position if position < len(names) else None


def _about(one: Argument) -> str:
    kind = f"`{one.type}`" if one.type else ""
    return ": ".join(filter(None, (kind, one.doc)))


def _markdown(text: str) -> types.MarkupContent | None:
    return types.MarkupContent(types.MarkupKind.Markdown, text) if text else None
