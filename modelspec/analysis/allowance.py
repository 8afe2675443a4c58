"""How many steps an elaboration may take.

In: a Program. Out: a budget that ends what takes too many with `Exhausted`, in
proportion to what is written, whatever the caller's own limits are.
"""

from __future__ import annotations

from modelspec.analysis.standins import Exhausted
from modelspec.policy import Limits
from modelspec.program.ir import Program
from modelspec.program.walk import walk_statements
from modelspec.pysubset.budget import Budget

_FEWEST_STEPS = 60_000
_STEPS_OF_A_STATEMENT = 40
_STEPS_FOR_THE_REST = 6_000
_MOST_RESTS = 10


class Allowance(Budget):
    """Ends a statement without a word when it took enough; some more steps are given
    for the rest then, a few times."""

    def __init__(self, program: Program, limits: Limits) -> None:
        super().__init__(limits)
        self._most = self._end = _steps_for(program)
        self._rests = 0

    def start(self) -> None:
        self.spent = self.checkpoint = self._rests = 0
        self._end = self._most

    def go_on(self) -> bool:
        self._rests += 1
        self._end = self.spent + _STEPS_FOR_THE_REST
        return self._rests <= _MOST_RESTS

    def check(self) -> None:
        if self.spent > self._end:
            raise Exhausted
        super().check()


def _steps_for(program: Program) -> int:
    """More for a spec in which more is written."""
    bodies = (block.construct for block in program.blocks)
    written = sum(1 for body in bodies for _ in walk_statements(body))
    return max(_FEWEST_STEPS, _STEPS_OF_A_STATEMENT * written)
