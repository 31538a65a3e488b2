"""From product to accepted offer over the API."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.api.faces import FacesView
from borrowers.partner_files import named
from core import business_date
from core.money import ZERO
from loans.api import reading
from loans.api import serializers as shapes
from loans.api.servicing_serializers import LoanSerializer
from loans.models import Application, ApplicationStatus, Merchant, Offer, Product
from loans.origination.application_lifecycle import ApplicationStepRefused
from loans.origination.application_wish import ApplicationWish
from loans.origination.origination import accept_offer, save_draft, submit_application, submit_draft, withdraw
from loans.pricing.agreed_instalments import AgreedInstalmentOrNumber
from loans.pricing.quotes import Quote, quote_for, require_sellable, version_on_sale
from partners.api.base import PartnerView, idempotent, use_case_key
from partners.api.conditions import tagged
from partners.api.lists import ListQuery, WordsField
from partners.api.references import ReferenceUnknown as ReferenceUnknown
from partners.api.references import referred as referred
from partners.api.schema import list_of
from partners.introductions import ExternalIdTaken, external_ids, found_by_external_id, introduce
from staff.permissions import person

CHANNEL = "api"
KIND = "application"


# Products and quotes -------------------------------------------------------------------------------------------------


class Products(PartnerView):
    name, tag = "products", "products"
    scopes = {"GET": "products:read"}

    @extend_schema(summary="List products", responses=list_of(shapes.ProductSerializer))
    def get(self, request: Request) -> Response:
        """What is lent at present, with the conditions of the live version."""
        return self.answer_whole_list(shapes.ProductSerializer, reading.products_on_sale())


class ProductDetail(PartnerView):
    name, tag = "product", "products"
    scopes = {"GET": "products:read"}

    @extend_schema(summary="Retrieve a product", responses=shapes.ProductSerializer)
    @tagged
    def get(self, request: Request, product_id: str) -> Response:
        """One product with the conditions of its live version."""
        for product in reading.products_on_sale():
            if product.public_id == product_id:
                return self.answer(shapes.ProductSerializer, product)
        raise NotFound


class Quotes(PartnerView):
    name, tag = "quote", "products"
    scopes = {"POST": "products:read"}

    @extend_schema(summary="Calculate a quote", request=shapes.QuoteInput, responses=shapes.QuoteSerializer)
    def post(self, request: Request) -> Response:
        """Schedule, total and annualised all-in cost for an amount and a term. Stores nothing, binds nobody."""
        given = self.body(shapes.QuoteInput)
        product = referred(Product.objects.all(), "product", given["product"])
        return self.answer(shapes.QuoteSerializer, _quote(product, given))


def _quote(product: Product, given: dict[str, Any]) -> Quote:
    on, price = business_date.current(), given.get("price")
    version = version_on_sale(product.pk, on)
    first_drawdown = given.get("first_drawdown")
    term_count, agreed = given.get("term_count"), given.get("agreed_instalment")
    if (term_count is None) == (agreed is None):
        raise AgreedInstalmentOrNumber()
    require_sellable(version, given["amount"], term_count, price, first_drawdown)
    return quote_for(
        version=version,
        principal=given["amount"],
        term_count=term_count,
        on=on,
        down_payment=ZERO if price is None else price - given["amount"],
        first_drawdown=first_drawdown,
        agreed_instalment=agreed,
    )


# Applications --------------------------------------------------------------------------------------------------------


class ApplicationQuery(ListQuery):
    """Filters of the list of applications."""

    status = WordsField(words=ApplicationStatus.values)
    borrower = serializers.CharField(required=False, max_length=40)
    external_id = serializers.CharField(required=False, max_length=80)

    def narrow(self, rows: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
        rows = super().narrow(rows, given)
        if "status" in given:
            rows = rows.filter(status__in=given["status"])
        if "borrower" in given:
            people = named(given["borrower"], key=self.context["key"], writing=False)
            rows = rows.filter(borrower__in=people.values("pk"))
        if "external_id" in given:
            client = self.context["key"].client
            known = found_by_external_id(client=client, kind=KIND, external_id=given["external_id"])
            rows = rows.filter(pk=known)
        return rows


class ApplicationView(FacesView):
    """What the views of an application share."""

    tag = "applications"
    scopes = {"GET": "applications:read", "POST": "applications:write"}
    expandable = frozenset({"borrower"})

    def handle_exception(self, exc: Exception) -> Response:
        """A step that is refused is answered with the steps that are possible."""
        if isinstance(exc, ApplicationStepRefused):
            exc.context["allowed_actions"] = shapes.actions_towards(exc.context["allowed"])
        return super().handle_exception(exc)

    def applications(self) -> QuerySet[Application]:
        return self.reachable(reading.applications(), KIND)

    def application(self, application_id: str) -> Application:
        return self.found(self.applications(), application_id)

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        self.application(answer["id"])

    def numbers_of(self, applications: list[Application]) -> dict[str, object]:
        ids = [application.pk for application in applications]
        return {"external_ids": external_ids(client=self.client, kind=KIND, object_ids=ids)}

    def shown(self, application_id: int, **more: object) -> Response:
        """The application as it stands now."""
        application = reading.applications().get(pk=application_id)
        context = self.numbers_of([application])
        return self.answer(shapes.ApplicationSerializer, application, context=context, **more)


class Applications(ApplicationView):
    name = "applications"
    made_at = "api:application"

    @extend_schema(
        summary="List applications", parameters=[ApplicationQuery], responses=list_of(shapes.ApplicationSerializer)
    )
    def get(self, request: Request) -> Response:
        """The applications you made, newest first."""
        return self.answer_list(shapes.ApplicationSerializer, self.applications(), ApplicationQuery, self.numbers_of)

    @extend_schema(
        summary="Make an application", request=shapes.ApplicationInput, responses={201: shapes.ApplicationSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Applies for a loan for a borrower you registered. It is decided soon after; ask for the decision."""
        given = self.body(shapes.ApplicationInput)
        external_id, wish = given.pop("external_id", None), self._wish(given)
        self._require_free(external_id)
        on, by = business_date.current(), person(request)
        if given["submit"]:
            key = use_case_key(request)
            application = submit_application(
                wish, on=on, channel=CHANNEL, idempotency_key=key, submitted_by=by, submitted_via=self.key
            )
        else:
            application = save_draft(wish, on=on, channel=CHANNEL, submitted_by=by, submitted_via=self.key)
        introduce(client=self.client, kind=KIND, object_id=application.pk, external_id=external_id)
        return self.shown(application.pk, status=201)

    def _wish(self, given: dict[str, Any]) -> ApplicationWish:
        borrower = named(given["borrower"], key=self.key, writing=True).first()
        if borrower is None:
            raise ReferenceUnknown(what="borrower", public_id=given["borrower"], field="borrower")
        self.faces.require_sharing(borrower.pk, field="borrower")
        return ApplicationWish(
            borrower_id=borrower.pk,
            product_id=referred(Product.objects.all(), "product", given["product"]).pk,
            amount=given["amount"],
            term_count=given.get("term_count"),
            price=given.get("price"),
            merchant_id=self._merchant(given),
            goods=given.get("goods", ""),
            first_drawdown=given.get("first_drawdown"),
            agreed_instalment=given.get("agreed_instalment"),
            purpose=given.get("purpose", ""),
            purpose_note=given.get("purpose_note", ""),
            wants_person=given["wants_person"],
        )

    def _merchant(self, given: dict[str, Any]) -> int | None:
        return referred(Merchant.objects.all(), "merchant", given["merchant"]).pk if "merchant" in given else None

    def _require_free(self, external_id: str | None) -> None:
        known = external_id and found_by_external_id(client=self.client, kind=KIND, external_id=external_id)
        if known:
            existing = self.shared(Application.objects.only("public_id", "borrower", "status").get(pk=known))
            raise ExternalIdTaken(external_id=external_id, existing=existing.public_id, field="external_id")


