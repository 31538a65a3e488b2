"""What a partner tells of a person after the registration: kept as told, shown to that partner alone.

What it tells of somebody it opened the file of becomes part of that file. Of others only what stands beside what is
there does (an income, a debt, a consent, an account nobody pays to yet): a contact point waits for staff, so that no
partner redirects what is sent to a person.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from audit.context import acting_for
from borrowers import bank_accounts, consents, contacts, means
from borrowers.consents import GivenConsent
from borrowers.fingerprints import plain
from borrowers.models import (
    AccountState,
    BankAccount,
    Borrower,
    Brought,
    Consent,
    ContactKind,
    ContactPoint,
    ContactState,
    ExternalDebt,
    HolderAnswer,
    Income,
    PartnerFile,
    Provenance,
)
from staff.models import User

Kind = Brought.Kind
MODELS: dict[str, type[models.Model]] = {
    Kind.CONSENT: Consent,
    Kind.CONTACT_POINT: ContactPoint,
    Kind.INCOME: Income,
    Kind.EXTERNAL_DEBT: ExternalDebt,
    Kind.BANK_ACCOUNT: BankAccount,
}
# What may become otherwise in the house, and is then told; as it was when the partner told of it, it is not.
_LIVES: dict[str, tuple[str, ...]] = {
    Kind.CONSENT: ("withdrawn_at",),
    Kind.CONTACT_POINT: ("state", "verified_at"),
    Kind.INCOME: ("verified_by_id", "verified_on"),
    Kind.EXTERNAL_DEBT: (),
    Kind.BANK_ACCOUNT: ("state", "verified_on"),
}
_BY_ANSWER = {HolderAnswer.MATCH.value: AccountState.VERIFIED, HolderAnswer.NO_MATCH.value: AccountState.REFUSED}


def shown(file: PartnerFile, kind: str) -> list[models.Model]:
    """What the partner told of that kind, newest first, as rows that are stored nowhere."""
    items = list(file.brought.filter(kind=kind).order_by("-id"))
    rows = MODELS[kind]._default_manager.in_bulk([item.row for item in items if item.row is not None])
    return [_row(file, item, rows.get(item.row)) for item in items]


def _row(file: PartnerFile, item: Brought, live: models.Model | None) -> models.Model:
    model = MODELS[item.kind]
    if isinstance(live, BankAccount) and file.opened:
        live.told_to_wait = live.is_unverified  # type: ignore[attr-defined]
        return live  # the partner's own, and paid to: it stands as it stands
    fields: dict[str, Any] = {field.name: field for field in model._meta.concrete_fields}
    words = json.loads(item.told)
    waits = words.pop("waits", False)
    told = {name: fields[name].to_python(value) for name, value in words.items()}
    now = _lives(item.kind, live) if live is not None else {}
    if now == item.then:
        now = {}
    row = model(**{"borrower": file.borrower, **told, **{name: getattr(live, name) for name in now}})
    if isinstance(row, BankAccount):
        row.told_to_wait = waits and row.is_unverified  # type: ignore[attr-defined]
    return row


def _lives(kind: str, row: models.Model) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _LIVES[kind]}
    kept: dict[str, Any] = json.loads(json.dumps(values, cls=DjangoJSONEncoder))
    return kept


def _keep(file: PartnerFile, kind: str, told: dict[str, Any], row: models.Model | None) -> models.Model:
    item = Brought.objects.create(
        file=file,
        kind=kind,
        told=json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False),
        row=row.pk if row is not None else None,
        then=_lives(kind, row) if row is not None else {},
    )
    return _row(file, item, row)


def _step_back(file: PartnerFile, kind: str, same: Callable[[dict[str, Any]], bool]) -> None:
    """What was the primary one of its sort no longer is."""
    for item in file.brought.filter(kind=kind):
        told = json.loads(item.told)
        if told["is_primary"] and same(told):
            item.told = json.dumps({**told, "is_primary": False}, ensure_ascii=False)
            item.save(update_fields=["told"])


def _locked(file: PartnerFile) -> PartnerFile:
    return PartnerFile.objects.select_for_update(of=("self",)).select_related("borrower").get(pk=file.pk)


# Consents ------------------------------------------------------------------------------------------------------------


def bring_consent(file: PartnerFile, given: GivenConsent, row: Consent | None) -> models.Model:
    """The tick as the partner sent it. The same text agreed to again is the consent that stands.

    Without ``row`` it is only kept as told: the person withdrew the purpose elsewhere, which is not the partner's to know.
    """
    version, digest = (row.text_version, row.text_hash) if row else consents.wording_of(file.borrower, given)
    for earlier in shown(file, Kind.CONSENT):
        same = isinstance(earlier, Consent) and (earlier.purpose, earlier.text_hash) == (given.purpose, digest)
        if same and earlier.is_in_force:  # type: ignore[attr-defined]
            return earlier
    told = {
        "purpose": given.purpose,
        "text_version": given.text_version or version,
        "text_hash": digest,
        "channel": given.channel,
        "given_at": given.at,
    }
    return _keep(file, Kind.CONSENT, told, row)


@transaction.atomic
def tell_consent(file: PartnerFile, *, given: GivenConsent, by: User) -> models.Model:
    """Raises what ``borrowers.consents.record`` raises; that the purpose was withdrawn before only where the partner is
    shown so. Of a withdrawal elsewhere it is told nothing: what it tells is kept in its file and counts for nobody."""
    file = _locked(file)
    Borrower.objects.locked(file.borrower_id)
    with acting_for(by):
        unknown = consents.withdrawal_stands(file.borrower_id, given.purpose) and not _shown_withdrawn(
            file, given.purpose
        )
        kept = None if unknown else consents.record(borrower=file.borrower, given=given)
        return bring_consent(file, given, kept)


def _shown_withdrawn(file: PartnerFile, purpose: str) -> bool:
    """Whether the partner is shown that a consent it told of was withdrawn."""
    told = [row for row in shown(file, Kind.CONSENT) if isinstance(row, Consent)]
    return any(row.purpose == purpose and not row.is_in_force for row in told)


def purposes_told(*, borrower_id: int, by_id: int) -> frozenset[str] | None:
    """What a partner, known by the user it acts as, told that the person agrees to and that still stands; None where the
    partner opened the person's file itself, or has none."""
    files = PartnerFile.objects.filter(client__acts_as_id=by_id, borrower_id=borrower_id, opened=False)
    file = files.select_related("borrower").first()
    if file is None:
        return None
    given = [row for row in shown(file, Kind.CONSENT) if isinstance(row, Consent)]
    return frozenset(consent.purpose for consent in given if consent.is_in_force)


