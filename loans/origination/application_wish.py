"""What somebody asks for: the same few facts at every door."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

from loans.models import Application


class WishColumns(TypedDict):
    """The columns of an application that hold the wish."""

    borrower_id: int
    product_id: int
    amount: Decimal
    term_count: int
    price: Decimal | None
    merchant_id: int | None
    goods: str
    first_drawdown: Decimal | None
    agreed_instalment: Decimal | None
    purpose_id: str | None
    purpose_note: str
    wants_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationWish:
    """What a borrower wants: of which product, how much, in how many instalments.

    ``amount`` is what is to be lent, above zero, in units of the product's currency with two decimals. For a purchase it
    is the ``price`` less what the borrower pays down; ``merchant_id`` and ``goods`` say from whom and what. With a
    ``first_drawdown`` the amount is what may be drawn in all, and that sum of it is paid out at first. With an
    ``agreed_instalment`` ``term_count`` is None: it is worked out when the application is taken. ``purpose`` is the
    code of a loan purpose, ``purpose_note`` what the borrower says of it. Who ``wants_person`` refuses a decision by
    software. What a product sells, what a purchase needs and what no loan is given for is checked when the application is
    submitted.
    """

    borrower_id: int
    product_id: int
    amount: Decimal
    term_count: int | None
    price: Decimal | None = None
    merchant_id: int | None = None
    goods: str = ""
    first_drawdown: Decimal | None = None
    agreed_instalment: Decimal | None = None
    purpose: str = ""
    purpose_note: str = ""
    wants_person: bool = False

    def columns(self) -> WishColumns:
        """The wish as an application stores it."""
        return {
            "borrower_id": self.borrower_id,
            "product_id": self.product_id,
            "amount": self.amount,
            "term_count": self.term_count or 0,
            "price": self.price,
            "merchant_id": self.merchant_id,
            "goods": self.goods.strip(),
            "first_drawdown": self.first_drawdown,
            "agreed_instalment": self.agreed_instalment,
            "purpose_id": self.purpose or None,
            "purpose_note": self.purpose_note.strip(),
            "wants_person": self.wants_person,
        }

    def is_of(self, application: Application) -> bool:
        """Whether the application asks for the same; the note on the purpose may be worded anew."""
        loose = {"purpose_note"} if self.agreed_instalment is None else {"purpose_note", "term_count"}
        asked = self.columns().items()
        return all(getattr(application, name) == value for name, value in asked if name not in loose)
