"""Text in lines of a given width, as Chinese is set: no mark of punctuation begins a line."""

import re

from rich.cells import cell_len, chop_cells

_PIECES = re.compile(
    r"\s|[（“‘《【]*(?:[!-~]+|[^\s])[。，、；：？！）”’》】…]*"
)  # a word or a character, with the marks that belong to it


def broken(text: str, width: int) -> str:
    """The text with each of its lines broken where it is wider than `width` cells."""
    return "\n".join(line for each in text.split("\n") for line in _lines(each, width))


def _lines(text: str, width: int) -> list[str]:
    lines = [""]
    for piece in _PIECES.findall(text):
        for part in [piece] if cell_len(piece) <= width else chop_cells(piece, width):
            if cell_len(lines[-1] + part) > width:
                lines[-1] = lines[-1].rstrip()
                lines.append("")
            if lines[-1] or len(lines) == 1 or not part.isspace():
                lines[-1] += part
    return lines