# Contact points ------------------------------------------------------------------------------------------------------


def bring_first_contact_points(file: PartnerFile, *, email: str) -> None:
    """The addresses of the registration."""
    for kind, value in ((ContactKind.MOBILE, file.phone), (ContactKind.EMAIL, email)):
        if value:
            _keep(file, Kind.CONTACT_POINT, _point(kind, value, primary=True), _on_file(file.borrower, kind, value))


def _point(kind: str, value: str, *, primary: bool) -> dict[str, Any]:
    return {"kind": kind, "value": value, "provenance": Provenance.PARTNER.value, "is_primary": primary}


def _on_file(borrower: Borrower, kind: str, value: str) -> ContactPoint | None:
    index = contacts.contact_index(kind, value)
    points = borrower.contact_points.filter(kind=kind, value_index=index).exclude(state=ContactState.RETIRED)
    return points.first()


@transaction.atomic
def tell_contact_point(file: PartnerFile, *, kind: str, value: str, make_primary: bool, by: User) -> models.Model:
    """A newly learnt address. Raises ContactPointKnown where the partner told of it before, and what it cannot be."""
    file = _locked(file)
    value = contacts.normalise_address(kind, value, file.borrower.market)
    told = [point for point in shown(file, Kind.CONTACT_POINT) if isinstance(point, ContactPoint)]
    told = [point for point in told if point.kind == kind and not point.is_retired]
    for point in told:
        if contacts.contact_index(kind, point.value) == contacts.contact_index(kind, value):
            raise contacts.ContactPointKnown(point)
    primary = make_primary or not any(point.is_primary for point in told)
    row = _on_file(file.borrower, kind, value)
    if row is None and file.opened:
        row = contacts.add_contact_point(
            borrower_id=file.borrower_id,
            kind=kind,
            value=value,
            provenance=Provenance.PARTNER,
            make_primary=make_primary,
            added_by=by,
        )
    with acting_for(by):
        if primary:
            _step_back(file, Kind.CONTACT_POINT, lambda one: bool(one["kind"] == kind))
        if primary and kind == ContactKind.MOBILE:
            file.phone = value
        if row is None and kind in (ContactKind.MOBILE, ContactKind.EMAIL):
            _have_a_look(file, "phone" if kind == ContactKind.MOBILE else "email")
        file.save()
    return _keep(file, Kind.CONTACT_POINT, _point(kind, value, primary=primary), row)


