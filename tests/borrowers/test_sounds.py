"""Names of one person in two documents: written in Chinese, and with Latin letters."""

import pytest

from borrowers.sounds import MOST, sounds_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("林小雨", "LIN XIAOYU"),
        ("林小雨", "Xiao-Yu Lin"),
        ("林 小雨", "linxiaoyu"),
        ("吕布", "LYU BU"),
        ("吕布", "Lü Bu"),
        ("吕布", "LV BU"),
        ("吕布", "LU BU"),
        ("单田芳", "SHAN TIANFANG"),
        ("曾国藩", "ZENG GUOFAN"),
        ("徐安宇", "XU ANYU"),
        ("林雨欣", "YUXIN LIN"),
        ("任重行", "REN CHONGXING"),
        ("乐嘉", "YUE JIA"),
        ("夏茜", "XIA XI"),
        ("夏茜", "XIA QIAN"),
        ("欧阳娜娜", "OUYANG NANA"),
        ("阿依古丽·买买提", "AYIGULI MAIMAITI"),
        ("José Núñez", "NUNEZ JOSE"),
    ],
)
def test_these_may_be_one_person(one: str, other: str) -> None:
    assert sounds_of(one) & sounds_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("林小雨", "LIN XIAOYAN"), ("林小雨", "LI XIAOYU"), ("王芳", "WANG FAN"), ("Anna Smith", "Anne Smith")],
)
def test_these_are_two(one: str, other: str) -> None:
    assert not sounds_of(one) & sounds_of(other)


@pytest.mark.parametrize("name", ["", "  ", "123", "…"])
def test_what_has_no_letters_sounds_like_nobody(name: str) -> None:
    assert sounds_of(name) == frozenset()


def test_a_name_of_many_readings_is_bounded() -> None:
    assert 1 < len(sounds_of("乐行重单朴曾解")) <= MOST
