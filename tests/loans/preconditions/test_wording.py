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