def _have_a_look(file: PartnerFile, what: str) -> None:
    """Staff see that the partner told otherwise, also where they looked at something earlier."""
    file.contradicts = sorted({*file.contradicts, what})
    file.looked_at = file.looked_at_by = None


# Means ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def tell_income(file: PartnerFile, *, by: User, **facts: Any) -> models.Model:
    """Raises what ``record_income`` raises."""
    row = means.record_income(borrower_id=file.borrower_id, **facts, by=by)
    told = {name: getattr(row, name) for name in ("source", "monthly_amount", "as_of")}
    return _keep(_locked(file), Kind.INCOME, told, row)


@transaction.atomic
def tell_external_debt(file: PartnerFile, *, by: User, **facts: Any) -> models.Model:
    """Raises what ``record_external_debt`` raises."""
    row = means.record_external_debt(borrower_id=file.borrower_id, **facts, by=by)
    told = {name: getattr(row, name) for name in ("lender", "balance", "monthly_payment", "source", "as_of")}
    return _keep(_locked(file), Kind.EXTERNAL_DEBT, told, row)


@transaction.atomic
def tell_bank_account(
    file: PartnerFile,
    *,
    bank_name: str,
    account_number: str,
    make_primary: bool,
    at: datetime,
    on: date,
    reason: str,
    by: User,
) -> models.Model:
    """An account; the bank is asked whose it is. Raises AccountKnown where the partner told of it before, and what
    ``add_and_ask`` raises.

    A person somebody else opened stays paid where they are paid: what the partner wishes of that is only kept as told.
    """
    file, number = _locked(file), bank_accounts.account_number_of(account_number)
    told = [account for account in shown(file, Kind.BANK_ACCOUNT) if isinstance(account, BankAccount)]
    for account in told:
        if account.account_number == number:
            raise bank_accounts.AccountKnown(account)
    try:
        row = bank_accounts.add_and_ask(
            borrower_id=file.borrower_id,
            bank_name=bank_name,
            account_number=number,
            make_primary=make_primary and file.opened,
            at=at,
            on=on,
            reason=reason,
            by=by,
        )
    except bank_accounts.AccountKnown as known:
        row = bank_accounts.ask_bank(account_id=known.existing.pk, at=at, on=on, by=by)
    state = AccountState.UNVERIFIED if row.is_shared else _BY_ANSWER.get(row.bank_answer, AccountState.UNVERIFIED)
    # Of an account that the bank said nothing of and of one that is another borrower's a partner is told the same.
    waits = state == AccountState.UNVERIFIED
    later = any(account.is_primary for account in told)
    primary = state == AccountState.VERIFIED and make_primary if later else state != AccountState.REFUSED
    if primary:
        _step_back(file, Kind.BANK_ACCOUNT, lambda _one: True)
    facts = {
        "bank_name": plain(bank_name),
        "account_number": number,
        "last4": number[-4:],
        "state": state.value,
        "verified_on": on if state == AccountState.VERIFIED else None,
        "is_primary": primary,
        "waits": waits,
    }
    return _keep(file, Kind.BANK_ACCOUNT, facts, row)
