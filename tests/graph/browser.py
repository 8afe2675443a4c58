"""A headless Chromium, led through a pair of pipes: no port, no driver, no network."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT = 1200, 900
_PATIENCE = 60.0


def find_browser() -> str | None:
    """The browser of this machine, or the one that `CHROMIUM` names."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """Used in a `with`. `folder` is where it may keep what it must."""

    def __init__(self, path: str, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._count = 0
        self._rest = b""
        self._session: str | None = None

    def __enter__(self) -> Browser:
        to_it, self._write = os.pipe()
        self._read, from_it = os.pipe()
        # The browser reads from 3 and writes to 4, whatever numbers the pipes have.
        command = (
            f'exec "$0" --headless --no-sandbox --disable-gpu --remote-debugging-pipe'
            f" --hide-scrollbars --disable-dev-shm-usage"
            f' "--user-data-dir=$1" about:blank 3<&{to_it} 4>&{from_it}'
        )
        self._process = subprocess.Popen(
            ["bash", "-c", command, self._path, str(self._folder)],
            pass_fds=(to_it, from_it),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_it)
        os.close(from_it)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        found = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = found["sessionId"]
        self.ask("Page.enable")
        self.ask("Runtime.enable")
        return self

    def __exit__(self, *what: object) -> None:
        os.close(self._write)
        os.close(self._read)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, method: str, **params: Any) -> Any:
        """One command of the DevTools protocol, and what it answers."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            found = self._next()
            if found.get("id") == self._count:
                assert "error" not in found, found
                return found["result"]

    def open(self, page: Path, hash: str = "") -> None:
        """Show a file, and wait until it is there."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.ask("Page.navigate", url=f"{page.as_uri()}{hash}")
        end = time.monotonic() + _PATIENCE
        ready = "document.readyState === 'complete' && location.protocol === 'file:'"
        while not self.value(ready):
            assert time.monotonic() < end, "the page does not come"
            time.sleep(0.02)

    def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def click(self, x: float, y: float) -> None:
        """Press and release the mouse."""
        place: dict[str, Any] = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **place)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **place)

    def screenshot(self) -> list[bytes]:
        """Rows of pixels of the page at a third of its size, RGB or RGBA."""
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT, "scale": 1 / 3}
        data = self.ask("Page.captureScreenshot", format="png", clip=clip)["data"]
        return png_rows(base64.b64decode(data))

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], _PATIENCE)
            assert ready, "the browser does not answer"
            more = os.read(self._read, 1 << 16)
            assert more, "the browser has ended"
            self._rest += more
        first, _, self._rest = self._rest.partition(b"\0")
        return json.loads(first)


def png_rows(data: bytes) -> list[bytes]:
    """The rows of an 8-bit RGB or RGBA picture."""
    width, _, depth, color = struct.unpack(">IIBB", data[16:26])
    assert depth == 8
    size = {2: 3, 6: 4}[color]
    packed, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(packed)
    stride = width * size
    rows: list[bytes] = []
    above = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], row, above, size)
        rows.append(bytes(row))
        above = row
    return rows


def _unfilter(kind: int, row: bytearray, above: bytearray, size: int) -> None:
    for at in range(len(row)):
        left = row[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        up = above[at]
        added = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[at] = (row[at] + added) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda one: abs(guess - one))
