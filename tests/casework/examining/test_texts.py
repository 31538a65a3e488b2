"""Plain text in the encodings people have it in; what could be read in two ways is refused by name."""

from __future__ import annotations

import pytest

from casework.examining.examine import examine
from casework.examining.texts import text_in
from tests.casework.examining.test_examine import LIMITS, refused

WORDS = "她说:2026年6月的工资是8,000元。\n王喆(朋友)可以作证,地址是“上海市浦东新区”。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_it_is_kept_as_utf8_whatever_it_came_in(encoding: str) -> None:
    sent = WORDS.encode(encoding)
    found = examine(sent, name="statement.txt", told="text/plain", limits=LIMITS)
    assert found.kept.decode() == WORDS and found.content_type == "text/plain"


def test_both_directions_of_utf16() -> None:
    assert text_in(b"\xfe\xff" + WORDS.encode("utf-16-be")) == WORDS
    assert text_in(b"\xff\xfe" + WORDS.encode("utf-16-le")) == WORDS


@pytest.mark.parametrize(
    "data",
    [
        "Müller a été payé".encode("latin-1"),
        "中文繁體的說明".encode("big5"),
        "Он получил деньги".encode("cp1251"),
        "東京都の住所です".encode("shift_jis"),
        WORDS.encode("gb18030")[:-1],
    ],
    ids=["latin-1", "big5", "cp1251", "shift_jis", "cut off"],
)
def test_what_could_be_read_in_another_way_is_refused_by_name(data: bytes) -> None:
    assert refused(data, "statement.txt") == "evidence_encoding_unclear"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (WORDS.encode("utf-16-le"), "evidence_type_refused"),  # without its mark
        (b"\xff\xfea", "evidence_encoding_unclear"),
        ("<html><script>alert(1)</script>".encode("utf-16"), "evidence_type_refused"),
        ("\u202etxt.exe".encode("utf-16"), "evidence_type_refused"),
        ("  \n".encode("utf-16"), "evidence_empty"),
        (b"\xef\xbb\xbf" + WORDS.encode("gb18030"), "evidence_encoding_unclear"),
    ],
)
def test_what_is_no_text(data: bytes, code: str) -> None:
    assert refused(data, "statement.txt") == code
