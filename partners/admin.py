"""For rescue only: clients and keys are made and revoked on their page, where the rules are."""

from django.contrib import admin

from core.admin import LargeTableAdmin, ReadOnlyAdmin
from partners.models import ApiClient, ApiKey, Introduction


@admin.register(ApiClient)
class ApiClientAdmin(ReadOnlyAdmin):
    list_display = ("name", "public_id", "status", "requests_per_minute", "created_at")
    list_filter = ("status",)
    search_fields = ("name", "public_id")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ("prefix", "client", "read_only", "expires_at", "revoked_at", "last_used_at")
    list_select_related = ("client",)
    search_fields = ("prefix", "client__name")
    exclude = ("secret_hash",)


@admin.register(Introduction)
class IntroductionAdmin(LargeTableAdmin):
    list_display = ("kind", "object_id", "client", "external_id", "created_at")
    list_select_related = ("client",)
    search_fields = ("external_id__exact",)
