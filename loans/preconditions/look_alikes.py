"""Signs that are read as others (pure): what somebody writes so that people read a word and a comparison does not.

Small tables of what the forbidden words are made of, beside Unicode's own compatibility forms. Letters of other scripts are
entered where people cannot tell them from a Latin one, in their lower-case form; traditional characters where a forbidden
purpose is named with them.
"""

_CYRILLIC_GREEK_AND_OTHERS = {
    "a": "аαɑᴀ", "b": "ЬьƅвʙᏏ", "c": "сϲϹᴄҫ", "d": "ԁɗᴅđ", "e": "еεҽᴇє", "f": "ƒꜰ", "g": "ɡցɢ", "h": "һհʜнħ",
    "i": "іιıɪӏ", "j": "јϳᴊ", "k": "кκᴋқ", "l": "ⅼʟł", "m": "мᴍ", "n": "ոпɴηп", "o": "оοσօᴏөø∅⌀", "p": "рρᴘ", "q": "ԛզ",
    "r": "гʀᴦ", "s": "ѕꜱ", "t": "тτᴛŧ", "u": "υսᴜц", "v": "νѵᴠ", "w": "ԝωᴡш", "x": "хχ", "y": "уγүʏ", "z": "ᴢʐ",
}  # fmt: skip
_TRADITIONAL = dict(
    zip(
        "礦補牆約學區親滿戲搶項關證貸債資錢賭買購樓盤幣虛擬貨數匯權財銀網還償養舊務組轉給別幫經營進開創業動週販賄賂傳銷單槍註冊樂鋪舖產黃將屬間開隻戶頭寶倉槓桿帳賬",
        "矿补墙约学区亲满戏抢项关证贷债资钱赌买购楼盘币虚拟货数汇权财银网还偿养旧务组转给别帮经营进开创业动周贩贿赂传销单枪注册乐铺铺产黄将属间开只户头宝仓杠杆账账",
        strict=True,
    )
)
_NEGATIVE_SQUARED, _NEGATIVE_CIRCLED, _REGIONAL = 0x1F170, 0x1F150, 0x1F1E6  # each an alphabet of 26
LOOK_ALIKES = str.maketrans(
    {sign: letter for letter, signs in _CYRILLIC_GREEK_AND_OTHERS.items() for sign in signs}
    | _TRADITIONAL
    | {
        chr(first + place): chr(ord("a") + place)
        for first in (_NEGATIVE_SQUARED, _NEGATIVE_CIRCLED, _REGIONAL)
        for place in range(26)
    }
)
# Digits and signs that stand for letters. A one is read as i or as l, a six as g or as b.
_SIGNS = {
    "0": "o", "2": "z", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e", "+": "t",
    "£": "l", "¢": "c", "¥": "y", "₿": "b", "₮": "t",
}  # fmt: skip
FOR_LETTERS = tuple(
    str.maketrans(_SIGNS | dict.fromkeys("1!|¡", one) | {"6": six})
    for one, six in (("i", "g"), ("l", "g"), ("i", "b"), ("l", "b"))
)
