"""Borrowers over the API: registered once, seen by the partner that brought them in."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.api import serializers as shapes
from borrowers.bank_accounts import add_and_ask
from borrowers.consents import GivenConsent, give_consent
from borrowers.contacts import add_contact_point
from borrowers.means import record_external_debt, record_income
from borrowers.models import Borrower, BorrowerStatus, Provenance
from borrowers.occupations import state_occupation
from borrowers.onboarding import BorrowerAlreadyRegistered, register_borrower
from borrowers.preferences import choose_language
from core import business_date
from partners.api.base import PartnerView, idempotent
from partners.api.conditions import matched, tagged
from partners.api.fields import money_in
from partners.api.lists import ListQuery, WordsField
from partners.api.schema import list_of
from partners.disclosure import discloses, note_disclosure
from partners.introductions import ExternalIdTaken, external_ids, found_by_external_id, introduce
from staff.permissions import person

CHANNEL = "api"
KIND = "borrower"
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
        rows = super().narrow(rows, given)
        if "status" in given:
            rows = rows.filter(status__in=given["status"])
        if "external_id" in given:
            client = self.context["key"].client
            known = found_by_external_id(client=client, kind=KIND, external_id=given["external_id"])
            rows = rows.filter(pk=known)
        return rows


class BorrowerView(PartnerView):
    """What the views of a borrower share."""

    tag = "borrowers"
    scopes = {"GET": READ, "POST": WRITE, "PATCH": WRITE}

    def borrowers(self) -> QuerySet[Borrower]:
        return self.reachable(Borrower.objects.all(), KIND)

    def borrower(self, borrower_id: str) -> Borrower:
        return self.found(self.borrowers(), borrower_id)

    def numbers_of(self, borrowers: list[Borrower]) -> dict[str, object]:
        ids = [borrower.pk for borrower in borrowers]
        return {"external_ids": external_ids(client=self.client, kind=KIND, object_ids=ids)}

    def disclosure(self, borrower: Borrower, *fields: str) -> dict[str, object]:
        """Whether this answer shows personal data in clear; if so it is written down first."""
        if not discloses(self.key):
            return {}
        note_disclosure(key=self.key, subject=borrower, fields=list(fields))
        return {"plain": True}

    def shown(self, borrower: Borrower) -> Response:
        disclosed = self.disclosure(borrower, "name", "identity_number", "phone", "birth_date")
        return self.answer(shapes.BorrowerSerializer, borrower, context=self.numbers_of([borrower]) | disclosed)


class Borrowers(BorrowerView):
    name = "borrowers"
    made_at = "api:borrower"

    @extend_schema(summary="List borrowers", parameters=[BorrowerQuery], responses=list_of(shapes.BorrowerSerializer))
    def get(self, request: Request) -> Response:
        """The borrowers you brought in, newest first. Personal data is always masked in lists."""
        return self.answer_list(shapes.BorrowerSerializer, self.borrowers(), BorrowerQuery, self.numbers_of)

    @extend_schema(
        summary="Register a borrower", request=shapes.BorrowerInput, responses={201: shapes.BorrowerSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Opens the file of a person who is not on file yet. A resident ID tells birth date and sex by itself."""
        given = self.body(shapes.BorrowerInput)
        self._require_free(given.get("external_id"))
        consents = [_consent(tick) for tick in given.pop("consents", [])]
        try:
            borrower = register_borrower(
                **given,
                consents=consents,
                on=business_date.current(),
                source=self.client.public_id,
                provenance=Provenance.PARTNER,
                registered_by=person(request),
            )
        except BorrowerAlreadyRegistered as refusal:
            raise self._named_if_visible(refusal) from None
        introduce(client=self.client, kind=KIND, object_id=borrower.pk, external_id=given.get("external_id"))
        return self.made(shapes.BorrowerSerializer, borrower, **self.numbers_of([borrower]))

    def _require_free(self, external_id: str | None) -> None:
        known = external_id and found_by_external_id(client=self.client, kind=KIND, external_id=external_id)
        if known:
            existing = Borrower.objects.values_list("public_id", flat=True).get(pk=known)
            raise ExternalIdTaken(external_id=external_id, existing=existing, field="external_id")

    def _named_if_visible(self, refusal: BorrowerAlreadyRegistered) -> BorrowerAlreadyRegistered:
        """Whose borrower it is not, learns that there is one, and nothing else."""
        visible_here = self.borrowers().filter(pk=refusal.existing.pk).exists()
        refusal.context = {"number": refusal.existing.number if visible_here else "…"}
        if visible_here:
            refusal.context["existing"] = refusal.existing.public_id
        return refusal


