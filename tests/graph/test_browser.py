"""The page in a real browser: what a reader sees and does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelspec.report.graph.layers import Plans
from modelspec.report.graph.measures import faces_of
from modelspec.report.graph.model import Graph
from modelspec.report.graph.placing import place
from modelspec.report.graph.view import choose_view
from tests.graph.browser import WIDTH, Browser, find_browser
from tests.graph.runs import drawn

pytestmark = pytest.mark.skipif(
    find_browser() is None,
    reason="needs Chromium: `chromium` on the path, or named by CHROMIUM",
)

NAMES = ("zoo/resnet.yaml:resnet18", "zoo/hf_clip.yaml", "zoo/unet.yaml")
PLACES = """
(() => {
  const world = document.getElementById("world");
  const back = world.getCTM().inverse();
  const found = {};
  for (const box of document.querySelectorAll(".box[data-node]")) {
    const place = back.multiply(box.getCTM());
    const shape = box.querySelector("rect:last-of-type, circle");
    const area = shape.getBBox();
    found[box.dataset.node] = [place.e, place.f, area.width, area.height];
  }
  return found;
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = find_browser()
    assert path is not None
    with Browser(path, tmp_path_factory.mktemp("browser")) as found:
        yield found


def shown(browser: Browser, folder: Path, name: str, hash: str = "") -> Graph:
    page = folder / "page.html"
    page.write_text(drawn(name).html(), encoding="utf-8")
    browser.open(page, hash)
    return drawn(name).graph()


def centre(browser: Browser, selector: str) -> tuple[float, float]:
    area: Any = browser.value(
        f"(() => {{ const b = document.querySelector('{selector}')"
        ".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    return area[0], area[1]


def colors(browser: Browser) -> set[bytes]:
    rows = browser.screenshot()
    size = len(rows[0]) * 3 // WIDTH
    return {row[at : at + 3] for row in rows for at in range(0, len(row), size)}


@pytest.mark.parametrize("name", NAMES)
def test_the_script_places_as_python_does(
    browser: Browser, tmp_path: Path, name: str
) -> None:
    """At first, and with everything open: what is closed stands in the same place."""
    graph = shown(browser, tmp_path, name)
    for depth in (None, 99):
        if depth is not None:
            browser.value("document.getElementById('expand').click()")
        plans = Plans(graph)
        opened = choose_view(graph, depth, plans).opened
        picture = place(graph, plans, faces_of(graph), opened)
        boxes = {str(box.node): box for box in picture.boxes if not box.is_open}
        found = browser.value(PLACES)
        assert found.keys() == boxes.keys()
        for node, (x, y, width, height) in found.items():
            box = boxes[node]
            wanted = (box.x, box.y, box.width, box.height)
            assert (x, y, width, height) == pytest.approx(wanted, abs=0.1)


def test_a_block_opens_and_closes(browser: Browser, tmp_path: Path) -> None:
    """By a click; the picture is not blank, in light and in dark."""
    graph = shown(browser, tmp_path, "zoo/resnet.yaml:resnet18", "#theme=light")
    light = colors(browser)
    assert len(light) > 30
    browser.value("document.getElementById('collapse').click()")
    group = next(node for node in graph.groups() if node.name == "layer3")
    before = browser.value("document.querySelectorAll('.box').length")
    assert before == len(graph.root.children)
    browser.click(*centre(browser, f'.box[data-node="{group.index}"]'))
    after = browser.value("document.querySelectorAll('.box').length")
    assert after == before - 1 + len(group.children)
    assert len(colors(browser)) > 30
    header = f'.header[data-node="{group.index}"] .handle'
    browser.click(*centre(browser, header))
    assert browser.value("document.querySelectorAll('.box').length") == before
    browser.value("document.getElementById('theme').click()")
    dark = colors(browser)
    assert len(dark) > 30
    assert b"\xff\xff\xff" in light
    assert b"\xff\xff\xff" not in dark


def test_pointing_tells(browser: Browser, tmp_path: Path) -> None:
    """Shapes, parameters, multiply-adds and the line of the spec."""
    graph = shown(browser, tmp_path, "zoo/resnet.yaml:resnet18")
    conv = next(node for node in graph.nodes if node.name == "conv1")
    x, y = centre(browser, f'.box[data-node="{conv.index}"]')
    browser.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    assert browser.value("document.getElementById('tip').hidden") is False
    told = browser.value("document.getElementById('tip').innerText")
    for text in ("[N, 3, H, W]", "9,408", "2.35k·N·H·W", conv.where, conv.line):
        assert text in told


def test_search_finds_what_is_closed(browser: Browser, tmp_path: Path) -> None:
    shown(browser, tmp_path, "zoo/hf_clip.yaml")
    browser.value("document.getElementById('collapse').click()")
    browser.value("document.getElementById('query').focus()")
    browser.ask("Input.insertText", text="k_proj")
    assert browser.value("document.getElementById('found').textContent") == "4 found"
    assert browser.value("document.querySelectorAll('.holds').length") == 2
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    browser.ask("Input.dispatchKeyEvent", type="keyDown", **key)
    assert browser.value("document.getElementById('found').textContent") == "1 of 4"
    assert browser.value("document.querySelectorAll('.hit.current').length") == 1
    stroke = "getComputedStyle(document.querySelector('.hit.current rect')).stroke"
    assert browser.value(stroke) == "rgb(245, 158, 11)"


def test_wheel_and_drag(browser: Browser, tmp_path: Path) -> None:
    shown(browser, tmp_path, "lstm_lm.yaml")
    place = "document.getElementById('world').getAttribute('transform')"
    first = browser.value(place)
    wheel = {"x": 600, "y": 500, "deltaX": 0, "deltaY": -240}
    browser.ask("Input.dispatchMouseEvent", type="mouseWheel", **wheel)
    zoomed = browser.value(place)
    assert zoomed != first
    button: dict[str, Any] = {"button": "left", "clickCount": 1}
    mouse = "Input.dispatchMouseEvent"
    browser.ask(mouse, type="mousePressed", x=100, y=300, **button)
    browser.ask(mouse, type="mouseMoved", x=160, y=340, buttons=1)
    browser.ask(mouse, type="mouseReleased", x=160, y=340, **button)
    moved = browser.value(place)
    assert moved.rpartition(")")[0].split("scale")[1] == zoomed.split("scale")[1][:-1]
    assert moved != zoomed