class ApplicationDetail(ApplicationView):
    name = "application"

    @extend_schema(summary="Retrieve an application", responses=shapes.ApplicationSerializer)
    @tagged
    def get(self, request: Request, application_id: str) -> Response:
        """One application with its state and what you can do with it now."""
        return self.shown(self.application(application_id).pk)


class Submit(ApplicationView):
    name = "application_submit"

    @extend_schema(summary="Submit a draft", request=None, responses=shapes.ApplicationSerializer)
    @transaction.atomic
    def post(self, request: Request, application_id: str) -> Response:
        """Sends a draft off to be decided. A submitted application stays as it is."""
        application = self.application(application_id)
        submit_draft(
            application_id=application.pk,
            on=business_date.current(),
            submitted_by=person(request),
            submitted_via=self.key,
        )
        return self.shown(application.pk)


class Withdraw(ApplicationView):
    name = "application_withdraw"

    @extend_schema(summary="Withdraw an application", request=None, responses=shapes.ApplicationSerializer)
    @transaction.atomic
    def post(self, request: Request, application_id: str) -> Response:
        """The borrower no longer wants the loan. An open offer ends with it."""
        application = self.application(application_id)
        withdraw(application_id=application.pk, on=business_date.current())
        return self.shown(application.pk)


class DecisionDetail(ApplicationView):
    name = "application_decision"

    @extend_schema(summary="Retrieve the decision", responses=shapes.DecisionSerializer)
    @tagged
    def get(self, request: Request, application_id: str) -> Response:
        """What was decided and why, with the offer. `final` is false until there is an answer for the borrower."""
        return self.answer(shapes.DecisionSerializer, self.application(application_id))


# Offers --------------------------------------------------------------------------------------------------------------


class OfferView(ApplicationView):
    tag = "offers"
    scopes = {"GET": "applications:read", "POST": "offers:accept"}
    expandable = frozenset({"application", "application.borrower"})

    def offer(self, offer_id: str) -> Offer:
        return self.found(self.reachable(reading.offers(), KIND, path="application_id"), offer_id)

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        self.offer(address["offer_id"])


class OfferDetail(OfferView):
    name = "offer"

    @extend_schema(summary="Retrieve an offer", responses=shapes.OfferSerializer)
    @tagged
    def get(self, request: Request, offer_id: str) -> Response:
        """The terms with the full schedule and the annualised all-in cost. They never change; only the status does."""
        return self.answer(shapes.OfferSerializer, self.offer(offer_id))


class Accept(OfferView):
    name = "offer_accept"
    made_at = "api:loan"
    expandable = frozenset({"application", "borrower"})

    @extend_schema(summary="Accept an offer", request=None, responses={201: LoanSerializer})
    @idempotent
    def post(self, request: Request, offer_id: str) -> Response:
        """The borrower accepts: the contract is sealed and the money is ordered. Accepted twice, it is one loan."""
        offer = self.offer(offer_id)
        on = business_date.current()
        loan = accept_offer(offer_id=offer.pk, on=on, accepted_via=CHANNEL, called_by=person(request))
        return self.made(LoanSerializer, reading.loans().get(pk=loan.pk))
