"""Shapes of everything in a module, found by running its real `forward`.

Comes in: a built module and the inputs that its block declares. Goes out: an
`Observation`, whose sizes are expressions over the symbols of the inputs, or why the
run failed. The run is on torch's fake tensors: no memory, no random numbers, and no
table of shape rules.
"""

from modelspec.backends.torch.shapes.observe import ObservedRun, observe
from modelspec.backends.torch.shapes.saved import count_saved

__all__ = ["ObservedRun", "count_saved", "observe"]
