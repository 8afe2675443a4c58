"""Runs of a spec's methods by us end, in bounded memory; a user's runs are plain."""

from __future__ import annotations

import time

import pytest
import torch

import modelspec
from modelspec.api.builder import BuildRequest
from modelspec.api.observing import check_shapes, observe_spec
from modelspec.api.trial import build_and_run
from modelspec.backends.torch import instantiate, run_once
from modelspec.diagnostics.diagnostic import SpecError
from modelspec.policy import Limits, Policy
from tests.torch_backend.specs import build, classes_of, failure

HEAD = "name: Net\ninputs: {x: [N, 3]}\nmodules: {a: ReLU}\n"
HOSTILE = [
    "n = 9 ** 9 ** 9",
    "n = 1 << 10 ** 12",
    "n = 3\nwhile True:\n    n = n * n",
    "n = 3\nwhile True:\n    n **= 3",
    "s = 'a'\nwhile True:\n    s = s + s",
    "s = [1]\nwhile True:\n    s += s",
    "s = [1]\nwhile True:\n    s = [*s, *s]",
    "s = [1]\nwhile True:\n    s.extend(s)",
    "s = [1]\nwhile True:\n    s[0:0] = s",
    "s = [0] * 10 ** 11",
    "s = list(range(10 ** 11))",
    "s = sum(range(10 ** 12))",
    "s = [0 for _ in range(10 ** 12)]",
    "s = sorted(range(10 ** 40))",
    "s = linspace(0, 1, 10 ** 11)",
    "n = 10 ** 10\ns = f'{1:>{n}}'",
    "s = f'{1:>10000000000}'",
    "for i in range(10 ** 12):\n    n = i",
    "while True:\n    pass",
]


def indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


@pytest.mark.parametrize("text", HOSTILE)
def test_trial_run_ends(text: str) -> None:
    source = f"{HEAD}forward: |\n{indented(text)}  return self.a(x)"
    classes = classes_of(source, Limits(steps=50_000))
    start = time.monotonic()
    found = run_once(classes, instantiate(classes, {})).diagnostic
    assert found is not None
    assert found.code == "limit-exceeded"
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "text",
    [
        "n = x.size(0)\nwhile True:\n    n = n * n + 1",
        "parts = x.expand(10 ** 9, 3).unbind(0)",
        "parts = x.expand(10 ** 9, 3).split(2)",
        "parts = x.expand(10 ** 9, 3).chunk(10 ** 8)",
        "for part in x.expand(10 ** 9, 3):\n    pass",
    ],
)
def test_run_on_symbols_ends(text: str) -> None:
    """What is computed of a symbol is as long as what is computed of its value, and
    what a tensor without memory is taken apart into takes some."""
    source = f"{HEAD}forward: |\n{indented(text)}  return self.a(x)"
    source = f"modelspec: 1\n{source}".replace("[N, 3]", "[1, 3]", text.count("10 **"))
    start = time.monotonic()
    (found,) = (one for one in modelspec.check(source, shapes=True) if one.is_error)
    assert found.code == "limit-exceeded"
    assert "it ran for" not in found.message
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("text", HOSTILE)
def test_init_text_ends(text: str) -> None:
    source = f"name: Net\nmodules: {{a: ReLU}}\ninit: |\n{indented(text)}"
    found = failure(source, Limits(steps=50_000))
    assert found.code == "limit-exceeded"


def test_functions_that_forward_calls_are_bounded_too() -> None:
    source = (
        f"{HEAD}functions:\n  f: |\n    def f(n: int) -> int:\n"
        "        while True:\n            n = n * n\n        return n\n"
        "forward: return self.a(x) * f(3)"
    )
    classes = classes_of(source)
    found = run_once(classes, instantiate(classes, {})).diagnostic
    assert found is not None
    assert found.code == "limit-exceeded"


