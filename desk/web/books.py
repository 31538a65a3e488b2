"""The books for people: trial balance, statement of an account, one entry; each list as a file as well."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext
from django.views.decorators.http import require_GET

from audit.events import record
from core import business_date
from core.pages import page_of
from desk.books import entry_view, event_name, loan_numbers
from desk.web.books_forms import DaysForm, StatementForm
from ledger.account_statements import NEWEST_FIRST, StatementFilter, StatementLine, lines_of, walk, with_balances
from ledger.archive import months_of_entry
from ledger.models import Account, AccountKind, JournalEntry
from ledger.queries import archived_through, closed_through
from ledger.trial_balances import TrialBalance, balance_of, trial_balance
from loans.models import Loan
from loans.pages.loan_page import loan_by_number
from loans.pages.receivables import Movement, movements
from staff.permissions import person, require

READ = "ledger.view_journalentry"
BATCH = 500
NARROWED_BY = (gettext_noop("first day"), gettext_noop("last day"))  # how the log names what an export was narrowed by


@require_GET
@require(READ)
def balances(request: HttpRequest) -> HttpResponse:
    """The trial balance on a day, or between two."""
    form, on = DaysForm(request.GET), business_date.current()
    found = _trial_balance(form, on)
    context = {
        "form": form,
        "balance": found,
        "kinds": dict(AccountKind.choices),
        "closed_through": closed_through(),
        "query": _days(found),
    }
    return render(request, "desk/trial_balance.html", context)


@require_GET
@require(READ)
def balances_file(request: HttpRequest) -> StreamingHttpResponse:
    """The trial balance as a file; who took it is on record."""
    found = _trial_balance(DaysForm(request.GET), business_date.current())
    _note_export(request, Account(code="trial_balance"), found.first, found.last)
    head = [_("Account"), _("Name"), _("Kind"), _("Opening"), _("Debit"), _("Credit"), pgettext("balance", "Closing")]
    kinds = dict(AccountKind.choices)
    rows = [[r.code, _(r.name), kinds[r.kind], r.opening, r.debit, r.credit, r.closing] for r in found.rows]
    return _file(f"trial-balance-{found.last}.csv", head, rows)


def _trial_balance(form: DaysForm, on: date) -> TrialBalance:
    """A wrong day narrows nothing and is shown as wrong."""
    given = form.cleaned_data if form.is_valid() else {}
    return trial_balance(first=given.get("first"), last=given.get("last") or on)


def _days(found: TrialBalance) -> str:
    return "&".join(f"{name}={day}" for name, day in (("first", found.first), ("last", found.last)) if day)


@require_GET
@require(READ)
def account(request: HttpRequest, code: str) -> HttpResponse:
    """The statement of one account, newest line first, each with the balance after it."""
    shown, form = get_object_or_404(Account, pk=code), StatementForm(request.GET)
    wanted = _wanted(form, code)
    page = page_of(lines_of(wanted), request, order=NEWEST_FIRST, size=50)
    context = {
        "account": shown,
        "form": form,
        "page": page,
        "rows": [(row, event_name(row.line.entry.event)) for row in with_balances(page.items)],
        "numbers": loan_numbers(line.subledger_id for line in page.items),
        "balance": balance_of(shown, first=wanted.first, last=wanted.last or business_date.current()),
        "archived_through": archived_through(),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "query": request.GET.urlencode(),
    }
    return render(request, "desk/account_statement.html", context)


@require_GET
@require(READ)
def account_file(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The whole statement as a file, oldest line first; who took it is on record."""
    shown, wanted = get_object_or_404(Account, pk=code), _wanted(StatementForm(request.GET), code)
    _note_export(request, shown, wanted.first, wanted.last, event=wanted.event)
    head = [
        *(_("Posted"), _("Counts from"), _("Entry"), _("Event"), _("Loan")),
        *(_("Debit"), _("Credit"), _("Balance"), _("Description")),
    ]
    return _file(f"account-{code}.csv", head, _statement_rows(walk(wanted)))


def _wanted(form: StatementForm, code: str) -> StatementFilter:
    form.is_valid()
    given = form.cleaned_data
    return StatementFilter(code, given.get("first"), given.get("last"), given.get("event") or "")


def _statement_rows(rows: Iterator[StatementLine]) -> Iterator[list[object]]:
    for batch in _batches(rows):
        numbers = loan_numbers(row.line.subledger_id for row in batch)
        for row in batch:
            line, entry = row.line, row.line.entry
            loan = numbers.get(line.subledger_id or 0, "")
            days = [entry.posted_on, entry.effective_on]
            yield [*days, entry.pk, entry.event, loan, line.debit, line.credit, row.balance, entry.description]


def _batches(rows: Iterator[StatementLine]) -> Iterator[list[StatementLine]]:
    batch: list[StatementLine] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


@require_GET
@require(READ)
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: its lines, what it reverses or is reversed by, and the loans it is about."""
    found = JournalEntry.objects.filter(pk=pk).first()
    if found is None:
        return _archived_entry(request, pk)
    shown = entry_view(found)
    debit = sum((line.debit for line in shown.lines), Decimal(0))
    context = {"view": shown, "entry": shown.entry, "name": event_name(shown.entry.event), "total": debit}
    return render(request, "desk/journal_entry.html", context)


def _archived_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """What is not among the entries may have been put away: then the page says with which month."""
    months = months_of_entry(pk)
    if not months:
        raise Http404
    return render(request, "desk/archived_entry.html", {"number": pk, "months": months})


@require_GET
@require(READ)
def loan_file(request: HttpRequest, number: str) -> StreamingHttpResponse:
    """Every movement of a loan's receivables as a file; who took it is on record."""
    loan: Loan = loan_by_number(number)
    _note_export(request, loan)
    head = [
        *(_("Posted"), _("Counts from"), _("Entry"), _("Event")),
        *(_("Principal"), _("Interest"), _("Late interest"), _("Fee"), _("Receivable")),
    ]
    return _file(f"books-{loan.number}.csv", head, (_movement_row(row) for row in movements(loan)))


def _movement_row(row: Movement) -> list[object]:
    days = [row.posted_on, row.effective_on]
    return [*days, row.entry_id, row.event, row.principal, row.interest, row.late_interest, row.fee, row.receivable]


def _note_export(
    request: HttpRequest, what: Model, first: date | None = None, last: date | None = None, **more: str
) -> None:
    """Who takes what out of the house, written down before any of it leaves. ``what`` need not be stored anywhere."""
    narrowed = {"first_day": first, "last_day": last, **more}
    record("exported", what, after={name: str(part) for name, part in narrowed.items() if part}, actor=person(request))


def _harmless(cell: object) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text; what people typed must not run there."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


class _Echo:
    """What a CSV writer writes to: hands each line back at once."""

    def write(self, line: str) -> str:
        return line


def _file(name: str, head: list[str], rows: Iterable[list[object]]) -> StreamingHttpResponse:
    """A CSV file sent as it is made. The mark at the front lets spreadsheets read it as UTF-8."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff" + writer.writerow(head)
        for row in rows:
            yield writer.writerow([_harmless(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
