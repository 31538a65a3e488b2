"""The books over the API: balances of accounts and their lines, for programs that reconcile."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import business_date
from core.errors import Invalid
from core.pages import beyond
from desk.books import loan_ids
from ledger.account_statements import NEWEST_FIRST, StatementFilter, lines_of, with_balances
from ledger.models import Account, AccountKind
from ledger.trial_balances import trial_balance
from partners.api.base import PartnerView
from partners.api.fields import Constant, MoneyField
from partners.api.lists import LARGEST_PAGE, CursorUnknown
from partners.api.schema import list_of


class DaysOutOfOrder(Invalid):
    code = "days_out_of_order"
    field = "first"
    message = _("%(first)s lies after %(last)s.")


class DaysQuery(serializers.Serializer[Any]):
    """Days of booking, both included; without ``last`` up to the business date."""

    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)


class AccountUnknown(Invalid):
    code = "account_unknown"
    field = "account"
    message = _("There is no account %(account)s.")


class LinesQuery(DaysQuery):
    account = serializers.CharField(max_length=10)
    event = serializers.CharField(required=False, max_length=40)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=50)
    starting_after = serializers.RegexField(r"^\d{8}-\d{1,18}-\d{1,18}$", required=False)


class AccountBalanceSerializer(serializers.Serializer[Any]):
    object = Constant("account_balance")
    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=AccountKind.choices)
    opening = MoneyField(help_text="A debit balance; credit balances are negative.")
    debit = MoneyField()
    credit = MoneyField()
    closing = MoneyField()


class TrialBalanceSerializer(serializers.Serializer[Any]):
    object = Constant("trial_balance")
    first = serializers.DateField(allow_null=True)
    last = serializers.DateField()
    debit = MoneyField()
    credit = MoneyField()
    in_balance = serializers.BooleanField(source="is_proven")
    accounts = AccountBalanceSerializer(many=True, source="rows")


class LedgerLineSerializer(serializers.Serializer[Any]):
    object = Constant("ledger_line")
    entry = serializers.IntegerField(source="line.entry_id")
    event = serializers.CharField(source="line.entry.event")
    posted_on = serializers.DateField(source="line.posted_on")
    effective_on = serializers.DateField(source="line.entry.effective_on")
    loan = serializers.SerializerMethodField(help_text="Null where the line is about no single loan.")
    debit = MoneyField(source="line.debit")
    credit = MoneyField(source="line.credit")
    balance = MoneyField(help_text="Of the whole account after the line.")

    def get_loan(self, row: Any) -> str | None:
        found: dict[int, str] = self.context["loans"]
        return found.get(row.line.subledger_id)


class BooksView(PartnerView):
    tag = "books"
    scopes = {"GET": "books:read"}

    def days(self, query: type[DaysQuery]) -> dict[str, Any]:
        """The checked query with the last day filled in. Raises DaysOutOfOrder."""
        given = self.query(query)
        first, last = given.get("first"), given.get("last") or business_date.current()
        if first is not None and first > last:
            raise DaysOutOfOrder(first=first.isoformat(), last=last.isoformat())
        return {**given, "first": first, "last": last}


class TrialBalances(BooksView):
    name = "trial_balance"

    @extend_schema(summary="Retrieve the trial balance", parameters=[DaysQuery], responses=TrialBalanceSerializer)
    def get(self, request: Request) -> Response:
        """What stood on each account before ``first``, what moved, what stands after ``last``."""
        given = self.days(DaysQuery)
        return self.answer(TrialBalanceSerializer, trial_balance(first=given["first"], last=given["last"]))


class AccountLines(BooksView):
    name = "account_lines"

    @extend_schema(summary="List lines of an account", parameters=[LinesQuery], responses=list_of(LedgerLineSerializer))
    def get(self, request: Request) -> Response:
        """The lines of an account, newest first, each with the balance after it."""
        given = self.days(LinesQuery)
        if not Account.objects.filter(pk=given["account"]).exists():
            raise AccountUnknown(account=given["account"])
        lines = lines_of(StatementFilter(given["account"], given["first"], given["last"], given.get("event", "")))
        if after := given.get("starting_after"):
            lines = beyond(lines, NEWEST_FIRST, _place(after))
        found = list(lines.order_by(*NEWEST_FIRST)[: given["limit"] + 1])
        rows = with_balances(found[: given["limit"]])
        has_more = len(found) > len(rows)
        last = rows[-1].line if has_more else None
        cursor = f"{last.posted_on:%Y%m%d}-{last.entry_id}-{last.pk}" if last else None
        context = {"loans": loan_ids(row.line.subledger_id for row in rows)}
        return self.answer_whole_list(LedgerLineSerializer, rows, context, has_more=has_more, next_cursor=cursor)


def _place(cursor: str) -> tuple[date, int, int]:
    """Day, entry and number of the line that ``cursor`` names. Raises CursorUnknown for a day that never was."""
    day, entry, line = cursor.split("-")
    try:
        return date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}"), int(entry), int(line)
    except ValueError as wrong:
        raise CursorUnknown() from wrong
