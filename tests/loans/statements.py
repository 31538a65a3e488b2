"""Bank statements as tests send them."""

from collections.abc import Sequence

from django.core.files.uploadedfile import SimpleUploadedFile

HEADER = "交易日期,交易流水号,贷方金额,对方户名,对方账号,附言"


def statement(*rows: Sequence[str], encoding: str = "utf-8") -> bytes:
    """A statement with one line for each (date, reference, amount, remark)."""
    lines = [f"{on},{reference},{amount},林小雨,6222021234,{remark}" for on, reference, amount, remark in rows]
    return "\n".join([HEADER, *lines]).encode(encoding)


def upload(content: bytes, name: str = "statement.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")
