"""The admin of tables that grow with the loans: found by indexes, listed in the order of one, counted to a thousand.

PostgreSQL itself is asked: with its other ways of reading and joining made dear, a plan that still reads a table from end
to end, or sorts one, has no index for what the list asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from audit.models import Approval, ArchivedRecords, AuditEvent, BrokenGlass, Delegation
from borrowers.admin import FoundByPersonAdmin
from borrowers.models import ConsentText
from casework.models import Absence
from core.admin import LargeTableAdmin
from core.models import Calendar, CalendarDay, Rule, RuleShape
from ledger.models import AccountDay, ArchivedMonth, LateBooking, SummedDay
from loans.models import (
    AccountMapping,
    BankFile,
    Loan,
    LoanPurpose,
    Merchant,
    PortfolioDay,
    Product,
    ProductVersion,
    SetAside,
    StruckLine,
)
from messaging.models import Message, Template
from operations.models import (
    BusinessDay,
    EndOfDayRun,
    FailingJob,
    ImportBatch,
    LongJob,
    Verification,
    VerificationDifference,
)
from partners.models import ApiClient, ApiKey
from risk.models import GradePolicy, Scorecard
from staff.models import AccountTie, User
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.messaging.factories import MessageFactory
from tests.plans import steps

pytestmark = pytest.mark.django_db

# Their rows are made by staff, a market or a day; every other table in the admin grows with the loans.
SMALL = {
    *(Absence, AccountMapping, ApiClient, ApiKey, Approval, BankFile, BusinessDay, Calendar, CalendarDay, ConsentText),
    *(
        EndOfDayRun,
        GradePolicy,
        Group,
        ImportBatch,
        LoanPurpose,
        LongJob,
        Merchant,
        Product,
        ProductVersion,
        Rule,
        RuleShape,
        Scorecard,
    ),
    *(AccountDay, ArchivedMonth, ArchivedRecords, LateBooking, PortfolioDay, SummedDay, Template, User),
    *(Verification, VerificationDifference),
    *(AccountTie, BrokenGlass, Delegation),
    *(FailingJob, SetAside, StruckLine),
}
WAYS = ("exact", "startswith")
OURS = {model: site for model, site in admin.site._registry.items() if model.__module__.split(".")[0] != "axes"}
LARGE = [pytest.param(site, id=model._meta.label) for model, site in OURS.items() if isinstance(site, LargeTableAdmin)]


@pytest.fixture
def asked(staff_member: Callable[..., User]) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = staff_member(username="root", superuser=True)
    return request


@pytest.fixture
def dear(db: None) -> None:
    """Whatever an index could do instead is dear, however few the rows."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "sort", "incremental_sort", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def plan(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Every step of PostgreSQL's plan for a query."""
    return list(steps(*rows.query.sql_with_params()))


def hops(model: Any, path: str, value: object) -> Iterator[QuerySet[Any]]:
    """A look-up through foreign keys, one table at a time, as the rows it begins with lead to the rows it finds."""
    name, _dots, rest = path.partition("__")
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if field.is_relation and rest not in WAYS:
        yield from hops(field.related_model, rest, value)
        value, rest = 1, "exact"
    yield model._default_manager.filter(**{f"{name}__{rest}": value})


