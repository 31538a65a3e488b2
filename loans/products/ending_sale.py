"""The last day on which a product is sold: one person asks for it, another agrees. Loans and offers go on."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.models import Approval
from core.context import acting_for
from core.errors import Invalid
from loans.models import Product
from staff.models import User

END_OF_SALE = "product.end_of_sale"


class SaleEndsInThePast(Invalid):
    code = "sale_ends_in_the_past"
    field = "last_day"
    message = _("A product is sold until %(today)s at least. Choose that day or a later one.")


class SaleEndsSo(Invalid):
    code = "sale_ends_so"
    field = "last_day"
    message = _("That is the last day of sale already. Choose another one.")


@transaction.atomic
def ask_for_end_of_sale(*, product_id: int, last_day: date | None, reason: str, on: date, by: User) -> Approval:
    """Ask that the product be sold until ``last_day``, without an end where it is None.

    Raises SaleEndsInThePast, SaleEndsSo, ApprovalAlreadyPending, ReasonMissing.
    """
    product = Product.objects.select_for_update().get(pk=product_id)
    if product.active and product.sale_ends_on == last_day:
        raise SaleEndsSo
    _require_to_come(last_day, on)
    return approvals.request(
        kind=END_OF_SALE,
        obj=product,
        payload={"last_day": None if last_day is None else last_day.isoformat()},
        before={"active": product.active, "sale_ends_on": _told(product.sale_ends_on)},
        after={"active": True, "sale_ends_on": _told(last_day)},
        reason=reason,
        requested_by=by,
        on=on,
    )


@transaction.atomic
def end_of_sale_agreed(approval: Approval, on: date) -> None:
    """A second person agrees. Raises SaleEndsInThePast for a day that is over by now."""
    product = Product.objects.select_for_update().get(pk=approval.object_id)
    told = approval.payload["last_day"]
    last_day = None if told is None else date.fromisoformat(told)
    _require_to_come(last_day, on)
    product.active, product.sale_ends_on = True, last_day
    with acting_for(approval.decided_by, reason=approval.reason):
        product.save(update_fields=["active", "sale_ends_on"])


def _require_to_come(last_day: date | None, on: date) -> None:
    if last_day is not None and last_day < on:
        raise SaleEndsInThePast(today=on.isoformat())


def _told(last_day: date | None) -> str | None:
    return None if last_day is None else last_day.isoformat()
