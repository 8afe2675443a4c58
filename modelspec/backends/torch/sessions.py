"""Constructions as a whole: the outermost one opens the account, all share a lock.

Blocks are made inside blocks, and a user's thread may make one while another does.
What is bounded is one construction from its outermost block on.
"""

from __future__ import annotations

import threading

from modelspec.backends.torch.account import Account
from modelspec.diagnostics.diagnostic import Diagnostic, SpecError
from modelspec.pysubset.faults import EvaluationError


class Sessions:
    """How deep in a construction this program is; a context for each level.

    Leaving a level makes an `EvaluationError` the `SpecError` that it means.
    """

    def __init__(self, account: Account) -> None:
        self.warnings: list[Diagnostic] = []
        """What the last construction found that is no error."""
        self.lock = threading.RLock()
        self._account = account
        self._depth = 0

    def __enter__(self) -> None:
        self.lock.acquire()
        if self._depth == 0:
            self._account.restart()
            self.warnings = []
        self._depth += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._account.settle()
        self.lock.release()
        if isinstance(error, EvaluationError):
            raise SpecError([error.diagnostic]) from error.__cause__

    @property
    def is_too_deep(self) -> bool:
        return self._depth > self._account.limits.nesting
