"""The JSON Schema takes every spec that is right and refuses what it can know is wrong.

`wrong/` holds small specs, each with one mistake and a first line `# at: PATH` that
says which value the schema must refuse. A draft-07 validator that is not ours judges.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

import modelspec
from modelspec.catalog import load_catalog
from modelspec.driver import compile_path
from modelspec.policy import Policy
from modelspec.program import types
from modelspec.program.standard import STANDARD_BLOCKS
from modelspec.resources import SPEC_SCHEMA, schema_path
from modelspec.spec.frame import FRAMES, BlockSpec, FileSpec, keys_of
from modelspec.spec.schema import frames, parts, spec_schema
from modelspec.syntax.keys import control_word
from tests.cli.commands import run, run_without_torch
from tests.schema.plain import plain_spec, read_plain

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(schema_path(SPEC_SCHEMA).read_text(encoding="utf-8"))
VALIDATOR = Draft7Validator(SCHEMA)
WRONG = sorted((Path(__file__).parent / "wrong").glob("*.yaml"))
RIGHT = [
    path
    for folder in ("examples", "tests/cases")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
    if re.search(r"^modelspec:", path.read_text(encoding="utf-8"), re.MULTILINE)
]


# --- the file -------------------------------------------------------------------


def test_the_file_is_what_the_script_writes(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "write_schema.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    written = (tmp_path / SPEC_SCHEMA).read_bytes()
    assert written == (ROOT / "schemas" / SPEC_SCHEMA).read_bytes()


def test_it_is_a_schema_of_draft_07_and_of_reasonable_size() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert schema_path(SPEC_SCHEMA).stat().st_size < 500_000


def test_every_reference_is_defined() -> None:
    for schema in _schemas(SCHEMA):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            at: Any = SCHEMA
            for step in reference.removeprefix("#/").split("/"):
                at = at[step]


def test_printed_without_torch() -> None:
    found = run_without_torch("schema")
    assert (found.status, found.err) == (0, "")
    assert json.loads(found.out) == SCHEMA
    assert Path(run("schema", "--path").out.strip()).name == SPEC_SCHEMA


# --- what is right --------------------------------------------------------------


@pytest.mark.parametrize("path", RIGHT, ids=lambda p: str(p.relative_to(ROOT)))
def test_right_specs(path: Path) -> None:
    assert [_told(one) for one in VALIDATOR.iter_errors(plain_spec(path))] == []


def test_there_are_specs_to_judge() -> None:
    assert len(RIGHT) > 120
    assert len(WRONG) > 80


# --- what is wrong --------------------------------------------------------------


@pytest.mark.parametrize("path", WRONG, ids=lambda p: p.stem)
def test_wrong_specs(path: Path) -> None:
    """Refused for the value that is wrong; modelspec itself refuses it too."""
    first = path.read_text(encoding="utf-8").split("\n")[0]
    wanted = first.removeprefix("# at: ").rstrip("/")
    places = {at for at, _ in _refusals(plain_spec(path))}
    assert wanted in places
    assert all(f"{at}/".startswith(f"{wanted}/") for at in places)
    assert any(one.is_error for one in modelspec.check(path))


def _refusals(instance: object) -> Iterator[tuple[str, str]]:
    """The places that are refused, alternatives looked into."""
    for error in VALIDATOR.iter_errors(instance):
        yield _told(error)


def _told(error: ValidationError) -> tuple[str, str]:
    at = "".join(f"/{step}" for step in error.absolute_path)
    return at, error.message[:200]


FOUND_BY_CHECK = sorted((ROOT / "tests" / "invalid").glob("*/*.yaml"))
OF_FORM = {"wrong-kind", "missing-key", "several-bodies", "invalid-control"}
OF_WORDS = {
    # Of these the form is right; what is wrong is which words stand in it.
    "letters_swapped",
    "names_in_a_list",
    "param_among_parameters",
    # A null that is written, which is right, is the same in JSON.
    "nothing_under_for",
}


def test_it_refuses_only_what_check_refuses() -> None:
    """Over all wrong specs there are; and what is wrong in its form it refuses."""
    refused = 0
    for path in FOUND_BY_CHECK:
        spec = read_plain(path)
        if spec is None:
            continue
        told = compile_path(str(path), Policy()).diagnostics
        codes = {one.code for one in told if one.is_error}
        takes = VALIDATOR.is_valid(spec)
        assert takes or codes, path
        assert not (takes and codes & OF_FORM) or path.stem in OF_WORDS, path
        refused += not takes
    assert refused > 25


# --- what an editor shows -------------------------------------------------------


@pytest.mark.parametrize("name", load_catalog().layer_names)
def test_every_layer_and_argument_is_explained(name: str) -> None:
    """Hover text for the layer, its signature with it, and for what it takes."""
    if name == "Module":
        return
    shown = SCHEMA["definitions"]["typed"]["properties"][name]
    reference = shown.get("$ref", "")
    shown = SCHEMA["definitions"][name] if reference else shown
    assert f"{name}(" in shown["markdownDescription"]
    assert shown["description"]
    for argument in shown.get("properties", {}).values():
        assert argument["description"]


@pytest.mark.parametrize("name", STANDARD_BLOCKS)
def test_every_standard_block_is_explained(name: str) -> None:
    """With its arguments; a block of the spec may have its name and take others."""
    assert SCHEMA["definitions"]["typed"]["properties"][name]["$ref"].endswith(name)
    shown = SCHEMA["definitions"][name]
    assert f"{name}({STANDARD_BLOCKS[name]})" in shown["markdownDescription"]
    called = ast.parse(f"f({STANDARD_BLOCKS[name]})", mode="eval").body
    assert isinstance(called, ast.Call)
    if name not in ("Residual", "Add", "Concat"):
        names = [*map(ast.unparse, called.args), *(one.arg for one in called.keywords)]
        assert list(shown["properties"]) == names
        assert all(one["description"] for one in shown["properties"].values())
    spec = {"modelspec": 1, "name": "Net", "Sequential": [{name: {"other": 3}}]}
    assert VALIDATOR.is_valid(spec)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda one: one.__name__)
def test_every_key_is_explained(frame: type) -> None:
    docs = frames.docs_of(frame)
    assert docs.keys() == keys_of(frame).keys()
    schema = SCHEMA if frame is FileSpec else SCHEMA["definitions"][frame.__name__]
    assert {k: v["description"] for k, v in schema["properties"].items()} == docs
    for shown in schema["properties"].values():
        assert shown.get("markdownDescription", shown["description"]) in docs.values()
    assert all(text.endswith(".") for text in docs.values())


def test_types_of_params_are_those_there_are() -> None:
    assert set(frames.TYPE_NAMES) == set(types.NAMES)


def test_bodies_do_not_stand_together() -> None:
    """As `check_bodies` has it: only `extends` and `modules` may."""
    base = {"modelspec": 1, "name": "Net"}
    bodies = {"Sequential": [], "ModuleList": [], "ModuleDict": {}, "modules": {}}
    for one, children in bodies.items():
        for other, others in bodies.items():
            spec = {**base, one: children, other: others}
            assert VALIDATOR.is_valid(spec) == (one == other)
    assert VALIDATOR.is_valid({**base, "extends": "ReLU()", "modules": {}})
    assert not VALIDATOR.is_valid({**base, "extends": "ReLU()", "Sequential": []})


SNIPPET_HOLE = re.compile(r"\$\{\d+:([^}]*)\}")
FILLED = {
    "unflattened_size": "(2, 4)",
    "encoder_layer": "TransformerEncoderLayer(8, 2)",
}


def test_snippets_are_right_themselves() -> None:
    """A call that is put in is one that the place takes, with what it needs."""
    for schema in _schemas(SCHEMA["definitions"]["module"]):
        for snippet in schema.get("defaultSnippets", ()):
            call = SNIPPET_HOLE.sub(lambda m: FILLED.get(m[1], "8"), snippet["body"])
            spec = f"modelspec: 1\nname: Net\nSequential:\n  - {call}\n"
            found = [one.code for one in modelspec.loads(spec).diagnostics]
            assert found == [], call


# --- patterns -------------------------------------------------------------------

NAMES = "conv1 0 block1-0 a${i} ${name} for${i} if-branch else-x l${i+1}.bn".split()
KEYS = [
    "for i in range(3)",
    "for i, n in enumerate(sizes)",
    "for (a, b) in [(1, 2)]",
    "for x in(1, 2)",
    "if wide",
    "if not (a and b):",
    "elif a == 'x'",
    "else",
    "else:",
    "let width = width + 4",
    "let a, b = 1, 2",
    "let same = a == b",
]


@pytest.mark.parametrize("key", KEYS)
def test_control_keys(key: str) -> None:
    assert control_word(key)
    assert re.search(parts.CONTROL, key)
    assert not re.search(parts.NAME, key)
    assert not re.search(parts.TYPE, key)


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert control_word(name) is None
    assert re.search(parts.NAME, name)
    assert not re.search(parts.CONTROL, name)


def _schemas(node: object) -> Iterator[dict[str, Any]]:
    """Every mapping in a schema, itself first."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from _schemas(value)


def test_the_whole_is_made_of_what_it_says() -> None:
    """Frames, layers and nothing that changes from run to run."""
    assert spec_schema() == spec_schema() == SCHEMA
    assert {BlockSpec.__name__, "Linear", "module"} <= SCHEMA["definitions"].keys()
