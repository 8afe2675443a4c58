"""Names in a file of weights against those of a model; torch is not needed for it.

Comes in: what a file and a model hold, as `Entry` by name, and a caller's rename
rules. Goes out: the renamed names, a `Comparison`, or the diagnostic that tells a
person what does not fit and which rule would mend it. Never reads a file or a tensor.
"""

from modelspec.checkpoint.comparison import Comparison, Expected, compare
from modelspec.checkpoint.entry import Entry
from modelspec.checkpoint.mismatch import describe_change, describe_mismatch
from modelspec.checkpoint.renaming import RenameRule, read_rules, rename

__all__ = [
    "Comparison",
    "Entry",
    "Expected",
    "RenameRule",
    "compare",
    "describe_change",
    "describe_mismatch",
    "read_rules",
    "rename",
]
