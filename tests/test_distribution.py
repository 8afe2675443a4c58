"""The package works from a checkout, and from a wheel that is made of the sdist."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from modelspec import resources

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("docs", "examples", "tests", "schemas", "standard", "templates")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the sdist and the wheel made of it."""
    target = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--no-isolation", "--outdir", str(target), str(ROOT))
    return target


def run(*arguments: str, cwd: Path = ROOT) -> str:
    """The output of Python in a process of its own."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def data_files(*folders: str) -> set[str]:
    """The files under these folders of the checkout, relative to it."""
    return {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_a_checkout_uses_its_own_data_files() -> None:
    assert resources.template_directory() == ROOT / "templates"


def test_a_missing_file_is_named() -> None:
    with pytest.raises(resources.MissingResourceError, match=r"'schemas/none\.json'"):
        resources.schema_path("none.json")


@pytest.mark.slow
def test_the_wheel_holds_the_package_its_data_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    held = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    shipped = data_files("schemas", "standard", "templates")
    data = {f"modelspec/_data/{name}" for name in shipped}
    assert held == data_files("modelspec") | data


@pytest.mark.slow
def test_the_sdist_holds_what_the_tests_need(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert data_files(*NEEDED) <= held


@pytest.mark.slow
def test_an_installed_wheel_finds_its_data(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "from modelspec import resources as r; print(r.template_directory())"
    found = Path(run("-c", code, cwd=tmp_path).strip())
    assert found == (tmp_path / "modelspec/_data/templates").resolve()


@pytest.mark.slow
def test_an_installed_wheel_knows_the_standard_blocks(
    built: Path, tmp_path: Path
) -> None:
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    text = "modelspec: 1\nname: Net\nSequential: [{Residual: [ReLU]}]"
    code = f"import modelspec; print(modelspec.loads({text!r}).source())"
    assert "class Residual(nn.Sequential)" in run("-c", code, cwd=tmp_path)
