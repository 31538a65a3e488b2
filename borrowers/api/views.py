"""Borrowers over the API: registered once, seen by the partner that brought them in."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers import brought
from borrowers.api import serializers as shapes
from borrowers.api.faces import FacesView
from borrowers.bank_accounts import add_and_ask
from borrowers.consents import GivenConsent, give_consent
from borrowers.contacts import add_contact_point
from borrowers.means import record_external_debt, record_income
from borrowers.models import Borrower, BorrowerStatus, Brought, Occupation, PartnerFile, Provenance
from borrowers.occupations import claims_of, state_occupation
from borrowers.partner_files import (
    KIND,
    Person,
    files_of,
    register_by_partner,
    tell_language,
    tell_occupation,
    with_status,
)
from borrowers.preferences import choose_language
from core import business_date
from partners.api.base import idempotent
from partners.api.conditions import matched, tagged
from partners.api.fields import money_in
from partners.api.lists import ListQuery, WordsField
from partners.api.schema import list_of
from partners.disclosure import discloses, note_disclosure
from partners.introductions import ExternalIdTaken, external_ids, found_by_external_id, reaches_every_origin
from staff.models import User
from staff.permissions import person

CHANNEL = "api"
# What a second person reads of an account that a partner wants paid.
_BY_PARTNER = "The partner names this account as the one to pay."
READ, WRITE = "borrowers:read", "borrowers:write"


class BorrowerQuery(ListQuery):
    """Filters of the list of borrowers."""

    status = WordsField(words=BorrowerStatus.values)
    external_id = serializers.CharField(required=False, max_length=80)
    created_gte = serializers.DateField(required=False)  # type: ignore[assignment]
    created_lte = serializers.DateField(required=False)  # type: ignore[assignment]
    created_path = "created_on"

    def narrow(self, rows: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
        own = rows.model is PartnerFile
        rows = super().narrow(rows, given)
        if "status" in given:
            rows = with_status(rows, given["status"]) if own else rows.filter(status__in=given["status"])
        if "external_id" in given:
            client = self.context["key"].client
            known = found_by_external_id(client=client, kind=KIND, external_id=given["external_id"])
            rows = rows.filter(**{"borrower_id" if own else "pk": known})
        return rows


class BorrowerView(FacesView):
    """What the views of a borrower share."""

    tag = "borrowers"
    scopes = {"GET": READ, "POST": WRITE, "PATCH": WRITE}

    def face(self, borrower_id: str) -> Borrower | PartnerFile:
        """The person as the house knows them where the key reaches every origin, else as its partner does."""
        if reaches_every_origin(self.key, writing=self.writing):
            borrower = Borrower.objects.filter(public_id=borrower_id).first()
            if borrower is not None:
                self.faces.require_sharing(borrower.pk)
                return borrower
        return self.found(files_of(self.client), borrower_id)

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        self.face(address.get("borrower_id") or answer["id"])

    def numbers_of(self, faces: list[Any]) -> dict[str, object]:
        ids = [_person(face).pk for face in faces]
        students = [_person(face).pk for face in faces if face.occupation == Occupation.STUDENT]
        return {
            "external_ids": external_ids(client=self.client, kind=KIND, object_ids=ids),
            "occupations_claimed": claims_of(students) if students else {},
        }

    def disclosure(self, face: Borrower | PartnerFile, *fields: str) -> dict[str, object]:
        """Whether this answer shows personal data in clear; if so it is written down first.

        What a key may change and not see it is not shown either.
        """
        if not self._discloses(face):
            return {}
        note_disclosure(key=self.key, subject=_person(face), fields=list(fields))
        return {"plain": True}

    def _discloses(self, face: Borrower | PartnerFile) -> bool:
        seen = isinstance(face, PartnerFile) or reaches_every_origin(self.key, writing=False)
        return seen and discloses(self.key)

    def shown(self, face: Borrower | PartnerFile) -> Response:
        disclosed = self.disclosure(face, "name", "identity_number", "phone", "birth_date")
        return self.answer(shapes.BorrowerSerializer, face, context=self.numbers_of([face]) | disclosed)


def _person(face: Borrower | PartnerFile) -> Borrower:
    return face.borrower if isinstance(face, PartnerFile) else face


class Borrowers(BorrowerView):
    name = "borrowers"
    made_at = "api:borrower"

    @extend_schema(summary="List borrowers", parameters=[BorrowerQuery], responses=list_of(shapes.BorrowerSerializer))
    def get(self, request: Request) -> Response:
        """The borrowers you brought in, newest first. Personal data is always masked in lists."""
        all_origins = reaches_every_origin(self.key, writing=False)
        rows: QuerySet[Any] = Borrower.objects.all() if all_origins else files_of(self.client)
        return self.answer_list(shapes.BorrowerSerializer, rows, BorrowerQuery, self.numbers_of)

    @extend_schema(
        summary="Register a borrower", request=shapes.BorrowerInput, responses={201: shapes.BorrowerSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Opens your file of a person, under their consent `third_party`. A resident ID tells birth date and sex.

        Whether the lender or another partner knows the person is not told: you are shown what you brought yourself.
        """
        given = self.body(shapes.BorrowerInput)
        self._require_free(given.get("external_id"))
        consents = [_consent(tick) for tick in given.pop("consents", [])]
        on, by = business_date.current(), person(request)
        file = register_by_partner(Person(**given), client=self.client, consents=consents, on=on, by=by)
        return self.made(shapes.BorrowerSerializer, file, **self.numbers_of([file]))

    def _require_free(self, external_id: str | None) -> None:
        known = external_id and found_by_external_id(client=self.client, kind=KIND, external_id=external_id)
        if known:
            self.faces.require_sharing(known)
            existing = files_of(self.client).values_list("public_id", flat=True).get(borrower_id=known)
            raise ExternalIdTaken(external_id=external_id, existing=existing, field="external_id")


