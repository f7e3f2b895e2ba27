"""The worked examples of CONTRIBUTING.md, and how to carry one out on a copy of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
TRY = "try"


class Block(NamedTuple):
    """A fenced block: its language, the file that it is for, or "try", and its text."""

    language: str
    file: str
    text: str


class Example(NamedTuple):
    """A section below "Worked examples": its heading and its blocks."""

    heading: str
    blocks: tuple[Block, ...]

    @property
    def files(self) -> set[str]:
        """The files that it touches."""
        return {block.file for block in self.blocks if block.file != TRY}


def examples() -> Iterator[Example]:
    """Every worked example of the page."""
    page = PAGE.read_text("utf-8").split("\n## Worked examples\n")[1]
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        heading, _, text = section.partition("\n")
        blocks = re.findall(r"^```(\w+) (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        yield Example(heading, tuple(Block(*block) for block in blocks))


def carry_out(example: Example, root: Path) -> None:
    """Write and change what the example says below ``root``, a copy of the repository."""
    for language, file, text in example.blocks:
        path = root / file
        if file == TRY:
            continue
        if language == "diff":
            path.write_text(patched(path.read_text("utf-8"), text), "utf-8")
        elif language == "toml" and path.exists():
            path.write_text(f"{path.read_text('utf-8')}\n{text}", "utf-8")
        else:
            assert not path.exists(), f"{file} is there already"
            path.write_text(text, "utf-8")


def patched(text: str, diff: str) -> str:
    """A text changed by a diff whose parts are divided by lines of @@; each finds its place by its lines."""
    for part in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        assert {line[0] for line in lines} <= set(" +-"), part
        before, after = ("".join(line[1:] for line in lines if line[0] in marks) for marks in (" -", " +"))
        assert text.count(before) == 1, f"this stands {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text
