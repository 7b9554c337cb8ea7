"""A county folder damaged in any way is refused by name or loads; nothing else is ever raised."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config import check, load
from config.faults import CountyFaults
from tests.config import tiny

NAMES = st.sampled_from(sorted(tiny.FILES))


def _read(name: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        county = tiny.write(Path(folder))
        (county / name).write_bytes(content)
        try:
            load.load_county(county)
        except CountyFaults as faults:
            assert faults.faults
            assert all(fault.problem and fault.remedy for fault in faults.faults)
        assert check.report(county)[0]


@settings(max_examples=150, deadline=None)
@given(name=NAMES, content=st.binary(max_size=200))
def test_any_bytes_in_any_file_end_in_faults_at_worst(name: str, content: bytes) -> None:
    _read(name, content)


@settings(max_examples=250, deadline=None)
@given(name=NAMES, place=st.floats(0, 1), cut=st.integers(0, 40), put=st.text(max_size=12))
def test_any_cut_or_insertion_ends_in_faults_at_worst(
    name: str, place: float, cut: int, put: str
) -> None:
    content = tiny.FILES[name].encode()
    start = int(place * len(content))
    _read(name, content[:start] + put.encode(errors="surrogatepass") + content[start + cut :])


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from([name for name in tiny.FILES if name.endswith(".csv")]),
    row=st.integers(0, 6),
    column=st.integers(0, 6),
    value=st.one_of(
        st.text(max_size=20), st.sampled_from(["130999", "town-1", "01", "²", "-1", "1e9", "\x00"])
    ),
)
def test_any_cell_may_hold_anything(name: str, row: int, column: int, value: str) -> None:
    lines = [line.split(",") for line in tiny.FILES[name].splitlines()]
    cells = lines[row % len(lines)]
    cells[column % len(cells)] = value
    text = "\n".join(",".join(line) for line in lines)
    _read(name, text.encode(errors="surrogatepass"))
