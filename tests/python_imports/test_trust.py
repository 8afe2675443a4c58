"""What a spec cannot get by a Python import, and when nothing is imported at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
import torch

import modelspec
from modelspec import Limits, Policy, SpecError
from modelspec.diagnostics.diagnostic import Diagnostic
from modelspec.lsp.analysis import Document, analyse
from tests.python_imports.specs import ALLOWED, HERE, importing

ROOT = HERE.parents[1]
TOLD = """\
modelspec: 1
name: Net
imports:
  python:told_on_import: {Layer: Layer, Other: Renamed}
params:
  act: layer = Renamed
inputs: {x: [N, 4]}
modules:
  fc: Linear(4, 4)
  layer: Layer(4, size=4)
  act: act()
init:
  Renamed: {weight: zeros_}
forward: |
  x = self.layer(self.fc(x))
  if isinstance(self.act, Layer):
      x = self.act(x)
  return x
"""


def refused(spec: str, *allowed: str) -> list[Diagnostic]:
    """What a build says, where it refuses."""
    with pytest.raises(SpecError) as error:
        modelspec.loads(spec, policy=Policy(allow_imports=allowed)).build()
    return list(error.value.diagnostics)


# --- the policy ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "prefix",
    [
        *("", ".", "torch.", "torch..", ".torch", "a b", "a/b", "./a", "a.py.", "a-b"),
        *("class", "a.import", "__main__", "a.__init__", "a\n", "*", "a.*", "1a"),
        "\uff4f\uff53",  # full-width letters, which Python folds into plain ones
    ],
)
def test_a_prefix_is_the_name_of_a_module(prefix: str) -> None:
    with pytest.raises(ValueError, match="no name of a module"):
        Policy(allow_imports=(prefix,))


@pytest.mark.parametrize("given", ["my_pkg", [b"my_pkg"], [None], {"my_pkg": True}, 3])
def test_prefixes_are_a_tuple_of_texts(given: Any) -> None:
    with pytest.raises(TypeError, match="allow_imports takes"):
        Policy(allow_imports=given)


def test_a_policy_does_not_change() -> None:
    names = ["my_pkg"]
    policy = Policy(allow_imports=names)  # type: ignore[arg-type]  # as people write it
    names.append("os")
    assert policy.allow_imports == ("my_pkg",)
    assert hash(policy)
    with pytest.raises(FrozenInstanceError):
        policy.allow_imports = ("os",)  # type: ignore[misc]
    assert Policy().allow_imports == ()


PREFIXES = [
    ("my_pkg", "my_pkg", True),
    ("my_pkg", "my_pkg.layers", True),
    ("my_pkg.layers", "my_pkg.layers", True),
    ("my_pkg", "my_pkg2", False),
    ("my_pkg.layers", "my_pkg", False),
    ("my_pkg.lay", "my_pkg.layers", False),
    ("my_pkg", "other.my_pkg", False),
    ("My_pkg", "my_pkg", False),
]


@pytest.mark.parametrize(("prefix", "module", "is_allowed"), PREFIXES)
def test_a_prefix_ends_at_a_dot(prefix: str, module: str, is_allowed: bool) -> None:
    policy = Policy(allow_imports=(prefix,))
    codes = [
        one.code for one in modelspec.check(importing(module, "Gate"), policy=policy)
    ]
    assert codes == ([] if is_allowed else ["python-import"])


def test_imported_specs_are_under_the_same_word(tmp_path: Path) -> None:
    """One that imports from Python, imported by one that does not."""
    inner = importing("my_pkg.layers", "FancyAttention(2)").replace("on(2)]", "on]")
    (tmp_path / "inner.yaml").write_text(inner.replace("Net", "Inner"))
    outer = tmp_path / "outer.yaml"
    outer.write_text(
        "modelspec: 1\nname: Outer\nimports: {inner.yaml: [Inner]}\n"
        "Sequential: [Inner]\n"
    )
    (found,) = modelspec.check(outer)
    assert found.code == "python-import"
    assert found.span is not None
    assert Path(found.span.source.name).name == "inner.yaml"
    assert "FancyAttention(" in repr(modelspec.build(outer, policy=ALLOWED))


# --- what is taken of a module ----------------------------------------------------

REFUSED = [
    ("os", "system", "os", "'system' of os is no subclass of nn.Module"),
    ("builtins", "exec", "builtins", "'exec' of builtins is no subclass of nn.Module"),
    ("torch.os", "system", "torch", "there is no Python module 'torch.os'"),
    (
        "torch.nn.utils.rnn.torch.os",
        "system",
        "torch",
        "there is no Python module 'torch.nn.utils.rnn.torch'",
    ),
    ("torch", "os", "torch", "'os' of torch is no subclass of nn.Module"),
    ("torch", "hub", "torch", "'hub' of torch is no subclass of nn.Module"),
    ("torch.utils", "data", "torch", "is no subclass of nn.Module"),
    ("my_pkg.odd", "os", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "Os", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg", "layers", "my_pkg", "'layers' of my_pkg is no subclass of nn.Module"),
    ("my_pkg.odd", "NoModule", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "function", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "instance", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "number", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "Pretender", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "actor", "my_pkg", "is no subclass of nn.Module"),
    ("my_pkg.odd", "Missing", "my_pkg", "the module my_pkg.odd has no 'Missing'"),
    ("my_pkg.odd", "Linear", "my_pkg", "is defined in 'torch.nn.modules.linear'"),
    ("my_pkg.odd", "Gate", "my_pkg.odd", "'Gate' is defined in 'my_pkg.gates'"),
    ("my_pkg.odd", "Claims", "my_pkg", "'Claims' says that it is my_pkg.layers.Claims"),
    ("my_pkg.odd", "Liar", "my_pkg", "'Liar' says that it is my_pkg.layers.Gate"),
    ("my_pkg.odd", "Homeless", "my_pkg", "'Homeless' is defined in '?'"),
    ("my_pkg.odd", "Local", "my_pkg", "my_pkg.odd._local.<locals>.Local"),
    ("my_pkg.odd", "Conjured", "my_pkg", "'Conjured' says that it is my_pkg.odd.Conj"),
    ("my_pkg.odd", "Failing", "my_pkg", "'my_pkg.odd' failed: RuntimeError: no such"),
    ("my_pkg.nothing", "A", "my_pkg", "there is no Python module 'my_pkg.nothing'"),
    ("my_pkg.gates.more", "A", "my_pkg", "no Python module 'my_pkg.gates.more'"),
    ("nobody_has_this", "A", "nobody_has_this", "no Python module 'nobody_has_this'"),
    (
        "my_pkg.broken",
        "A",
        "my_pkg",
        "importing 'my_pkg.broken' failed: RuntimeError: this machine",
    ),
    (
        "my_pkg.leaving",
        "A",
        "my_pkg",
        "importing 'my_pkg.leaving' failed: SystemExit: 3",
    ),
    (
        "my_pkg.lacking",
        "A",
        "my_pkg",
        "failed: ModuleNotFoundError: No module named 'a_package_that_nobody_has'",
    ),
]


@pytest.mark.parametrize(("module", "name", "allowed", "says"), REFUSED)
def test_what_cannot_be_taken(module: str, name: str, allowed: str, says: str) -> None:
    """Told at its name in the import, in one line."""
    spec = importing(module, name)
    assert modelspec.check(spec, policy=Policy(allow_imports=(allowed,))) == []
    (found,) = refused(spec, allowed)
    assert found.code == "python-layer"
    assert says in found.message
    assert "\n" not in found.message
    assert found.span is not None
    assert (found.span.first.line, found.span.text) == (4, name)


def test_all_that_cannot_be_taken_is_told_at_once() -> None:
    spec = importing("my_pkg.odd", "os", "Gates", "Nested", "NoModule")
    found = refused(spec, "my_pkg")
    assert [one.span.text for one in found if one.span] == ["os", "Gates", "NoModule"]
    assert "Gate" in found[1].note


@pytest.mark.parametrize(
    "name", ["__import__", "__builtins__", "os.system", "class", "\uff21", "A B", "''"]
)
def test_a_name_in_a_module_is_plain(name: str) -> None:
    spec = f"modelspec: 1\nname: Net\nimports:\n  python:my_pkg.odd: {{{name}: Mine}}\n"
    found = modelspec.check(spec + "Sequential: [Mine]\n", policy=ALLOWED)
    assert [one.code for one in found] == ["python-import"]


@pytest.mark.parametrize("name", ["__import__", "eval.x", "class", "torch", "super"])
def test_a_name_for_it_is_that_of_a_class(name: str) -> None:
    spec = f"modelspec: 1\nname: Net\nimports:\n  python:my_pkg.odd: {{Gate: {name}}}\n"
    found = modelspec.check(spec + "Sequential: [ReLU]\n", policy=ALLOWED)
    assert [one.code for one in found] == ["bad-name"]


def test_a_class_inside_another_is_where_it_says() -> None:
    made = modelspec.loads(importing("my_pkg.odd", "Nested"), policy=ALLOWED).build()
    assert repr(made) == "Net(\n  (0): Nested()\n)"


# --- when nothing is imported ---------------------------------------------------------


def commanded(
    folder: Path, *command: str
) -> tuple[subprocess.CompletedProcess[str], bool]:
    """A command in a process of its own, and whether a module was imported in it."""
    told = folder / "told"
    told.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "modelspec", *command],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE / 'packages'}",
            "TOLD_ON_IMPORT": str(told),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done, told.exists()


ALLOW = ("--allow-import", "told_on_import")
NEVER: Sequence[tuple[str, ...]] = [
    ("check", "net.yaml"),
    ("generate", "net.yaml"),
    ("generate", "--style", "flat", "net.yaml"),
    ("generate", "--emit", "ir", "net.yaml"),
    ("generate", "-o", "package/", "net.yaml"),
    ("fmt", "net.yaml"),
]
MAKING: Sequence[tuple[str, ...]] = [
    ("build", "net.yaml"),
    ("check", "--shapes", "net.yaml"),
    ("summary", "net.yaml"),
    ("graph", "net.yaml"),
]


@pytest.mark.parametrize("command", NEVER, ids=" ".join)
def test_what_only_reads_imports_nothing(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "net.yaml").write_text(TOLD, encoding="utf-8")
    done, was_imported = commanded(tmp_path, *command, *ALLOW)
    assert done.returncode == 0, done.stderr
    assert not was_imported


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_what_makes_a_model_imports(command: tuple[str, ...], tmp_path: Path) -> None:
    """But not without the word of who calls it."""
    net = TOLD.replace("init:\n  Renamed: {weight: zeros_}\n", "")
    (tmp_path / "net.yaml").write_text(net, encoding="utf-8")
    done, was_imported = commanded(tmp_path, *command, *ALLOW)
    assert done.returncode == 0, done.stderr
    assert was_imported
    done, was_imported = commanded(tmp_path, *command, "--allow-import", "told")
    assert done.returncode == 1
    assert "error[python-import]" in done.stderr
    assert not was_imported


def test_the_language_server_imports_nothing(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    document = Document(str(path), path.as_uri(), TOLD)
    allowed = Policy(allow_imports=("told_on_import",))
    found = analyse(document, {}, allowed).compilation.diagnostics
    assert found == ()
    (one,) = analyse(document, {}, Policy()).compilation.diagnostics
    assert one.code == "python-import"
    assert "told_on_import" not in sys.modules


@pytest.mark.parametrize("how", ["-m", "console script"])
def test_nothing_beside_the_spec_can_be_imported(how: str, tmp_path: Path) -> None:
    """Neither the folder of a spec nor the working directory is searched."""
    marker = tmp_path / "ran"
    beside = (
        f"open({str(marker)!r}, 'w')\nfrom torch import nn\nclass A(nn.Module): ...\n"
    )
    (tmp_path / "beside.py").write_text(beside, encoding="utf-8")
    (tmp_path / "net.yaml").write_text(importing("beside", "A"), encoding="utf-8")
    script = tmp_path / "bin" / "modelspec"
    script.parent.mkdir()
    script.write_text("from modelspec.cli import main\nraise SystemExit(main())\n")
    command = ["-m", "modelspec"] if how == "-m" else [str(script)]
    done = subprocess.run(
        [sys.executable, *command, "build", "net.yaml", "--allow-import", "beside"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "there is no Python module 'beside'" in done.stderr
    assert not marker.exists()


@pytest.mark.parametrize("prefix", ["", ".", "torch..", "my-pkg", "__main__"])
def test_a_wrong_prefix_is_a_wrong_command_line(prefix: str, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TOLD, encoding="utf-8")
    done, _ = commanded(tmp_path, "check", "net.yaml", f"--allow-import={prefix}")
    assert done.returncode == 2
    assert "expected the name of a Python module" in done.stderr


# --- limits ---------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "codes"), [(64, []), (65, ["limit-exceeded"])])
def test_so_many_modules_may_be_named(count: int, codes: list[str]) -> None:
    imports = "".join(f"  python:my_pkg.m{at}: [A{at}]\n" for at in range(count))
    used = "".join(f"  - A{at}\n" for at in range(count))
    spec = f"modelspec: 1\nname: Net\nimports:\n{imports}Sequential:\n{used}"
    assert [one.code for one in modelspec.check(spec, policy=ALLOWED)] == codes


def test_many_names_that_are_not_there_are_told_soon() -> None:
    names = [f"Gates{at}" for at in range(3000)]
    found = refused(importing("my_pkg.odd", *names), "my_pkg")
    assert len(found) == len(names)
    assert "Gate" in found[0].note
    assert not found[-1].note


def test_modules_inside_count() -> None:
    """A `Chain` of three linear layers makes four modules."""
    spec = importing("my_pkg.layers", "Chain").replace("- Chain", "- Chain(4, 3)")
    enough = Policy(Limits(modules=5), allow_imports=("my_pkg",))
    modelspec.loads(spec, policy=enough).build()
    less = Policy(Limits(modules=3), allow_imports=("my_pkg",))
    with pytest.raises(SpecError) as error:
        modelspec.loads(spec, policy=less).build()
    (found,) = error.value.diagnostics
    assert found.code == "limit-exceeded"
    assert found.span is not None
    assert found.span.text == "Chain(4, 3)"


@pytest.mark.parametrize(
    "form", ["Sequential: [Big(3000000)]", "extends: Big(3000000)"]
)
def test_what_has_no_room_is_not_made(form: str) -> None:
    spec = importing("my_pkg.layers", "Big").partition("Sequential:")[0]
    (found,) = refused(f"{spec}{form}\n", "my_pkg")
    assert found.code == "limit-exceeded"
    assert "memory" in found.message or "bytes" in found.message or "B" in found.message


@pytest.mark.parametrize("form", ["Sequential: [Refusing(3)]", "extends: Refusing(3)"])
def test_what_its_constructor_says_is_told_at_the_call(form: str) -> None:
    spec = importing("my_pkg.layers", "Refusing").partition("Sequential:")[0]
    (found,) = refused(f"{spec}{form}\n", "my_pkg")
    assert found.code == "constructor-error"
    assert found.message == "Refusing: the size must be even"
    assert found.span is not None
    assert found.span.text == "Refusing(3)"


def test_several_threads_may_build_at_once() -> None:
    """A first import among them."""
    for name in [one for one in sys.modules if one.startswith("my_pkg")]:
        del sys.modules[name]
    spec = importing("my_pkg.layers", "Gate").replace("- Gate", "- Gate(4)")
    made: list[torch.nn.Module] = []
    start = threading.Barrier(4)

    def build() -> None:
        start.wait()
        made.append(modelspec.loads(spec, policy=ALLOWED).build())

    threads = [threading.Thread(target=build) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 4
    assert len({type(one[0]) for one in made}) == 1  # type: ignore[index]
