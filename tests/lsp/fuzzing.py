"""A restless user: types, deletes, pastes nonsense, and asks everywhere.

`torment` does it through a real client, the same for the same seed. For a long campaign
run `python -m tests.lsp.fuzzing SECONDS [SEED]`.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.lsp.client import ROOT, Client, place

# What a server may answer: refused, changed meanwhile, cancelled.
ALLOWED = {-32803, -32801, -32800}
PLACES = (
    "completion hover definition references documentHighlight signatureHelp "
    "prepareRename rename"
).split()
JUNK = (
    *(
        "\ud83d\ude42",
        "\ud800",
        "\udc00",
        "\0",
        "\r",
        "\r\n",
        "\t",
        "\u2028",
        "é",
        "字",
    ),
    *("{", "}", "[", "]", "(", ")", "'", '"', ":", ": ", "- ", "|\n", ">", "&a ", "*a"),
    *(
        "${",
        "#",
        ",",
        ".",
        "self.",
        "torch.",
        "\n",
        "\n  ",
        "\n        ",
        "!!x ",
        "<<: ",
    ),
    *(
        "for i in range(3):",
        "if x:",
        "else:",
        "let a = 1",
        "init:",
        "forward: |\n",
        "@",
    ),
    *(
        "Linear(",
        "Conv2d: {",
        "tie: {",
        "extends: ",
        "imports:\n  ./a.yaml: [B]\n",
        "---",
    ),
)


def examples() -> list[str]:
    return [path.read_text() for path in sorted((ROOT / "examples").rglob("*.yaml"))]


class User:
    def __init__(
        self, client: Client, folder: Path, seed: int, texts: list[str]
    ) -> None:
        self.client, self.random, self.texts = client, random.Random(seed), texts
        self.uris = [(folder / f"{name}.yaml").as_uri() for name in "abc"]
        self.uris.append("untitled:Untitled-1")
        self.now: dict[str, str] = {}
        self.asked = 0

    # --- edits --------------------------------------------------------------------

    def step(self) -> None:
        kind = self.random.choices(
            [self.edit, self.ask, self.reopen, self.other], [10, 14, 1, 1]
        )[0]
        kind(self.random.choice(self.uris))

    def edit(self, uri: str) -> None:
        text = self.now.get(uri, "")
        change: Callable[[str], str] = self.random.choice(
            [self.insert, self.delete, self.swap, self.cut_off, self.fresh]
        )
        self.set(uri, change(text) if text else self.fresh(text))

    def set(self, uri: str, text: str) -> None:
        self.now[uri] = text
        self.client.change(uri, text)

    def insert(self, text: str) -> str:
        at = self.random.randint(0, len(text))
        return text[:at] + self.random.choice(JUNK) + text[at:]

    def delete(self, text: str) -> str:
        at = self.random.randint(0, len(text))
        return text[:at] + text[at + self.random.choice([1, 1, 1, 5, 40, 400]) :]

    def swap(self, text: str) -> str:
        lines = text.split("\n")
        one, other = (self.random.randrange(len(lines)) for _ in range(2))
        lines[one], lines[other] = lines[other], lines[one]
        return "\n".join(lines)

    def cut_off(self, text: str) -> str:
        return text[: self.random.randint(0, len(text))]

    def fresh(self, _: str) -> str:
        return self.random.choice(self.texts)

    # --- questions ----------------------------------------------------------------

    def position(self, text: str) -> dict[str, int]:
        """Mostly in the text, sometimes far outside of it."""
        if self.random.random() < 0.1:
            far = [0, 1, 7, 10**6, 2**31 - 1]
            return {
                "line": self.random.choice(far),
                "character": self.random.choice(far),
            }
        lines = text.split("\n")
        line = self.random.randrange(len(lines))
        length = len(lines[line].encode("utf-16-le", "surrogatepass")) // 2
        return {"line": line, "character": self.random.randint(0, length + 1)}

    def ask(self, uri: str) -> None:
        text = self.now.get(uri, "")
        roll = self.random.random()
        if roll < 0.1:
            self.check("documentSymbol", {"textDocument": {"uri": uri}})
        elif roll < 0.2:
            ends = {"start": self.position(text), "end": self.position(text)}
            context: dict[str, Any] = {"diagnostics": []}
            params = {"textDocument": {"uri": uri}, "range": ends, "context": context}
            self.check("codeAction", params)
        else:
            kind = self.random.choice(PLACES)
            self.check(kind, self.about(uri, self.position(text), kind))

    def about(self, uri: str, position: dict[str, int], kind: str) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if kind == "rename":
            more["newName"] = self.random.choice(["fresh", "x", "1", "", "\ud800", "é"])
        if kind == "references":
            more["context"] = {"includeDeclaration": self.random.random() < 0.5}
        return place(uri, position, **more)

    def check(self, kind: str, params: dict[str, Any]) -> None:
        self.asked += 1
        answer = self.client.answer(f"textDocument/{kind}", params)
        code = answer.get("error", {}).get("code")
        assert code is None or code in ALLOWED, (
            kind,
            params,
            answer,
            self.now.get(params["textDocument"]["uri"]),
        )

    # --- the rest -----------------------------------------------------------------

    def reopen(self, uri: str) -> None:
        """Close, ask about what is closed, and forget it."""
        if uri in self.now:
            self.client.close(uri)
            del self.now[uri]
        self.ask(uri)

    def other(self, uri: str) -> None:
        what = {"textDocument": {"uri": uri}}
        changes = {"changes": [{"uri": uri, "type": 2}]}
        self.random.choice(
            [
                lambda: self.client.tell("textDocument/didSave", what),
                lambda: self.client.tell("workspace/didChangeWatchedFiles", changes),
                lambda: self.client.tell("$/cancelRequest", {"id": 10**6}),
            ]
        )()


def torment(
    client: Client, folder: Path, seed: int, texts: list[str]
) -> Iterator[User]:
    """Endless steps."""
    user = User(client, folder, seed, texts)
    while True:
        user.step()
        yield user


def typed(text: str, start: int, step: int) -> Iterator[tuple[str, dict[str, int]]]:
    """A text as it is typed, with the place of the cursor."""
    for at in range(start, len(text) + 1, step):
        line = text.count("\n", 0, at)
        yield text[:at], {"line": line, "character": at - text.rfind("\n", 0, at) - 1}


def main(seconds: float, seed: int) -> None:
    texts, end = examples(), time.monotonic() + seconds
    while time.monotonic() < end:
        client = Client()
        asked = 0
        with tempfile.TemporaryDirectory() as folder:
            for user in torment(client, Path(folder), seed, texts):
                asked = user.asked
                if time.monotonic() > end or asked > 3000:
                    break
        status, said = client.stop()
        print(f"seed {seed}: {asked} questions, exit {status}\n{said}", flush=True)
        assert status == 0
        assert not said
        seed += 1


if __name__ == "__main__":
    main(float(sys.argv[1]), int((*sys.argv, "0")[2]))