class BorrowerDetail(BorrowerView):
    name = "borrower"

    @extend_schema(summary="Retrieve a borrower", responses=shapes.BorrowerSerializer)
    @tagged
    def get(self, request: Request, borrower_id: str) -> Response:
        """Personal data is masked unless the key has `borrowers:read_personal`; each disclosure is audited."""
        return self.shown(self.borrower(borrower_id))

    @extend_schema(summary="Change a borrower", request=shapes.BorrowerPatch, responses=shapes.BorrowerSerializer)
    @matched
    def patch(self, request: Request, borrower_id: str) -> Response:
        """Changes the language of messages, or the occupation. A new phone or e-mail address is a new contact point."""
        given = self.body(shapes.BorrowerPatch)
        borrower, by = self.borrower(borrower_id), person(request)
        with transaction.atomic():
            if "language" in given:
                borrower = choose_language(borrower_id=borrower.pk, language=given["language"], changed_by=by)
            if "occupation" in given:
                borrower = state_occupation(borrower_id=borrower.pk, occupation=given["occupation"], changed_by=by)
        return self.shown(borrower)

    def present(self, borrower_id: str) -> Response:
        """What the caller would be shown now, for its fingerprint alone: nothing of it leaves, nothing is noted."""
        borrower = self.found(self.borrowers().select_for_update(), borrower_id)
        plain = {"plain": True} if discloses(self.key) else {}
        return self.answer(shapes.BorrowerSerializer, borrower, context=self.numbers_of([borrower]) | plain)


class Belongings(BorrowerView):
    """A list that belongs to one borrower, whole: these are few."""

    serializer: type[serializers.Serializer[Any]]
    input: type[serializers.Serializer[Any]]
    related: str
    personal: str = ""

    def listed(self, borrower_id: str) -> Response:
        borrower = self.borrower(borrower_id)
        rows = getattr(borrower, self.related).order_by("-pk")
        context = self.disclosure(borrower, self.personal) if self.personal else {}
        return self.answer_whole_list(self.serializer, rows, context)

    def body_of(self, borrower_id: str, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body, its money in the currency of the borrower's market."""
        with money_in(self.borrower(borrower_id).currency):
            return self.body(shape)

    def added(self, borrower_id: str, use_case: Callable[..., Model], **facts: Any) -> Response:
        borrower = self.borrower(borrower_id)
        return self.made(self.serializer, use_case(borrower_id=borrower.pk, **facts))


class Consents(Belongings):
    name = "borrower_consents"
    serializer, related = shapes.ConsentSerializer, "consents"

    @extend_schema(summary="List consents", responses=list_of(shapes.ConsentSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """Given and withdrawn consents."""
        return self.listed(borrower_id)

    @extend_schema(summary="Record a consent", request=shapes.ConsentInput, responses={201: shapes.ConsentSerializer})
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """One purpose, one text, one moment. The same text agreed to again is the consent that stands."""
        given = self.body(shapes.ConsentInput)
        tick = {"at": given.pop("given_at"), "channel": CHANNEL, "recorded_by": request.user}
        return self.added(borrower_id, give_consent, **given, **tick)


class ContactPoints(Belongings):
    name = "borrower_contact_points"
    serializer, related, personal = shapes.ContactPointSerializer, "contact_points", "contact_points"

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
        return self.added(borrower_id, add_contact_point, **given, provenance=Provenance.PARTNER, added_by=request.user)


class Incomes(Belongings):
    name = "borrower_incomes"
    serializer, related = shapes.IncomeSerializer, "incomes"

    @extend_schema(summary="List incomes", responses=list_of(shapes.IncomeSerializer))
    def get(self, request: Request, borrower_id: str) -> Response:
        """Monthly incomes on file, each as of a day."""
        return self.listed(borrower_id)

    @extend_schema(summary="Record an income", request=shapes.IncomeInput, responses={201: shapes.IncomeSerializer})
    @idempotent
    def post(self, request: Request, borrower_id: str) -> Response:
        """A monthly income as declared to you; the lender marks it proved once it is."""
        return self.added(borrower_id, record_income, **self.body_of(borrower_id, shapes.IncomeInput), by=request.user)


class ExternalDebts(Belongings):
    name = "borrower_external_debts"
    serializer, related = shapes.ExternalDebtSerializer, "external_debts"

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
        given = self.body_of(borrower_id, shapes.ExternalDebtInput)
        return self.added(borrower_id, record_external_debt, **given, by=request.user)


class BankAccounts(Belongings):
    name = "borrower_bank_accounts"
    serializer, related, personal = shapes.BankAccountSerializer, "bank_accounts", "bank_accounts"

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
        a second person (`awaits_second_person`), and so does an account that the bank says nothing of."""
        given = self.body(shapes.BankAccountInput)
        given["make_primary"] = given.pop("is_primary")
        asked = {"at": business_date.now(), "on": business_date.current(), "reason": _BY_PARTNER}
        return self.added(borrower_id, add_and_ask, **given, **asked, by=person(request))


def _consent(tick: dict[str, Any]) -> GivenConsent:
    at = tick.pop("given_at")
    return GivenConsent(channel=CHANNEL, at=at, **tick)
