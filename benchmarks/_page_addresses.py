"""Every address that shows something, with a real object of the book behind it: read off the addresses themselves.

A new page is opened like the others as soon as its parameters are known here; ``tests/devtools/test_bench_pages.py`` says
which are not. What answers 405 takes no GET and is no page.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit.models import AuditEvent
from benchmarks import book
from borrowers.models import ContactPoint
from core.models import Calendar
from debt_collections.models import Case, Promise
from debt_collections.web.verbs import VERBS
from desk.web.loans import TABS
from ledger.models import JournalEntry
from loans.models import ProductVersion, Repayment
from loans.web.loans import _WHY
from messaging.models import Message
from operations.models import EndOfDayRun

# Addresses that a book of loans does not fill, or that are no pages; each with the reason.
LEFT_OUT = {
    "admin": "its lists are measured, see ``admin_lists``",
    "staff": "one person's own settings",
    "partners": "a dozen partners, whatever the book",
    "casework": "tasks and papers are not in the book; see ``./dev bench tasks``",
    "api_docs": "texts",
    "operations:demo": "the demo alone", "operations:demo_begin": "the demo alone", "operations:demo_step": "the demo alone",
    "operations:demo_advance": "the demo alone", "operations:demo_progress": "the demo alone",
    "operations:job": "the progress of one job", "api:nothing": "what is no address",
    "welcome": "before anybody signs in", "loans:merchant": "a merchant is not in the book",
    "loans:merchant_edit": "a merchant is not in the book", "loans:merchant_account": "a merchant is not in the book",
    "loans:merchant_account_show": "a merchant is not in the book",
    "loans:merchant_asked_account_show": "a merchant is not in the book", "api:merchant": "a merchant is not in the book",
    "api:offer": "an offer is not in the book", "api:offer_accept": "an offer is not in the book",
    "api:tasks": "tasks are not in the book", "api:task": "tasks are not in the book",
    "api:task_answer": "tasks are not in the book", "api:house_tasks": "tasks are not in the book",
    "api:house_task": "tasks are not in the book", "api:house_task_take": "takes a POST",
    "api:house_task_give_back": "takes a POST", "api:house_task_finish": "takes a POST",
    "api:house_task_drop": "takes a POST",
    "api:product": "products have identifiers by chance", "api:product_price_table": "products have identifiers by chance",
    "loans:incoming_payment": "a bank's payment is not in the book", "loans:loan_contract": "its paper is not in the book",
    "loans:incoming_payment_return": "a bank's payment is not in the book",
    "loans:incoming_payment_stands": "a bank's payment is not in the book",
    "loans:payment_file": "a bank's file is not in the book", "loans:drawdown_send": "no drawdown in the book",
    "loans:order_other_account": "no order that failed in the book",
    "loans:drawdown_retry": "no drawdown in the book", "loans:drawdown_cancel": "no drawdown in the book",
    "loans:loan_act_undo": "no act in the book", "loans:refund_vouch": "no act in the book",
    "loans:payment_file_ask_again": "takes a POST",
    "audit:approve": "no request in the book",
    "audit:reject": "no request in the book", "audit:decide_alone": "no request in the book",
    "audit:take_back": "takes a POST", "audit:review": "takes a POST", "collections:cancel_promise": "takes a POST",
    "borrowers:ask_about_account": "takes a POST", "borrowers:looked_at_file": "takes a POST",
    "borrowers:pay_to_account": "no bank account in the book", "borrowers:verify_income": "no income in the book",
    "borrowers:end_consent": "no consent in the book", "borrowers:reveal_item": "writes down who looked",
    "borrowers:reveal": "writes down who looked", "borrowers:said": "what a registration said",
    "api:loan_policy": "no policy in the book", "operations:verification": "one run of verify_books",
    "operations:verification_progress": "one run of verify_books", "operations:verification_resume": "takes a POST",
    "operations:verification_cancel": "takes a POST",
    "api:policy_pledge": "no policy in the book", "api:policy_cash_values": "no policy in the book",
    "api:policy_review": "no policy in the book", "api:policy_release": "no policy in the book",
    "api:policy_reinstatement_quote": "no policy in the book", "api:policy_reinstate": "no policy in the book",
    **{f"api:evidence_{what}": "no evidence in the book" for what in ("item", "upload", "upload_parts", "upload_finish")},
    "api:loan_act_undo": "no act in the book", "api:waiver_reverse": "no act in the book",
    "api:extension_reverse": "no act in the book", "api:refund_reverse": "no act in the book",
}  # fmt: skip

# A loan that is late, with its borrower and case.
LATE = 20
SOUGHT = {
    "q": book.number("LN", LATE),
    "search": book.number("LN", LATE),
    "least": "1000",
    "about": book.number("LN", LATE),
}

QUERIES = {"api:account_lines": f"?account=1201&first=2026-01-01&last={book.DAY}"}


@dataclass(frozen=True, slots=True)
class Address:
    """A page by the name of its route, and where it is."""

    name: str
    path: str


def routes() -> Iterator[tuple[str, str, list[str]]]:
    """(name with its namespaces, the whole pattern, names of its parameters) of every route."""
    yield from _walk(get_resolver(), "", "")


def _walk(resolver: URLResolver, before: str, spaces: str) -> Iterator[tuple[str, str, list[str]]]:
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield f"{spaces}:{entry.name}" if spaces else entry.name or "", pattern, _parameters(entry, pattern)
        else:
            inner = ":".join(filter(None, (spaces, entry.namespace)))
            yield from _walk(entry, pattern, inner)


def _parameters(entry: URLPattern, pattern: str) -> list[str]:
    return [*entry.pattern.converters] or [*entry.pattern.regex.groupindex]


def is_left_out(name: str) -> bool:
    return not name or name in LEFT_OUT or name.split(":")[0] in LEFT_OUT


def addresses() -> list[Address]:
    """Every page with its parameters filled in, once for each value where a parameter chooses among a few."""
    found = []
    for name, pattern, parameters in routes():
        if is_left_out(name):
            continue
        for values in _filled(name, pattern, parameters):
            path = reverse(name, kwargs=values) + QUERIES.get(name, "")
            told = "/".join(value for key, value in values.items() if key in _CHOICES)
            found.append(Address(f"{name} {told}".strip(), path))
    return found


def admin_lists() -> list[Address]:
    """Every list of the admin, and a search in each that offers one."""
    found = []
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        path = reverse(name)
        found.append(Address(name, path))
        if page.search_fields:
            found.append(Address(f"{name} search", f"{path}?q={book.number('LN', LATE)}"))
    return found


def _filled(name: str, pattern: str, parameters: list[str]) -> list[dict[str, Any]]:
    filled: list[dict[str, Any]] = [{}]
    for parameter in parameters:
        values = _CHOICES[parameter]() if parameter in _CHOICES else [value_of(name, pattern, parameter)]
        filled = [{**known, parameter: value} for known in filled for value in values]
    return filled


def value_of(name: str, pattern: str, parameter: str) -> Any:
    """A value of the book for a parameter. Raises KeyError for one nobody has named yet."""
    return (_BY_NAME.get((name, parameter)) or _BY_PLACE[(_place(pattern), parameter)])()


def _place(pattern: str) -> str:
    """The folder of a route: ``loans`` of ``app/loans/<str:number>/pay``."""
    return pattern.replace("^", "").split("/")[1 if pattern.startswith("app/") else 2]


def _first(model: Any, attribute: str = "pk") -> Callable[[], Any]:
    return lambda: model.objects.order_by("pk").values_list(attribute, flat=True).first()


def _contact() -> Any:
    return ContactPoint.objects.filter(borrower=LATE).values_list("pk", flat=True).first()


def _last_night() -> date | None:
    return EndOfDayRun.objects.order_by("-pk").values_list("business_day__on", flat=True).first()


_CHOICES: dict[str, Callable[[], list[str]]] = {
    "tab": lambda: [tab for tab in TABS if tab not in ("overview", "policy")],
    "what": lambda: list(_WHY),
    "verb": lambda: list(VERBS),
}
_BY_NAME: dict[tuple[str, str], Callable[[], Any]] = {
    ("borrowers:contact_state", "pk"): _contact,
    ("borrowers:contact_primary", "pk"): _contact,
    ("loans:loan_act", "code"): lambda: "waiver",
    ("loans:loan_act_preview", "code"): lambda: "waiver",
    ("desk:books_account", "code"): lambda: "1201",
    ("desk:books_account_file", "code"): lambda: "1201",
    ("messaging:report", "pk"): _first(Message),
    ("audit:event", "pk"): _first(AuditEvent),
    ("desk:books_entry", "pk"): _first(JournalEntry),
}
_BY_PLACE: dict[tuple[str, str], Callable[[], Any]] = {
    ("borrowers", "number"): lambda: book.number("CU", LATE),
    ("limits", "number"): lambda: book.number("CU", LATE),
    ("loans", "number"): lambda: book.number("LN", LATE),
    ("applications", "number"): lambda: book.number("AP", LATE),
    ("payments", "number"): _first(Repayment, "number"),
    ("products", "code"): lambda: "bench-0",
    ("products", "pk"): _first(ProductVersion),
    ("calendars", "code"): _first(Calendar, "code"),
    ("end-of-day", "on"): _last_night,
    ("collections", "public_id"): lambda: Case.objects.get(borrower=LATE).public_id,
    ("collections", "pk"): _first(Promise),
    ("borrowers", "borrower_id"): lambda: book.public_id("cus", LATE),
    ("applications", "application_id"): lambda: book.public_id("app", LATE),
    ("loans", "loan_id"): lambda: book.public_id("loan", LATE),
    ("repayments", "repayment_id"): _first(Repayment, "public_id"),
}
