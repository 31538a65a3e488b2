"""The sums and the archive of the books in the admin: read only, since the night, the law and two commands write them."""

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from ledger.models import AccountDay, ArchivedMonth, CarriedBalance, LateBooking, SummedDay


@admin.register(AccountDay)
class AccountDayAdmin(ReadOnlyAdmin):
    list_display = ["posted_on", "account", "debit", "credit", "debit_total", "credit_total"]
    list_filter = ["account"]
    list_select_related = ["account"]
    ordering = ["-posted_on", "account"]


@admin.register(SummedDay)
class SummedDayAdmin(ReadOnlyAdmin):
    list_display = ["posted_on", "entries", "entries_total", "summed_at"]
    ordering = ["-posted_on"]


@admin.register(LateBooking)
class LateBookingAdmin(ReadOnlyAdmin):
    list_display = ["posted_on", "account", "event", "entries", "debit", "credit"]
    list_select_related = ["account"]
    ordering = ["-id"]


@admin.register(ArchivedMonth)
class ArchivedMonthAdmin(ReadOnlyAdmin):
    list_display = ["month", "entries", "lines", "debit", "archived_at", "restored_at", "folder"]
    ordering = ["-month", "-id"]


@admin.register(CarriedBalance)
class CarriedBalanceAdmin(ReadOnlyAdmin):
    list_display = ["subledger_id", "account", "event", "debit", "credit"]
    list_select_related = ["account"]
    search_fields = ["=subledger_id"]
    ordering = ["-id"]
