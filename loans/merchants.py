"""Keeping merchants, and what a purchase must say of the one it is bought from."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.models import Approval
from borrowers.fingerprints import account_index, plain
from borrowers.means import account_number_of
from core.context import acting
from core.encryption import decrypt, encrypt
from core.errors import DomainError, Invalid
from core.masking import mask_card, mask_name
from loans.merchant_numbers import CreditCodeInvalid, normal, parse_credit_code
from loans.models import Merchant, ProductVersion

NEW_ACCOUNT = "merchant.account"


class RegistrationNumberRefused(Invalid):
    code = "registration_number_invalid"
    field = "registration_number"
    message = _(
        "This is no unified social credit code: it has 18 characters, and the last one must fit the others. "
        "Copy it from the business licence."
    )


class MerchantNameMissing(Invalid):
    code = "merchant_name_missing"
    field = "name"
    message = _("Give the name of the merchant.")


class MerchantKnown(DomainError):
    code = "merchant_known"
    field = "registration_number"
    message = _("%(name)s already has this registration number. Change that merchant instead.")


class MerchantMissing(Invalid):
    code = "merchant_missing"
    field = "merchant"
    message = _("A purchase needs the merchant it is bought from.")


class MerchantNotActive(Invalid):
    code = "merchant_not_active"
    field = "merchant"
    message = _(
        "%(name)s is not active: nothing is lent or paid to it. Choose another merchant or make it active again."
    )


class GoodsMissing(Invalid):
    code = "goods_missing"
    field = "goods"
    message = _("A purchase needs a description of what is bought.")


class PurchaseNotExpected(Invalid):
    code = "purchase_not_expected"
    field = "merchant"
    message = _("This product lends money, not a purchase: leave merchant and goods empty.")


@transaction.atomic
def add_merchant(
    *,
    name: str,
    registration_number: str,
    bank_name: str,
    account_number: str,
    account_holder: str = "",
    market: str = "CN",
    by: Any = None,
) -> Merchant:
    """Put a merchant on file; an empty ``account_holder`` is the merchant itself.

    Raises MerchantNameMissing, RegistrationNumberRefused, MerchantKnown, AccountNumberRefused.
    """
    number = _registration(registration_number, market)
    known = Merchant.objects.filter(market=market, registration_number=number).first()
    if known is not None:
        raise MerchantKnown(name=known.name)
    merchant = Merchant(market=market, registration_number=number, created_by=by)
    _call(merchant, name)
    _pay_to(merchant, _account(bank_name, account_holder or merchant.name, account_number))
    try:
        with transaction.atomic(), acting(**_actor(by)):
            merchant.save(force_insert=True)
    except IntegrityError as clash:  # somebody added it in the same moment
        known = Merchant.objects.filter(market=market, registration_number=number).first()
        if known is None:
            raise
        raise MerchantKnown(name=known.name) from clash
    return merchant


@transaction.atomic
def change_merchant(
    *,
    merchant_id: int,
    name: str,
    bank_name: str,
    reason: str,
    account_number: str = "",
    account_holder: str = "",
    active: bool = True,
    by: Any = None,
) -> Approval | None:
    """Change name and state at once; empty account fields keep what is on file. The registration number stays: a merchant
    with another one is another merchant.

    Where the money goes is not for one person to change: another account is asked for, and returned is the request that a
    second person decides. Raises MerchantNameMissing, AccountNumberRefused, ApprovalAlreadyPending.
    """
    merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
    known = _account_of(merchant)
    wanted = _account(bank_name, account_holder or known.holder, account_number or known.number)
    _call(merchant, name)
    merchant.active = active
    with acting(reason=reason, **_actor(by)):
        merchant.save()
    return None if wanted == known else _ask_for(merchant, known, wanted, reason, by)


def new_account_approved(approval: Approval, _on: date) -> None:
    """Pay the merchant to the account that a second person agreed to."""
    merchant = Merchant.objects.select_for_update().get(pk=int(approval.object_id))
    _pay_to(merchant, _Account(**json.loads(decrypt(approval.payload["account"]))))
    merchant.save()


def account_asked_for(merchant: Merchant) -> Approval | None:
    """The request for another account that waits for a second person."""
    return approvals.pending(NEW_ACCOUNT, merchant)


def require_active(merchant: Merchant) -> None:
    """Raise MerchantNotActive."""
    if not merchant.active:
        raise MerchantNotActive(name=merchant.name)


def require_purchase(version: ProductVersion, merchant: Merchant | None, goods: str) -> None:
    """Raise MerchantMissing, MerchantNotActive, GoodsMissing for a purchase that does not say what is bought from whom,
    PurchaseNotExpected for a loan of money that does."""
    if not version.is_purchase:
        if merchant is not None or goods:
            raise PurchaseNotExpected()
        return
    if merchant is None:
        raise MerchantMissing()
    require_active(merchant)
    if not goods.strip():
        raise GoodsMissing()


def _actor(by: Any) -> dict[str, Any]:
    return {} if by is None else {"actor": by}


def _registration(text: str, market: str) -> str:
    if market != "CN":
        return normal(text)
    try:
        return parse_credit_code(text)
    except CreditCodeInvalid as refusal:
        raise RegistrationNumberRefused() from refusal


def _call(merchant: Merchant, name: str) -> None:
    if not plain(name):
        raise MerchantNameMissing()
    merchant.name = plain(name)


@dataclass(frozen=True, slots=True)
class _Account:
    bank_name: str
    holder: str
    number: str

    @property
    def masked(self) -> dict[str, str]:
        return {"bank": self.bank_name, "account": mask_card(self.number), "account_holder": mask_name(self.holder)}


def _account(bank_name: str, holder: str, number: str) -> _Account:
    return _Account(plain(bank_name), plain(holder), account_number_of(number))


def _account_of(merchant: Merchant) -> _Account:
    return _Account(merchant.bank_name, merchant.account_holder, merchant.account_number)


def _pay_to(merchant: Merchant, account: _Account) -> None:
    merchant.bank_name = account.bank_name
    # Sealed anew only where it differs, so that the history shows no change that was none.
    if account.holder != merchant.account_holder:
        merchant.account_holder = account.holder
    if account.number != merchant.account_number:
        merchant.account_number = account.number
    merchant.account_index, merchant.last4 = account_index(account.number), account.number[-4:]


def _ask_for(merchant: Merchant, known: _Account, wanted: _Account, reason: str, by: Any) -> Approval:
    return approvals.request(
        kind=NEW_ACCOUNT,
        obj=merchant,
        payload={"account": encrypt(json.dumps(asdict(wanted)))},
        before=known.masked,
        after=wanted.masked,
        reason=reason,
        requested_by=by,
    )
