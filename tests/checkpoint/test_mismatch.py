"""The table of what does not fit, as it is printed, and the suggested rules."""

from __future__ import annotations

from collections.abc import Mapping

from modelspec.checkpoint import Entry, Expected, describe_mismatch
from modelspec.checkpoint.suggestions import renamed, suggest_rules
from modelspec.diagnostics.diagnostic import SpecError

F = "float32"
LAYER = {
    "attn.q.weight": (8, 8),
    "attn.q.bias": (8,),
    "norm1.weight": (8,),
    "norm1.bias": (8,),
    "mlp.up.weight": (32, 8),
    "mlp.down.weight": (8, 32),
}
TABLE = """\
error[weights-mismatch]: the weights do not fit: 3 missing, 3 unexpected, 2 of another \
shape or dtype
  --> w.pt
   |
   | missing: in the model, not in the file
   |   layers.{0..2}.norm1.bias       float32 [8]  x3
   | unexpected: in the file, not in the model
   |   layers.{0..2}.rotary.inv_freq  float32 [4]  x3
   | of another shape or dtype
   |   embed.weight                   model float32 [10, 8], file int64 [10, 8]
   |   head.weight                    model float32 [10, 8], file float32 [5, 8]"""


def entries(names: Mapping[str, tuple[int, ...]], dtype: str = F) -> dict[str, Entry]:
    return {name: Entry(dtype, shape) for name, shape in names.items()}


def model() -> dict[str, Entry]:
    names = {
        f"layers.{at}.{name}": shape for at in range(3) for name, shape in LAYER.items()
    }
    return entries({"embed.weight": (10, 8), **names, "head.weight": (10, 8)})


def named(change: dict[str, str]) -> dict[str, Entry]:
    """The model's entries under names where pieces were replaced."""
    found: dict[str, Entry] = {}
    for name, entry in model().items():
        for old, new in change.items():
            name = name.replace(old, new)
        found[name] = entry
    return found


def printed(expected: Expected, given: Mapping[str, Entry]) -> str:
    found = describe_mismatch(expected, given, "w.pt")
    assert found is not None
    return str(SpecError([found]))


def suggested(given: Mapping[str, Entry]) -> list[str]:
    return [str(rule) for rule in suggest_rules(Expected(model()), given)]


def test_what_fits() -> None:
    assert describe_mismatch(Expected(model()), model(), "w.pt") is None


def test_table() -> None:
    given = model()
    for at in range(3):
        del given[f"layers.{at}.norm1.bias"]
        given[f"layers.{at}.rotary.inv_freq"] = Entry(F, (4,))
    given["head.weight"] = Entry(F, (5, 8))
    given["embed.weight"] = Entry("int64", (10, 8))
    assert printed(Expected(model()), given) == TABLE


def test_help() -> None:
    given = {f"module.{name}": entry for name, entry in model().items()}
    assert printed(Expected(model()), given).endswith(
        "   |\n   = help: did you mean --rename 'module.*=*'? Then all fits."
    )
    given["module.head.bias"] = Entry(F, (10,))
    assert printed(Expected(model()), given).endswith(
        "   = help: did you mean --rename 'module.*=*'? That leaves 1 unexpected.\n"
        "   = help: a rule with nothing on its right drops what the model has no use"
        " for: --rename 'head.bias='"
    )


def test_long_tables_are_cut() -> None:
    given = {**model(), **entries({"x" * at: (1,) for at in range(1, 50)})}
    lines = printed(Expected(model()), given).split("\n")
    assert "   |   ... and 29 more" in lines
    assert len(lines) < 30


def test_names_of_a_tied_tensor() -> None:
    """One of them is enough; without any, one row tells all."""
    expected = Expected(model(), ties=[("embed.weight", "head.weight")])
    for name in ("embed.weight", "head.weight"):
        given = model()
        del given[name]
        assert describe_mismatch(expected, given, "w.pt") is None
    given = model()
    del given["embed.weight"], given["head.weight"]
    told = printed(expected, given)
    assert "1 missing\n" in told
    assert "   |   embed.weight or head.weight  float32 [10, 8]" in told


