"""What each `auto` of a model is, found by running it.

Comes in: a Program with `auto`, and values for the root's params. Goes out: a trace of
its construction, with a number for each `auto` that was come by, or `SpecError`. Layers
are made on the device meta with provisional sizes; in a run on fake tensors each reads
its sizes from what it is called with.
"""

from modelspec.backends.torch.shapes.sizing.infer import Sizing

__all__ = ["Sizing"]
