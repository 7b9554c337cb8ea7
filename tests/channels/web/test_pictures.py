"""Photos: what may be large, what not, and what is left of them."""

import asyncio
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from channels.channel import MediaRefused
from channels.web import pictures


def encoded(kind: str, size: tuple[int, int], mode: str = "RGB", **how: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format=kind, **how)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "how"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"progressive": True})]
)
def test_what_must_be_read_whole_may_not_be_so_large(kind: str, how: dict[str, object]) -> None:
    large = encoded(kind, (4100, 4100), **how)
    assert len(large) < 2**20
    with pytest.raises(MediaRefused):
        pictures.drawn(large, pictures.LONGEST_SIDE)


def test_a_large_photo_of_a_telephone_is_taken() -> None:
    content, kind = pictures.drawn(encoded("JPEG", (8000, 6000)), pictures.LONGEST_SIDE)
    with Image.open(io.BytesIO(content)) as drawn:
        assert (kind, drawn.size) == ("image/jpeg", (2400, 1800))


def test_a_photo_taken_upright_stays_upright_and_forgets_its_camera() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "Zhang San"  # turned by a quarter
    content, _ = pictures.drawn(encoded("JPEG", (4000, 3000), exif=exif), 400)
    with Image.open(io.BytesIO(content)) as drawn:
        assert drawn.size == (300, 400)
        assert not drawn.getexif()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_mode_are_drawn(mode: str) -> None:
    content, kind = pictures.drawn(encoded("PNG", (900, 600), mode), 300)
    with Image.open(io.BytesIO(content)) as drawn:
        assert (kind, drawn.size) == ("image/png", (300, 200))


MEASURED = """
import sys
from pathlib import Path
from channels.web import pictures
def most_kb():  # not getrusage: that counts what the parent needed
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
content = Path(sys.argv[1]).read_bytes()
before = most_kb()
pictures.drawn(content, pictures.LONGEST_SIDE)
sys.stdout.write(str(most_kb() - before))
"""


@pytest.mark.parametrize(
    ("kind", "size", "mode", "how"),
    [
        ("PNG", (4000, 4000), "RGBA", {}),
        ("JPEG", (7070, 7070), "RGB", {}),
        ("JPEG", (4000, 4000), "RGB", {"progressive": True}),
    ],
)
def test_the_largest_pictures_cost_bounded_memory(
    tmp_path: Path, kind: str, size: tuple[int, int], mode: str, how: dict[str, object]
) -> None:
    """In a process of its own, whose memory never was larger."""
    path = tmp_path / "photo"
    path.write_bytes(encoded(kind, size, mode, **how))
    run = [sys.executable, "-c", MEASURED, str(path)]
    grown_kb = int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    assert grown_kb < 200 * 1024


async def test_one_is_drawn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing, most = 0, 0

    def slow(content: bytes, longest_side: int) -> tuple[bytes, str]:
        nonlocal drawing, most
        drawing += 1
        most = max(most, drawing)
        time.sleep(0.02)  # in a thread
        drawing -= 1
        return content, "image/png"

    monkeypatch.setattr(pictures, "drawn", slow)
    room = pictures.Darkroom()
    await asyncio.gather(*(room.cleaned(b"") for _ in range(4)), room.small(b""))
    assert most == 1
