"""From a Program to real torch classes and modules.

Comes in: a Program. Goes out: classes, modules, what a trial run of one returns, files
of weights. Only this package and `shapes` import torch. What is built is plain: no
wrapper, no hook, no attribute of ours on any instance.
"""

from modelspec.backends.torch.classes import ModuleClasses, build_classes
from modelspec.backends.torch.counts import Counts, count_parameters
from modelspec.backends.torch.devices import find_device
from modelspec.backends.torch.dtypes import find_dtype
from modelspec.backends.torch.export import export_module
from modelspec.backends.torch.externals import import_layers
from modelspec.backends.torch.inputs import InputPlan, build_input, plan_inputs
from modelspec.backends.torch.instantiate import instantiate
from modelspec.backends.torch.memory import require_room
from modelspec.backends.torch.pickling import Rebuild, Reduce
from modelspec.backends.torch.planned_run import plan_run
from modelspec.backends.torch.random_state import keep_random_state
from modelspec.backends.torch.run import (
    RunResult,
    TensorShape,
    run_once,
    usual_sizes,
)
from modelspec.backends.torch.weights import (
    build_with_weights,
    find_change,
    load_weights,
    save_weights,
    whole_state,
)

__all__ = [
    "Counts",
    "InputPlan",
    "ModuleClasses",
    "Rebuild",
    "Reduce",
    "RunResult",
    "TensorShape",
    "build_classes",
    "build_input",
    "build_with_weights",
    "count_parameters",
    "export_module",
    "find_change",
    "find_device",
    "find_dtype",
    "import_layers",
    "instantiate",
    "keep_random_state",
    "load_weights",
    "plan_inputs",
    "plan_run",
    "require_room",
    "run_once",
    "save_weights",
    "usual_sizes",
    "whole_state",
]