class BorrowerDetail(BorrowerView):
    name = "borrower"

    @extend_schema(summary="Retrieve a borrower", responses=shapes.BorrowerSerializer)
    @tagged
    def get(self, request: Request, borrower_id: str) -> Response:
        """Personal data is masked unless the key has `borrowers:read_personal`; each disclosure is audited."""
        return self.shown(self.face(borrower_id))

    @extend_schema(summary="Change a borrower", request=shapes.BorrowerPatch, responses=shapes.BorrowerSerializer)
    @matched
    def patch(self, request: Request, borrower_id: str) -> Response:
        """Changes the language of messages, or the occupation. A new phone or e-mail address is a new contact point.

        Of a student another occupation is a claim: send `occupation_evidence`. It stands under `occupation_claimed` until a
        second person of the lender has agreed; `occupation` is `student` as long."""
        given, face, by = self.body(shapes.BorrowerPatch), self.face(borrower_id), person(request)
        with transaction.atomic():
            if "language" in given:
                face = self._language(face, given["language"], by)
            if "occupation" in given:
                face = self._occupation(face, given["occupation"], given.get("occupation_evidence", ""), by)
        return self.shown(face)

    def _language(self, face: Borrower | PartnerFile, language: str, by: User) -> Borrower | PartnerFile:
        if isinstance(face, PartnerFile):
            return tell_language(face, language=language, by=by)
        return choose_language(borrower_id=face.pk, language=language, changed_by=by)

    def _occupation(
        self, face: Borrower | PartnerFile, occupation: str, evidence: str, by: User
    ) -> Borrower | PartnerFile:
        on = business_date.current()
        if isinstance(face, PartnerFile):
            return tell_occupation(face, occupation=occupation, evidence=evidence, on=on, by=by)
        state_occupation(borrower_id=face.pk, occupation=occupation, evidence=evidence, on=on, changed_by=by)
        face.refresh_from_db()
        return face

    def present(self, borrower_id: str) -> Response:
        """What the caller would be shown now, for its fingerprint alone: nothing of it leaves, nothing is noted."""
        face = self.face(borrower_id)
        type(face)._default_manager.select_for_update().get(pk=face.pk)
        face.refresh_from_db()
        plain = {"plain": True} if self._discloses(face) else {}
        return self.answer(shapes.BorrowerSerializer, face, context=self.numbers_of([face]) | plain)


