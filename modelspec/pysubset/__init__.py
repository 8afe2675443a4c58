"""The Python inside a spec: parsed, checked, evaluated within bounds."""

from modelspec.pysubset.body import (
    Body,
    Comment,
    Function,
    parse_body,
    parse_function,
)
from modelspec.pysubset.budget import Budget
from modelspec.pysubset.builtin import BUILTINS, canonical_builtin
from modelspec.pysubset.check import check_expression, check_statements
from modelspec.pysubset.check_expressions import Mode
from modelspec.pysubset.control import (
    Control,
    ElifControl,
    ElseControl,
    ForControl,
    IfControl,
    LetControl,
    parse_control,
)
from modelspec.pysubset.evaluator import Evaluator
from modelspec.pysubset.expression import parse_expression
from modelspec.pysubset.faults import EvaluationError, WorldError
from modelspec.pysubset.function import FunctionValue
from modelspec.pysubset.hole import Hole, has_hole, hole_body, is_hole, is_hole_body
from modelspec.pysubset.interpolation import has_interpolation, parse_interpolated
from modelspec.pysubset.place import (
    number_spelling,
    span_of,
    span_of_attribute_name,
    span_of_keyword,
)
from modelspec.pysubset.values import Scope
from modelspec.pysubset.world import World

__all__ = [
    "BUILTINS",
    "Body",
    "Budget",
    "Comment",
    "Control",
    "ElifControl",
    "ElseControl",
    "EvaluationError",
    "Evaluator",
    "ForControl",
    "Function",
    "FunctionValue",
    "Hole",
    "IfControl",
    "LetControl",
    "Mode",
    "Scope",
    "World",
    "WorldError",
    "canonical_builtin",
    "check_expression",
    "check_statements",
    "has_hole",
    "has_interpolation",
    "hole_body",
    "is_hole",
    "is_hole_body",
    "number_spelling",
    "parse_body",
    "parse_control",
    "parse_expression",
    "parse_function",
    "parse_interpolated",
    "span_of",
    "span_of_attribute_name",
    "span_of_keyword",
]
