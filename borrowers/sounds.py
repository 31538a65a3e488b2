"""How a name sounds when it is written with Latin letters (pure): the tie between a resident ID and a passport.

A passport writes 林小雨 as LIN XIAOYU, an airline as Xiao-Yu Lin, and 吕 as LYU, LV or LU. Compared are the letters alone,
in the order of the alphabet, so that neither the order of surname and given name nor how syllables are joined makes another
name. Two people whose names are made of the same letters are told apart by birth date and sex.
"""

import re
import unicodedata
from itertools import islice, product

from pypinyin import Style, pinyin

# Surnames that are read otherwise than the same character elsewhere.
_SURNAMES = {
    "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "曾": "zeng", "区": "ou", "朴": "piao",
    "盖": "ge", "乐": "yue", "翟": "zhai", "缪": "miao", "宓": "mi", "种": "chong", "秘": "bi",
    "折": "she", "覃": "qin", "冼": "xian", "员": "yun", "召": "shao", "隗": "wei", "尉": "yu",
    "万": "mo", "华": "hua", "任": "ren", "黑": "he", "燕": "yan", "纪": "ji", "洗": "xian", "宁": "ning",
    "葛": "ge",
}  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
_LETTERS = re.compile(r"[a-z]+")
_LYU = re.compile(r"([ln])(?:yu|v)")
# A name of a few characters with several readings each: the likeliest readings come first.
MOST_READINGS, MOST = 3, 24


def sounds_of(name: str) -> frozenset[str]:
    """Every way the name may sound, each as its letters in the order of the alphabet; empty for a name without letters."""
    text = unicodedata.normalize("NFKC", name).strip()
    spelt = _spelt_chinese(text) if _HAN.search(text) else _spelt_latin(text)
    return frozenset("".join(sorted(letters)) for letters in spelt if letters)


def _spelt_chinese(name: str) -> list[str]:
    syllables = [[_plain(reading) for reading in found] for found in _readings(name)]
    return ["".join(ways) for ways in islice(product(*syllables), MOST)]


def _readings(name: str) -> list[list[str]]:
    found = [readings[:MOST_READINGS] for readings in pinyin(name, style=Style.NORMAL, heteronym=True)]
    surname = _SURNAMES.get(name[0])
    if surname is not None and found:
        found[0] = list(dict.fromkeys([surname, *found[0]]))
    return found


def _spelt_latin(name: str) -> list[str]:
    letters = "".join(_LETTERS.findall(unicodedata.normalize("NFKD", name.casefold().replace("ü", "v"))))
    return [_plain(letters), letters.replace("v", "u")]


def _plain(text: str) -> str:
    """The letters of one reading: what stands for ü after l and n is written u."""
    letters = "".join(_LETTERS.findall(unicodedata.normalize("NFKD", text.casefold().replace("ü", "v"))))
    return _LYU.sub(r"\1u", letters)