class Belongings(BorrowerView):
    """A list that belongs to one borrower, whole: these are few. A partner is shown what it told itself."""

    serializer: type[serializers.Serializer[Any]]
    input: type[serializers.Serializer[Any]]
    related: str
    kind: str
    personal: str = ""

    def listed(self, borrower_id: str) -> Response:
        face = self.face(borrower_id)
        if isinstance(face, PartnerFile):
            rows: Any = brought.shown(face, self.kind)
        else:
            rows = getattr(face, self.related).order_by("-pk")
        context = self.disclosure(face, self.personal) if self.personal else {}
        return self.answer_whole_list(self.serializer, rows, context)

    def body_of(self, face: Borrower | PartnerFile, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body, its money in the currency of the borrower's market."""
        with money_in(face.currency):
            return self.body(shape)

    def added(self, face: Borrower | PartnerFile, told: Callable[..., Model], known: Callable[..., Model]) -> Response:
        """What is told of a person: by ``told`` into the partner's file, by ``known`` into the house's."""
        row = told(face) if isinstance(face, PartnerFile) else known(borrower_id=face.pk)
        return self.made(self.serializer, row)


class Consents(Belongings):
    name = "borrower_consents"
    serializer, related, kind = shapes.ConsentSerializer, "consents", Brought.Kind.CONSENT

    @extend_schema(summary="List consents", responses=list_of(shapes.ConsentSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """Given and withdrawn consents."""
        return self.listed(borrower_id)

    @extend_schema(summary="Record a consent", request=shapes.ConsentInput, responses={201: shapes.ConsentSerializer})
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """One purpose, one text, one moment. The same text agreed to again is the consent that stands."""
        given = _consent(self.body(shapes.ConsentInput))
        told = partial(brought.tell_consent, given=given, by=person(request))
        known = partial(give_consent, **asdict(given), recorded_by=person(request))
        return self.added(self.face(borrower_id), told, known)


class ContactPoints(Belongings):
    name = "borrower_contact_points"
    serializer, related, personal = shapes.ContactPointSerializer, "contact_points", "contact_points"
    kind = Brought.Kind.CONTACT_POINT

    @extend_schema(summary="List contact points", responses=list_of(shapes.ContactPointSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """How the borrower can be reached, and whether that still works."""
        return self.listed(borrower_id)

    @extend_schema(
        summary="Add a contact point", request=shapes.ContactPointInput, responses={201: shapes.ContactPointSerializer}
    )
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """A newly learnt address, not verified yet. As primary mobile it becomes the borrower's phone."""
        given = self.body(shapes.ContactPointInput)
        given["make_primary"] = given.pop("is_primary")
        told = partial(brought.tell_contact_point, **given, by=person(request))
        known = partial(add_contact_point, **given, provenance=Provenance.PARTNER, added_by=person(request))
        return self.added(self.face(borrower_id), told, known)


class Incomes(Belongings):
    name = "borrower_incomes"
    serializer, related, kind = shapes.IncomeSerializer, "incomes", Brought.Kind.INCOME

    @extend_schema(summary="List incomes", responses=list_of(shapes.IncomeSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """Monthly incomes on file, each as of a day."""
        return self.listed(borrower_id)

    @extend_schema(summary="Record an income", request=shapes.IncomeInput, responses={201: shapes.IncomeSerializer})
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """A monthly income as declared to you. The rules decide only on what is proved: `verified` turns true once
        somebody at the lender has verified it by evidence."""
        face = self.face(borrower_id)
        given = {**self.body_of(face, shapes.IncomeInput), "by": person(request)}
        return self.added(face, partial(brought.tell_income, **given), partial(record_income, **given))


class ExternalDebts(Belongings):
    name = "borrower_external_debts"
    serializer, related, kind = shapes.ExternalDebtSerializer, "external_debts", Brought.Kind.EXTERNAL_DEBT

    @extend_schema(summary="List debts elsewhere", responses=list_of(shapes.ExternalDebtSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """What the borrower owes to other lenders."""
        return self.listed(borrower_id)

    @extend_schema(
        summary="Record a debt elsewhere",
        request=shapes.ExternalDebtInput,
        responses={201: shapes.ExternalDebtSerializer},
    )
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """A debt to another lender as declared to you."""
        face = self.face(borrower_id)
        given = {**self.body_of(face, shapes.ExternalDebtInput), "by": person(request)}
        return self.added(face, partial(brought.tell_external_debt, **given), partial(record_external_debt, **given))


class BankAccounts(Belongings):
    name = "borrower_bank_accounts"
    serializer, related, personal = shapes.BankAccountSerializer, "bank_accounts", "bank_accounts"
    kind = Brought.Kind.BANK_ACCOUNT

    @extend_schema(summary="List bank accounts", responses=list_of(shapes.BankAccountSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """Accounts loans are paid to; only the last four digits without the scope for personal data."""
        return self.listed(borrower_id)

    @extend_schema(
        summary="Add a bank account", request=shapes.BankAccountInput, responses={201: shapes.BankAccountSerializer}
    )
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """The bank is asked whose it is: money is paid to a verified account only. The first account is the one loans are
        paid to; with `is_primary` a later one is from now on. While the lender is bound to pay the borrower, that waits for
        a second person. `awaits_second_person` says so, and of every account that is not verified yet."""
        given = self.body(shapes.BankAccountInput)
        given["make_primary"] = given.pop("is_primary")
        given |= {
            "at": business_date.now(),
            "on": business_date.current(),
            "by": person(request),
            "reason": _BY_PARTNER,
        }
        told, known = partial(brought.tell_bank_account, **given), partial(add_and_ask, **given)
        return self.added(self.face(borrower_id), told, known)


def _consent(tick: dict[str, Any]) -> GivenConsent:
    at = tick.pop("given_at")
    return GivenConsent(channel=CHANNEL, at=at, **tick)