def test_counters_of_batches_are_there_or_not() -> None:
    names = {f"bn{at}.num_batches_tracked": () for at in (1, 2)}
    wanted = {**model(), **entries(names, "int64")}
    expected = Expected(wanted, counters=frozenset(names))
    assert describe_mismatch(expected, model(), "w.pt") is None
    some = {**model(), "bn1.num_batches_tracked": Entry("int64", ())}
    assert "bn2.num_batches_tracked" in printed(expected, some)


def test_dtypes() -> None:
    """Floats become other floats, integers wider ones, and nothing else changes."""
    fit = [
        ("float64", "float16"),
        ("bfloat16", "float32"),
        ("float8_e4m3fn", "bfloat16"),
        ("int32", "int64"),
        ("uint8", "int16"),
        ("bool", "bool"),
        ("complex64", "complex128"),
    ]
    misfit = [
        ("int64", "int32"),
        ("int64", "float32"),
        ("float32", "int64"),
        ("uint8", "int8"),
        ("int8", "uint16"),
        ("uint8", "bool"),
        ("bool", "uint8"),
        ("complex64", "float32"),
        ("F4", "float32"),
    ]
    for pairs, fits in ((fit, True), (misfit, False)):
        for given, wanted in pairs:
            found = describe_mismatch(
                Expected(entries({"w": (2,)}, wanted)), entries({"w": (2,)}, given), ""
            )
            assert (found is None) is fits, (given, wanted)


def test_a_lazy_tensor_takes_any_shape() -> None:
    expected = Expected({"w": Entry(F, None)})
    assert describe_mismatch(expected, entries({"w": (2, 3)}), "") is None


def test_suggestions() -> None:
    """Prefixes, parts and ends of names, and several of them together."""
    assert suggested({f"a.b.{n}": e for n, e in model().items()}) == ["a.b.*=*"]
    assert suggested(named({"norm1.weight": "norm1.gamma"})) == ["*.gamma=*.weight"]
    assert suggested(named({".mlp.": ".ffn."})) == ["*.ffn.*=*.mlp.*"]
    assert suggested(named({"head": "fc"})) == ["fc.*=head.*"]
    assert suggested(named({"layers.": "block"})) == ["block*=layers.*"]
    assert suggested(named({"layers": "h", ".norm1.": ".ln."})) == [
        "h.*=layers.*",
        "*.ln.*=*.norm1.*",
    ]


def test_suggestions_make_it_fit() -> None:
    for change in ({"layers.": "model.h."}, {"layers.": ""}, {".attn.q.": ".query."}):
        given = named(change)
        rules = suggest_rules(Expected(model()), given)
        assert renamed(given, rules).keys() == model().keys(), change


def test_no_suggestion_for_another_model() -> None:
    """A few tensors of one shape are no reason."""
    other = entries({f"conv{at}.weight": (8, at) for at in range(1, 40)})
    assert suggested(other) == []


def test_names_that_no_rule_can_hold_are_not_suggested() -> None:
    given = {f"it's=*.{name}": entry for name, entry in model().items()}
    assert suggested(given) == []


def test_no_rule_has_nothing_on_its_left() -> None:
    told = printed(Expected(model()), {**model(), "": Entry(F, (1,))})
    assert "--rename 'NAME='" in told


def test_what_the_model_computes_is_dropped() -> None:
    """Buffers that are not persistent, in files of an older version of the model."""
    names = [f"layers.{at}.rotary.inv_freq" for at in range(3)]
    given = {**model(), **entries(dict.fromkeys([*names, "mask"], (4,)))}
    expected = Expected(model(), computed=frozenset([*names, "mask"]))
    rules = suggest_rules(expected, given)
    assert [str(rule) for rule in rules] == ["*.inv_freq=", "mask="]
    # No rule that would drop what the model wants.
    given = {**model(), "x.weight": Entry(F, (4,))}
    (rule,) = suggest_rules(Expected(model(), computed={"x.weight"}), given)
    assert str(rule) == "x.weight="
