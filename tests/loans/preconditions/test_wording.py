"""Forbidden words are found however they are written, and not where letters of two words only stand side by side."""

import pytest

from loans.preconditions.wording import says

WORDS = ["炒股", "期货", "gambling", "forex", "buy stocks"]


@pytest.mark.parametrize(
    "text",
    [
        "炒股",
        "炒 股",
        "我想用来炒\u200b股",
        "炒\u202e股。",
        "炒-股",
        "炒\n股",
        "ｇａｍｂｌｉｎｇ",
        "GamBling debts",
        "g a m b l i n g",
        "gam\u00adbling",
        "gámbling",
        "onlinegambling",
        "買期货",
        "to buy  STOCKS",
        "to buystocks",
        "for-ex",
    ],
)
def test_said_in_any_writing(text: str) -> None:
    assert says(text, WORDS)


@pytest.mark.parametrize(
    "text", ["", " ", "炒菜", "股", "a new phone", "for exams", "for example", "I buy socks", "手机"]
)
def test_not_said(text: str) -> None:
    assert not says(text, WORDS)


def test_an_empty_word_says_nothing() -> None:
    assert not says("phone", ["", " "])


@pytest.mark.parametrize(
    ("text", "word", "said"),
    [
        ("还其他平台的网贷", "还…贷", True),
        ("还没有贷款", "还…贷", False),
        ("buy some more shares", "buy…shares", True),
        ("buy glasses, share rent", "buy…share", False),
        ("a bet", " bet ", True),
        ("买bet吧", " bet ", True),
        ("a better bed", " bet ", False),
        ("alphabet", " bet ", False),
        ("futures", "=futures", True),
        ("F U T U R E S!", "=futures", True),
        ("our futures", "=futures", False),
        ("chao3gu3", "chaogu", True),
        ("炒x股", "炒股", True),
        ("crypppto", "crypto", True),
        ("₿1tcoin", "bitcoin", True),
        ("6am8ling", "gambling", True),
        ("2 rooms, 6 beds", "zrooms", False),
    ],
)
def test_how_much_of_a_text_a_word_wants(text: str, word: str, said: bool) -> None:
    assert says(text, [word]) is said


def test_what_overlaps_an_exception_does_not_count() -> None:
    assert not says("买股骨支具", ["买股", "-股骨"])
    assert says("买股骨支具，买股", ["买股", "-股骨"])


def test_a_word_of_parts_that_say_nothing_says_nothing() -> None:
    assert not says("anything", ["…", "=", " … ", "buy…", "-x"])
