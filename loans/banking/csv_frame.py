"""What a CSV statement says of itself: account, period and balances above its header, a running balance beside its lines.

An edited or invented line breaks the running balance, and a line left out shows between two files (``continuity``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from loans.banking.statement import BadValue, Frame, parse_balance, parse_date, plain

_LABELS: dict[str, frozenset[str]] = {
    "account": frozenset({"account", "account number", "账号", "帐号", "账户", "卡号", "本方账号", "查询账号"}),
    "period": frozenset({"period", "期间", "起止日期", "查询期间", "查询时间", "交易时间段", "日期范围"}),
    "opening": frozenset({"opening balance", "期初余额", "上期余额", "承前余额"}),
    "closing": frozenset({"closing balance", "期末余额", "本期余额", "账户余额"}),
}
_DAY = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?|(?<!\d)\d{8}(?!\d)")


@dataclass(frozen=True)
class Balanced:
    """A line that changed the balance by ``amount`` (below nothing for money that went out) and left ``balance``."""

    line: int
    paid_on: date
    amount: Decimal
    balance: Decimal


def frame_of(head: Sequence[Sequence[str]], balanced: Sequence[Balanced]) -> Frame:
    """The frame told by the lines above the header and by the running balances; an empty one where neither tells any."""
    told = _told(head)
    days = [day for found in _DAY.findall(told.get("period", "")) if (day := _day(found)) is not None]
    ordered = _ordered(balanced)
    opening, closing = _amount(told.get("opening", "")), _amount(told.get("closing", ""))
    if ordered and opening is None:
        opening = ordered[0].balance - ordered[0].amount
    if ordered and closing is None:
        closing = ordered[-1].balance
    return Frame(
        account=told.get("account", "").replace(" ", "")[:200],
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        opening=opening,
        closing=closing,
        broken_at=_first_break(ordered),
    )


def _told(head: Sequence[Sequence[str]]) -> dict[str, str]:
    """Label and value as ``label: value`` in one cell, or in two beside each other."""
    found: dict[str, str] = {}
    for cells in head:
        texts = [plain(cell) for cell in cells]
        for at, cell in enumerate(texts):
            label, _colon, value = cell.partition(":")
            beside = texts[at + 1] if at + 1 < len(texts) else ""
            for name, labels in _LABELS.items():
                if label.strip().lower() in labels:
                    found.setdefault(name, value.strip() or beside)
    return found


def _ordered(balanced: Sequence[Balanced]) -> list[Balanced]:
    """From the oldest line to the newest: banks write either end first. Where both fit badly, the days decide."""
    up, down = list(balanced), list(reversed(balanced))
    if _first_break(up) is None or len(up) < 2:
        return up
    if _first_break(down) is None:
        return down
    return up if up[0].paid_on <= up[-1].paid_on else down


def _first_break(ordered: Sequence[Balanced]) -> int | None:
    """The first line whose balance is not that of the line before it and its own amount."""
    for before, after in pairwise(ordered):
        if before.balance + after.amount != after.balance:
            return after.line
    return None


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except BadValue:
        return None


def _amount(text: str) -> Decimal | None:
    try:
        return parse_balance(text) if text else None
    except BadValue:
        return None