def read_whole(rows: QuerySet[Any], column: str = "") -> bool:
    """Whether a query on one table has no index to read it by: one that begins with ``column``, or holds only what is
    asked for."""
    for step in plan(rows.order_by().values_list("pk", flat=True)[:1001]):
        if step["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
            first, partial = index_of(step["Index Name"])
            asked = step.get("Index Cond", "")
            return not ((asked and (first == column or not column)) or (partial and not column and not asked))
    return True


def index_of(name: str) -> tuple[str, bool]:
    """The first column of an index, and whether it holds a part of the rows only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_indexdef(indexrelid, 1, true), indpred IS NOT NULL FROM pg_index WHERE indexrelid = %s::regclass",
            [name],
        )
        first, partial = cursor.fetchone()
    return str(first), bool(partial)


def test_every_table_in_the_admin_is_large_or_known_to_be_small() -> None:
    neither = {
        model._meta.label
        for model, site in OURS.items()
        if not isinstance(site, LargeTableAdmin) and model not in SMALL and model._meta.app_config.name in HOUSE
    }
    assert not neither
    assert not [model for model in SMALL if isinstance(OURS[model], LargeTableAdmin)]


HOUSE = {"core", "staff", "audit", "partners", "casework", "ledger", "borrowers", "messaging", "loans", "risk"} | {
    *("debt_collections", "operations", "desk")
}


@pytest.mark.parametrize("site", LARGE)
def test_a_search_reads_by_indexes(site: LargeTableAdmin, dear: None) -> None:
    paths = [*site.search_fields, *([f"{site.person}__exact"] if isinstance(site, FoundByPersonAdmin) else [])]

    assert paths
    assert len(site.look_ups("1")) >= len(paths)
    for path in paths:
        way = path.rpartition("__")[2]
        assert way in WAYS, path
        for rows in hops(site.model, path, "1"):
            column = rows.query.where.children[0].lhs.target.column
            if (
                column != rows.model._meta.pk.column
            ):  # which has its index, though an empty table may be read by another
                assert not read_whole(rows, column), (rows.query, column)


@pytest.mark.parametrize("site", LARGE)
def test_a_list_comes_in_the_order_of_an_index(site: LargeTableAdmin, asked: HttpRequest, dear: None) -> None:
    first_page = site.get_changelist_instance(asked).queryset[: site.list_per_page]
    found = plan(first_page)

    assert not {step["Node Type"] for step in found} & {"Sort", "Incremental Sort", "Seq Scan"}
    assert site.get_sortable_by(asked) == ()
    assert site.date_hierarchy is None
    assert not site.show_full_result_count


@pytest.mark.parametrize("site", LARGE)
def test_a_list_is_filtered_by_what_has_an_index(site: LargeTableAdmin, dear: None) -> None:
    for name in site.list_filter:
        field: Any = site.model._meta.get_field(str(name))
        for value, _label in field.choices:
            rows = site.model._default_manager.filter(**{str(name): value}).order_by()
            assert not read_whole(rows), (site.model, name, value)


class Unfit(LargeTableAdmin):
    """What the tests above must find fault with."""

    search_fields = ("principal__exact", "borrower__market__exact")
    ordering = ("-principal",)


def test_a_column_without_an_index_is_found_out(asked: HttpRequest, dear: None) -> None:
    unfit = Unfit(Loan, admin.site)
    principal, (market, borrower) = hops(Loan, unfit.search_fields[0], "1"), hops(Loan, unfit.search_fields[1], "CN")

    assert read_whole(next(principal), "principal")
    assert read_whole(market, "market")
    assert not read_whole(borrower, "borrower_id")
    assert read_whole(Loan.objects.filter(principal=1200))
    assert "Sort" in {step["Node Type"] for step in plan(unfit.get_changelist_instance(asked).queryset[:50])}


# --- from outside ---------------------------------------------------------------------------------------------------


@pytest.fixture
def administrator(client: Client, signed_in: Callable[..., Client]) -> Client:
    return signed_in(client, "administrator", superuser=True)


def listed(client: Client, model: type[Model], text: str = "") -> str:
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return client.get(address, {"q": text} if text else {}).content.decode()


@pytest.mark.parametrize("shape", ["{}", "{lower}", "{spaced}", "{beginning}"])
@pytest.mark.parametrize("number", ["LN-2026-000777", "LN-2026-1234567", "LN-2026-12345678"])
def test_a_loan_is_found_by_its_number_in_any_shape(administrator: Client, shape: str, number: str) -> None:
    loan, other = LoanFactory(active=True), LoanFactory(active=True)
    Loan.objects.filter(pk=loan.pk).update(number=number)
    Loan.objects.filter(pk=other.pk).update(number="LN-2025-000001")  # the running one may begin like the first
    text = shape.format(number, lower=number.lower(), spaced=number.replace("-", " "), beginning=number[:-2])

    page = listed(administrator, Loan, text)
    assert number in page
    assert "LN-2025-000001" not in page


def test_a_receipt_is_found_by_its_number_its_loan_its_payer_and_its_borrower(administrator: Client) -> None:
    receipt = RepaymentFactory(payer_reference="PAYER-77")
    other = RepaymentFactory()

    texts = (receipt.number, receipt.loan.number, "PAYER-77", receipt.loan.borrower.number, receipt.loan.borrower.phone)
    for text in texts:
        page = listed(administrator, type(receipt), text)
        assert receipt.number in page, text
        assert other.number not in page, text


@pytest.mark.parametrize("site", LARGE)
@pytest.mark.parametrize("text", ["zebra", "9" * 30, "%"])
def test_what_nothing_is_called_finds_nothing(administrator: Client, site: LargeTableAdmin, text: str) -> None:
    RepaymentFactory()
    address = reverse(f"admin:{site.model._meta.app_label}_{site.model._meta.model_name}_changelist")

    answer = administrator.get(address, {"q": text})
    assert answer.status_code == 200
    assert list(answer.context["cl"].result_list) == []


def test_a_message_is_found_by_what_it_is_about_and_by_whom_it_went_to(administrator: Client) -> None:
    message = MessageFactory(reference="LN-2026-000777")
    Message.objects.filter(pk=message.pk).update(provider_reference="gate-1")
    other = MessageFactory(reference="LN-2026-000778")

    for text in ("ln 2026 777", "gate-1", message.dedupe_key, message.borrower.name, message.borrower.number):
        page = listed(administrator, type(message), text)
        assert message.borrower.number in page, text
        assert other.borrower.number not in page, text


@pytest.mark.parametrize(("language", "words"), [("en", "search to see more"), ("zh-hans", "更多请搜索")])
def test_a_long_list_is_counted_to_a_thousand(
    client: Client, signed_in: Callable[..., Client], language: str, words: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditevent (at, channel, action, object_type, object_id, object_label, reason,"
            " request_id, before, after) SELECT now(), 'system', 'changed', 'loans.loan', n, 'many', '', '', '{}', '{}'"
            " FROM generate_series(1, 1100) n"
        )
    signed_in(client, "administrator", superuser=True)
    client.cookies["django_language"] = language
    first, last = listed(client, AuditEvent), client.get(reverse("admin:audit_auditevent_changelist"), {"p": 20})

    assert "1,000+" in first
    assert words in first
    assert "1001" not in first
    assert last.status_code == 200
    assert len(last.context["cl"].result_list) == 50
    assert last.context["cl"].paginator.num_pages == 20
