"""Changing what a merchant is called and whether anything is lent for its goods.

Shutting a merchant out is one person's, at once. Another name, and doing business again, are asked for: to whom money goes
is for two, by whatever name. The registration number stays: a merchant with another one is another merchant.
"""

from datetime import date

from django.db import transaction

from audit import approvals
from audit.changes_by_two import ChangedMeanwhile
from audit.models import Approval
from core.context import acting_for
from loans.merchants.merchants import MerchantNotAgreed, call, is_agreed
from loans.models import Merchant
from staff.models import User

DETAILS = "merchant.details"


@transaction.atomic
def change_merchant(
    *, merchant_id: int, name: str, active: bool, reason: str, on: date, by: User | None = None
) -> Merchant | Approval:
    """Shut the merchant out at once; ask for another name and for doing business again. Returns the request where
    something waits.

    Raises MerchantNameMissing, MerchantNotAgreed, ReasonMissing, ApprovalAlreadyPending.
    """
    merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
    if active and not is_agreed(merchant):
        raise MerchantNotAgreed(name=merchant.name)
    if merchant.active and not active:
        merchant.active = False
        with acting_for(by, reason=reason):
            merchant.save()
    was = {"name": merchant.name, "active": merchant.active}
    call(merchant, name)
    wanted = {"name": merchant.name, "active": active}
    asked = {field: value for field, value in wanted.items() if value != was[field]}
    merchant.name = str(was["name"])
    if not asked:
        return merchant
    return approvals.request(
        kind=DETAILS,
        obj=merchant,
        payload={"wanted": asked, "was": {field: was[field] for field in asked}},
        before={field: was[field] for field in asked},
        after=asked,
        reason=reason,
        requested_by=by,
        on=on,
    )


def details_agreed(approval: Approval, _on: date) -> None:
    """A second person agreed: the merchant is called so, and does business again. Raises MerchantNotAgreed,
    ChangedMeanwhile."""
    merchant = Merchant.objects.select_for_update().get(pk=int(approval.object_id))
    if any(getattr(merchant, field) != value for field, value in approval.payload["was"].items()):
        raise ChangedMeanwhile(what=merchant.name)
    wanted = approval.payload["wanted"]
    if wanted.get("active") and not is_agreed(merchant):
        raise MerchantNotAgreed(name=merchant.name)
    call(merchant, wanted.get("name", merchant.name))
    merchant.active = wanted.get("active", merchant.active)
    with acting_for(approval.requested_by, reason=approval.reason):
        merchant.save()


def details_asked_for(merchant: Merchant) -> Approval | None:
    """The request for another name or for doing business again that waits for a second person."""
    return approvals.pending(DETAILS, merchant)
