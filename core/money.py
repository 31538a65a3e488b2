"""Money: the only place where amounts are rounded or shared out.

Amounts are ``Decimal`` in major units (1234.50 is one thousand two hundred thirty-four yuan fifty). Every split ends by
proving that its parts sum to the whole, so a lost cent is an error at once and not a difference found at year end.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import cache

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
MOST_MONEY = Decimal(
    "99999999999.99"
)  # a tenth of what a column of fourteen digits holds: sums of such amounts fit too

__all__ = [
    "CENT",
    "ROUND_DOWN",
    "ROUND_HALF_EVEN",
    "ROUND_HALF_UP",
    "ZERO",
    "chinese_capitals",
    "from_minor",
    "in_capitals",
    "round_money",
    "round_rate",
    "round_to",
    "rounding_to",
    "split",
    "split_evenly",
    "to_minor",
]


def round_money(amount: Decimal, places: int = 2, mode: str = ROUND_HALF_UP) -> Decimal:
    """Round to ``places`` decimals; half-up unless the product says otherwise."""
    return amount.quantize(CENT if places == 2 else Decimal(1).scaleb(-places), mode)


def round_to(amount: Decimal, step: Decimal, mode: str = ROUND_HALF_UP) -> Decimal:
    """Round to a multiple of ``step`` (0.01, 1, 100 …, whole cents), with two decimals."""
    if step == CENT:
        return amount.quantize(CENT, mode)  # by position: the keyword would cost more than the rounding
    return ((amount / step).to_integral_value(rounding=mode) * step).quantize(CENT)


@cache
def rounding_to(step: Decimal, mode: str = ROUND_HALF_UP) -> Callable[[Decimal], Decimal]:
    """``round_to`` with ``step`` and ``mode`` settled once, for loops that round row after row."""
    if step != CENT:
        return lambda amount: round_to(amount, step, mode)
    quantize = Context(rounding=mode).quantize
    return lambda amount: quantize(amount, CENT)


def round_rate(rate: Decimal, places: int = 8) -> Decimal:
    """Round a rate or an exact daily accrual, eight decimals by default."""
    return rate.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def in_cents(amount: Decimal) -> Decimal:
    """25 → 25.00: kept and shown in cents however it was typed. What has no whole cents stays as it is, to be refused."""
    try:
        cents = amount.quantize(CENT)
    except InvalidOperation:
        return amount
    return cents if cents == amount else amount


def split(amount: Decimal, weights: Sequence[Decimal | int], step: Decimal = CENT) -> list[Decimal]:
    """Share ``amount`` by ``weights`` in multiples of ``step``: largest remainder first, earlier part on a tie.

    Both are in whole cents; what of the amount is no whole step goes to the last part that bears anything.
    Raises ValueError when there is nothing to share by, or the amount is not in whole cents.
    """
    total = sum((Decimal(weight) for weight in weights), Decimal(0))
    if total <= 0 or any(Decimal(weight) < 0 for weight in weights):
        raise ValueError("weights must be zero or more and sum to more than zero")
    cents, of_step = to_minor(amount), to_minor(step)
    steps = int(Decimal(cents) / of_step)  # towards zero, so that the odd cents have the sign of the whole
    exact = [Decimal(steps) * Decimal(weight) / total for weight in weights]
    parts = [int(share.to_integral_value(rounding=ROUND_DOWN)) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-abs(exact[i] - parts[i]), i))
    one = 1 if cents >= 0 else -1
    for i in by_remainder[: abs(steps - sum(parts))]:
        parts[i] += one
    if of_step != 1:
        parts = [part * of_step for part in parts]
        parts[max(i for i, weight in enumerate(weights) if weight)] += cents - steps * of_step
    assert sum(parts) == cents, "a split must sum to its whole"
    return [from_minor(part) for part in parts]


def split_evenly(amount: Decimal, parts: int, step: Decimal = CENT) -> list[Decimal]:
    """Share ``amount`` into ``parts`` equal multiples of ``step``; the first shares carry the odd steps."""
    return split(amount, [1] * parts, step)


def to_minor(amount: Decimal) -> int:
    """Yuan to fen. Raises ValueError for a fraction of a fen rather than losing it."""
    minor = amount * 100
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} is not in whole cents")
    return int(minor)


def from_minor(minor: int) -> Decimal:
    """Fen to yuan, always with two decimals."""
    return Decimal(minor).scaleb(-2)


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def chinese_capitals(amount: Decimal) -> str:
    """The amount in the capital numerals of Chinese contracts and receipts (人民币大写), e.g. 人民币叁元整.

    Rules: 正确填写票据和结算凭证的基本规定
    (People's Bank of China): 整 after 元 and 角, never after 分; one 零 for a run of zeros.
    Range: 0.00 to 9,999,999,999,999,999.99. Raises ValueError for a negative amount or a fraction of a fen.
    """
    minor = to_minor(amount)
    if minor < 0:
        raise ValueError("an amount in capitals cannot be negative")
    yuan, rest = divmod(minor, 100)
    jiao, fen = divmod(rest, 10)
    text = _yuan_in_capitals(yuan)
    if not jiao and not fen:
        return f"人民币{text or '零元'}整"
    text += f"{_DIGITS[jiao]}角" if jiao else ("零" if text else "")
    return f"人民币{text}{_DIGITS[fen]}分" if fen else f"人民币{text}整"


def in_capitals(amount: Decimal, currency: str) -> str:
    """The amount in capital numerals where the money's papers carry them (CNY); empty for any other currency."""
    return chinese_capitals(amount) if currency == "CNY" else ""


def _yuan_in_capitals(yuan: int) -> str:
    groups: list[int] = []
    while yuan:
        yuan, group = divmod(yuan, 10_000)
        groups.append(group)
    text, gap = "", False
    for index in reversed(range(len(groups))):
        group = groups[index]
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += "零"
        text += _group_in_capitals(group) + _GROUPS[index]
        gap = False
    return f"{text}元" if text else ""


def _group_in_capitals(group: int) -> str:
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if not digit:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return text
