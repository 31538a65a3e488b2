"""Plain text in the encodings it comes in: UTF-8, UTF-16 with its mark, GB18030. What fits none of them is no text."""

import codecs

from core.strict import flaw_of

UTF8_MARK = codecs.BOM_UTF8
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Nearly every bytes are letters in GB18030. Chinese as it is written has nearly all of its signs in GB 2312 of 1980.
_OF_TEN_IN_GB2312 = 8
_HAN_AND_THEIR_SIGNS = (
    (0x2010, 0x2027), (0x3000, 0x303F), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF),
    (0x00B7, 0x00B7), (0x2160, 0x217F), (0x2460, 0x24FF), (0x00D7, 0x00D7), (0x00A5, 0x00A5), (0xFFE5, 0xFFE5),
)  # fmt: skip


def text_in(data: bytes) -> str | None:
    """The text that ``data`` is, without its mark; None where it is none, or in no encoding that can be told for certain."""
    found = _decoded(data)
    return found if found is not None and flaw_of(found, lines=True) is None else None


def looks_like_text(data: bytes) -> bool:
    """Whether ``data`` is text of some kind, though nobody can say in which encoding: nothing in it is a control sign."""
    return bool(data) and not any((byte < 0x20 and byte not in b"\t\n\r\f") or byte == 0x7F for byte in data)


def _decoded(data: bytes) -> str | None:
    if data.startswith(_UTF16_MARKS):
        return _strictly(data, "utf-16")
    found = _strictly(data.removeprefix(UTF8_MARK), "utf-8")
    if found is not None or data.startswith(UTF8_MARK):
        return found
    found = _strictly(data, "gb18030")
    return found if found is not None and _is_chinese(found) else None


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_chinese(text: str) -> bool:
    """Whether it reads as Chinese, and is not another alphabet read wrongly."""
    beyond = [sign for sign in text if ord(sign) > 0x7F]
    if not all(any(low <= ord(sign) <= high for low, high in _HAN_AND_THEIR_SIGNS) for sign in beyond):
        return False
    usual = sum(1 for sign in beyond if _in_gb2312(sign))
    return usual * 10 >= len(beyond) * _OF_TEN_IN_GB2312


def _in_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