def test_guarded_code_means_the_same() -> None:
    """Operators, formats, methods, unpacking and loops give what Python gives."""
    text = (
        "sizes = [1, *range(2, 4), *[4]]\n"
        "sizes.extend((5, 6))\n"
        "total = 0\n"
        "for index, size in enumerate(sizes):\n"
        "    total += size * 2 ** index % 7\n"
        "sizes[0] += 10\n"
        "label = f'{total:>5}{sizes[0]!r:<4}' + '-'.join(['a', 'b']) * 2\n"
        "self.count += 1\n"
        "scale = sum(sizes) + len(label) + max([i + 1 for i in sizes])\n"
        "while scale > 50:\n"
        "    scale -= 7\n"
        "return self.a(x * 2 + scale), torch.ones(scale), torch.ones(len(label))"
    )
    source = f"{HEAD}buffers: {{count: torch.zeros(1)}}\nforward: |\n{indented(text)}"
    classes = classes_of(source)
    net = instantiate(classes, {})
    result = run_once(classes, net)
    plain = [tuple(one.shape) for one in net(torch.ones(2, 3))]
    assert isinstance(result.output, tuple), result
    assert [one.shape for one in result.output] == plain


def test_code_is_the_plain_one_before_and_after() -> None:
    classes = classes_of(f"{HEAD}forward: |\n  for _ in range(3):\n    x = self.a(x)\n")
    forward = classes["Net"].forward
    code = forward.__code__  # type: ignore[attr-defined]
    run_once(classes, instantiate(classes, {}))
    assert forward.__code__ is code  # type: ignore[attr-defined]
    assert "__guard__" not in code.co_names


def test_super_works_in_guarded_code() -> None:
    net = build(
        "name: Net\nblocks: {Base: {modules: {a: 'Linear(2, 2)'}}}\nextends: Base()\n"
        "init: |\n  for layer in super().children():\n      nn.init.ones_(layer.weight)"
    )
    assert net.a.weight.eq(1).all()


def test_tensors_of_an_init_text_are_measured_before_they_are_made() -> None:
    found = failure(
        "name: Net\nmodules: {a: ReLU}\ninit: |\n  t = torch.ones(10**6, 10**7)"
    )
    assert found.code == "limit-exceeded"
    assert found.message.startswith("this needs 36.4 TiB")


LONG = "for _ in range(150_000):\n    pass\nreturn self.a(x)"


def test_runs_of_one_model_share_their_time() -> None:
    """Each takes less than there is, all of them more."""
    spec = modelspec.loads(
        f"modelspec: 1\n{HEAD}forward: |\n{indented(LONG)}",
        policy=Policy(Limits(seconds=0.3)),
    )
    built = spec.make(BuildRequest(device="meta"))
    found = [built.run_once({}).diagnostic for _ in range(50)]
    codes = [None if one is None else one.code for one in found]
    assert codes[0] is None
    assert codes[-1] == "limit-exceeded"
    assert codes == sorted(codes, key=bool)
    assert "what ran before it" in str(found[-1])
    again = built.observe({}).diagnostic
    assert again is not None
    assert again.code == "limit-exceeded"
    assert spec.make(BuildRequest(device="meta")).run_once({}).diagnostic is None


ENDLESS = "while True:\n    x = self.a(x)"


@pytest.mark.parametrize("sizes", ["[N, 3]", "[N, C, T]"])
def test_a_run_without_end_is_not_tried_again(sizes: str) -> None:
    """With other sizes, on another device, for another variant, for another file."""
    spec = modelspec.loads(
        f"modelspec: 1\n{HEAD.replace('[N, 3]', sizes)}"
        "params: {n: 1}\nvariants: {b: {n: 2}, c: {n: 3}, d: {n: 4}}\n"
        f"forward: |\n{indented(ENDLESS)}",
        policy=Policy(Limits(seconds=0.5)),
    )
    start = time.thread_time()
    told = [one.code for one in check_shapes(spec)]
    assert told == ["limit-exceeded"]
    request = BuildRequest(variant="b")
    for look in (build_and_run, observe_spec):
        with pytest.raises(SpecError) as caught:
            look(spec, request, {})
        assert [one.code for one in caught.value.diagnostics] == ["limit-exceeded"]

    # Torch's imports for the first run on fake tensors are no part of it.
    assert time.thread_time() - start < 3


def test_sizes_that_double_in_a_loop() -> None:
    """To compute with them takes longer than any step that looks at the time."""
    text = (
        "modelspec: 1\nname: Net\ninputs: {x: [N, T]}\nforward: |\n  y = x\n"
        "  for i in range(40):\n"
        "    y = torch.cat([y, y.transpose(0, 1).reshape(y.size(0), -1)], 1)\n"
        "  return y\n"
    )
    (found,) = modelspec.check(text, shapes=True)
    assert found.code == "limit-exceeded"
    assert "a size is computed with more than" in found.message
