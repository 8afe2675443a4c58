"""The same models written by hand in torch: what a spec must equal.

`ORACLES` gives, for a case and one of its variants, a function that makes the model.
Each is written from the meaning of the spec, in the order in which a careful author
would register the parts, and shares no code with the compiler.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from tests.agreement.handwritten import (
    children,
    classics,
    containers,
    gans,
    gpt,
    inception,
    inheritance,
    initialisation,
    perceptrons,
    points,
    recurrent,
    resnet,
    state,
    vision,
)

Maker = Callable[[], nn.Module]

ORACLES: dict[tuple[str, str | None], Maker] = {
    **containers.ORACLES,
    **classics.ORACLES,
    **perceptrons.ORACLES,
    **recurrent.ORACLES,
    **gans.ORACLES,
    **resnet.ORACLES,
    **gpt.ORACLES,
    **vision.ORACLES,
    **inception.ORACLES,
    **points.ORACLES,
    **inheritance.ORACLES,
    **children.ORACLES,
    **initialisation.ORACLES,
    **state.ORACLES,
}
