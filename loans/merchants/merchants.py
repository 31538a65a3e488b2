"""Keeping merchants, and what a purchase must say of the one it is bought from."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Self

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from audit import approvals, reveals
from audit.models import Approval, ApprovalStatus
from borrowers.bank_accounts import account_number_of
from borrowers.fingerprints import account_index, written
from borrowers.privacy import NothingToReveal, RevealNotAllowed
from core.aftermath import whole
from core.context import acting_for
from core.encryption import decrypt, encrypt
from core.errors import DomainError, Invalid
from core.masking import mask_card, mask_name
from loans.merchants.merchant_numbers import CreditCodeInvalid, normal, parse_credit_code
from loans.models import Merchant, ProductVersion
from staff.models import User

NEW_ACCOUNT = "merchant.account"
SEE_ACCOUNT = "loans.approve_merchant_account"
# What a request shows, in words. They are no names of fields: under the name of a sealed one nothing would be readable.
PARTS = {"bank_name": gettext_noop("bank"), "number": gettext_noop("account number"), "holder": gettext_noop("holder")}
DIFFERS = {
    "bank_name": gettext_noop("bank differs"),
    "number": gettext_noop("account number differs"),
    "holder": gettext_noop("holder differs"),
}
FIRST = gettext_noop("first account")


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


class BankMissing(Invalid):
    code = "bank_missing"
    field = "bank_name"
    message = _("Give the name of the bank.")


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


class MerchantNotAgreed(DomainError):
    code = "merchant_not_agreed"
    field = "active"
    message = _("No second person has agreed to the account of %(name)s yet. It becomes active when one does.")


class AccountOnFile(DomainError):
    code = "merchant_account_on_file"
    field = "account_number"
    message = _("%(name)s is paid to this very account already.")


class MerchantOfAnotherMarket(Invalid):
    code = "merchant_of_another_market"
    field = "merchant"
    message = _("The merchant is in the market %(merchant)s, the product in %(product)s.")


class GoodsMissing(Invalid):
    code = "goods_missing"
    field = "goods"
    message = _("A purchase needs a description of what is bought.")


class PurchaseNotExpected(Invalid):
    code = "purchase_not_expected"
    field = "merchant"
    message = _("This product lends money, not a purchase: leave merchant and goods empty.")


@dataclass(frozen=True, slots=True)
class MerchantAccount:
    """Where a merchant is paid, unsealed."""

    bank_name: str
    holder: str
    number: str

    @property
    def masked(self) -> dict[str, str]:
        shown = {"bank_name": self.bank_name, "number": mask_card(self.number), "holder": mask_name(self.holder)}
        return {PARTS[part]: value for part, value in shown.items()}

    def differences(self, other: Self) -> dict[str, bool]:
        """Masked alike is not alike, so a request says of each part whether it differs."""
        return {word: getattr(self, part) != getattr(other, part) for part, word in DIFFERS.items()}


@transaction.atomic
def add_merchant(
    *,
    name: str,
    registration_number: str,
    bank_name: str,
    account_number: str,
    on: date,
    account_holder: str = "",
    market: str = "CN",
    reason: str = "",
    approved: bool = False,
    by: User | None = None,
) -> Merchant:
    """Put a merchant on file; an empty ``account_holder`` is the merchant itself. It is active when a second person has
    agreed to it, for whom ``reason`` is; ``approved`` is for imports whose merchants were agreed to elsewhere.

    Raises MerchantNameMissing, RegistrationNumberRefused, MerchantKnown, BankMissing, AccountNumberRefused,
    ReasonMissing.
    """
    number = _registration(registration_number, market)
    known = Merchant.objects.filter(market=market, registration_number=number).first()
    if known is not None:
        raise MerchantKnown(name=known.name)
    merchant = Merchant(market=market, registration_number=number, active=approved, created_by=by)
    call(merchant, name)
    account = _account(bank_name, written(account_holder, "account_holder") or merchant.name, account_number)
    _pay_to(merchant, account)
    try:
        with transaction.atomic(), acting_for(by):
            merchant.save(force_insert=True)
    except IntegrityError as clash:  # somebody added it in the same moment
        known = Merchant.objects.filter(market=market, registration_number=number).first()
        if known is None:
            raise
        raise MerchantKnown(name=known.name) from clash
    if not approved:
        _ask_for_first(merchant, account, reason, by, on)
    return merchant


@transaction.atomic
def ask_for_account(
    *,
    merchant_id: int,
    bank_name: str,
    account_number: str,
    reason: str,
    on: date,
    account_holder: str = "",
    by: User | None = None,
) -> Approval:
    """Ask that the merchant be paid elsewhere; an empty ``account_holder`` is the merchant itself. Where the money goes is
    not for one person to change: returned is the request that a second person decides.

    Raises BankMissing, AccountNumberRefused, AccountOnFile, ApprovalAlreadyPending, ReasonMissing.
    """
    merchant = Merchant.objects.select_for_update().get(pk=merchant_id)
    wanted = _account(bank_name, written(account_holder, "account_holder") or merchant.name, account_number)
    if not is_agreed(merchant):
        return _ask_for_first(merchant, wanted, reason, by, on)
    known = _account_of(merchant)
    if wanted == known:
        raise AccountOnFile(name=merchant.name)
    after = {**wanted.masked, **wanted.differences(known)}
    return _ask(merchant, wanted, reason, by, on=on, before=known.masked, after=after)


def new_account_approved(approval: Approval, _on: date) -> None:
    """Pay the merchant to the account that a second person agreed to; with its first one the merchant becomes active."""
    merchant = Merchant.objects.select_for_update().get(pk=int(approval.object_id))
    _pay_to(merchant, _account_in(approval))
    merchant.active = merchant.active or _is_first(approval)
    merchant.save()


@whole()
def show_account(*, merchant_id: int, asked: bool, why: str, by: User, note: str = "") -> MerchantAccount:
    """The account on file, or the one ``asked`` for, unmasked. The audit event is stored before it leaves.

    Raises RevealNotAllowed, NothingToReveal and what ``audit.reveals.record`` raises.
    """
    if not by.has_perm(SEE_ACCOUNT):
        raise RevealNotAllowed
    reveals.in_words(why, note)
    merchant = Merchant.objects.get(pk=merchant_id)
    request = account_asked_for(merchant) if asked else None
    if asked and request is None:
        raise NothingToReveal
    seen = {"field": "account_number"} if request is None else {"field": "account_asked_for", "item": request.pk}
    reveals.record(merchant, why=why, note=note, shown=seen, by=by)
    return _account_of(merchant) if request is None else _account_in(request)


def account_asked_for(merchant: Merchant) -> Approval | None:
    """The request for an account that waits for a second person."""
    return approvals.pending(NEW_ACCOUNT, merchant)


def is_agreed(merchant: Merchant) -> bool:
    """Whether a second person ever agreed to an account of the merchant, or none had to."""
    requests = list(approvals.about(NEW_ACCOUNT, merchant))
    agreed = any(request.status == ApprovalStatus.APPROVED for request in requests)
    return agreed or not any(_is_first(request) for request in requests)


def require_active(merchant: Merchant) -> None:
    """Raise MerchantNotActive."""
    if not merchant.active:
        raise MerchantNotActive(name=merchant.name)


def require_purchase(version: ProductVersion, merchant: Merchant | None, goods: str) -> None:
    """Raise MerchantMissing, MerchantNotActive, GoodsMissing for a purchase that does not say what is bought from whom,
    PurchaseNotExpected for a loan of money that does."""
    require_purchase_within(version, merchant, goods)
    if not version.is_purchase:
        return
    if merchant is None:
        raise MerchantMissing()
    if not goods.strip():
        raise GoodsMissing()


def require_purchase_within(version: ProductVersion, merchant: Merchant | None, goods: str) -> None:
    """What is said so far of a purchase, of which merchant and goods may still be missing. Raises MerchantNotActive,
    MerchantOfAnotherMarket, and PurchaseNotExpected for a loan of money."""
    if not version.is_purchase and (merchant is not None or goods):
        raise PurchaseNotExpected()
    if merchant is not None:
        require_active(merchant)
        if merchant.market != version.product.market:
            raise MerchantOfAnotherMarket(merchant=merchant.market, product=version.product.market)


def _registration(text: str, market: str) -> str:
    if market != "CN":
        return normal(text)
    try:
        return parse_credit_code(text)
    except CreditCodeInvalid as refusal:
        raise RegistrationNumberRefused() from refusal


def call(merchant: Merchant, name: str) -> None:
    """Give the merchant its name, in memory. Raises MerchantNameMissing."""
    name = written(name, "name")
    if not name:
        raise MerchantNameMissing()
    merchant.name = name


def _account(bank_name: str, holder: str, number: str) -> MerchantAccount:
    bank_name = written(bank_name, "bank_name")
    if not bank_name:
        raise BankMissing()
    return MerchantAccount(bank_name, written(holder, "account_holder"), account_number_of(number))


def _account_of(merchant: Merchant) -> MerchantAccount:
    return MerchantAccount(merchant.bank_name, merchant.account_holder, merchant.account_number)


def _account_in(approval: Approval) -> MerchantAccount:
    return MerchantAccount(**json.loads(decrypt(approval.payload["account"])))


def _is_first(approval: Approval) -> bool:
    return bool(approval.payload.get("first"))


def _pay_to(merchant: Merchant, account: MerchantAccount) -> None:
    merchant.bank_name = account.bank_name
    # Sealed anew only where it differs, so that the history shows no change that was none.
    if account.holder != merchant.account_holder:
        merchant.account_holder = account.holder
    if account.number != merchant.account_number:
        merchant.account_number = account.number
    merchant.account_index, merchant.last4 = account_index(account.number), account.number[-4:]


def _ask_for_first(merchant: Merchant, account: MerchantAccount, reason: str, by: User | None, on: date) -> Approval:
    return _ask(merchant, account, reason, by, on=on, after={**account.masked, FIRST: True}, first=True)


def _ask(
    merchant: Merchant,
    account: MerchantAccount,
    reason: str,
    by: User | None,
    *,
    on: date,
    after: dict[str, object],
    before: dict[str, str] | None = None,
    first: bool = False,
) -> Approval:
    return approvals.request(
        kind=NEW_ACCOUNT,
        obj=merchant,
        payload={"account": encrypt(json.dumps(asdict(account))), "first": first},
        before=before,
        after={"merchant": merchant.name, "registration_number": merchant.registration_number, **after},
        reason=reason,
        requested_by=by,
        on=on,
    )
