"""The formatter knows every key of the language."""

from __future__ import annotations

from modelspec.formatting.roles import Roles
from modelspec.spec.frame import FRAMES, BlockSpec, FileSpec, keys_of

# Names, versions, paths, limits, globs; and what holds blocks, functions, values of
# params.
OF_A_FILE = {
    *("modelspec", "name", "imports", "functions", "blocks", "variants"),
    *("budget", "parallel"),
}


def test_every_key_of_a_block_has_a_role() -> None:
    known = set(Roles(frozenset()).keys)
    # ParameterList and ParameterDict are no bodies, but containers of children.
    assert set(keys_of(BlockSpec)) == known - {"ParameterList", "ParameterDict"}
    assert set(keys_of(FileSpec)) - set(keys_of(BlockSpec)) == OF_A_FILE


def test_the_long_forms_are_those_the_formatter_knows() -> None:
    """A key that is new here needs a look at what stands under it."""
    keys = {frame.__name__: set(keys_of(frame)) for frame in FRAMES[2:]}
    assert keys == {
        "ParamSpec": {"type", "default", "min", "max", "choices", "doc"},
        "InputSpec": {"shape", "dtype", "optional", "min", "max", "doc"},
        "ParameterSpec": {"value", "requires_grad"},
        "BufferSpec": {"value", "persistent"},
        "BudgetSpec": {"params", "macs", "weights", "activations"},
        "ParallelSpec": {
            *("plan", "fsdp", "mixed_precision", "activation_checkpointing"),
        },
        "MixedPrecisionSpec": {
            *("param_dtype", "reduce_dtype", "output_dtype", "cast_forward_inputs"),
        },
    }
