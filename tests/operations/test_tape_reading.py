"""A file is a tape or it is refused whole, by name."""

import gzip
from pathlib import Path

import pytest

from operations.tape.profiles import PROFILES, ProfileUnknown, profile_named
from operations.tape.reading import (
    TapeColumnsMissing,
    TapeColumnsTwice,
    TapeCutOff,
    TapeEmpty,
    TapeEncodingWrong,
    TapeNotCsv,
    TapeNotThere,
    read_tape,
)
from tests.operations.tapes import COLUMNS, write_tape

PROFILE = PROFILES["repeat-loans"]


def test_packed_and_plain_files_of_one_content_have_one_digest(tmp_path: Path) -> None:
    plain = write_tape(tmp_path / "tape.csv")
    packed = tmp_path / "tape.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    first, second = read_tape(plain, PROFILE), read_tape(packed, PROFILE)

    assert first.sha256 == second.sha256
    assert first.lines == second.lines
    assert [line.number for line in first.lines] == [2, 3, 4, 5]


def test_a_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    text = write_tape(tmp_path / "tape.csv").read_text(encoding="utf-8")
    text = "\ufeff" + text.replace("\r\n", "\n").replace("\n", "\r\n\r\n")
    (tmp_path / "windows.csv").write_bytes(text.encode())

    tape = read_tape(tmp_path / "windows.csv", PROFILE)

    assert [line.cells["systemloanid"] for line in tape.lines] == ["1001", "1002", "1003", "1004"]


def test_an_open_quote_spoils_its_own_line_only(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "tape.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = '"' + lines[2]
    path.write_text("\n".join(lines), encoding="utf-8")

    tape = read_tape(path, PROFILE)

    assert [bool(line.cells) for line in tape.lines] == [True, False, True, True]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    columns = [column for column in COLUMNS if column not in ("totaldue", "closeddate")]
    path = write_tape(tmp_path / "tape.csv", columns=columns)

    with pytest.raises(TapeColumnsMissing) as refusal:
        read_tape(path, PROFILE)

    assert refusal.value.context["columns"] == "totaldue, closeddate"


def test_a_column_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tape.csv"
    path.write_text(",".join([*COLUMNS, "loanamount"]) + "\n", encoding="utf-8")

    with pytest.raises(TapeColumnsTwice):
        read_tape(path, PROFILE)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", TapeEmpty),
        (b"\n\n \n", TapeEmpty),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", TapeNotCsv),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00 xl/workbook.xml", TapeNotCsv),
        (b"dear colleague, here are the loans", TapeNotCsv),
        (b'{"customerid": 1}', TapeNotCsv),
        (",".join(COLUMNS).replace(",", ";").encode(), TapeNotCsv),
        (",".join(COLUMNS).encode("utf-16"), TapeEncodingWrong),
        (gzip.compress(b"customerid," * 1000, mtime=0)[:-20], TapeCutOff),
        (b"\x1f\x8b not really packed", TapeCutOff),
    ],
)
def test_what_is_no_tape_is_refused_whole(tmp_path: Path, content: bytes, refusal: type[Exception]) -> None:
    path = tmp_path / "tape.csv"
    path.write_bytes(content)

    with pytest.raises(refusal):
        read_tape(path, PROFILE)


def test_a_missing_file_or_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TapeNotThere):
        read_tape(tmp_path / "nothing.csv", PROFILE)
    with pytest.raises(TapeNotThere):
        read_tape(tmp_path, PROFILE)


def test_an_unknown_profile_names_those_that_are_known() -> None:
    with pytest.raises(ProfileUnknown) as refusal:
        profile_named("mortgages")

    assert "repeat-loans" in refusal.value.context["known"]
