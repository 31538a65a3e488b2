"""Reads about clients: the list with what each brought in, and one client with its keys."""

from datetime import datetime

from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from partners.models import ApiClient, ApiKey, Introduction


def clients(at: datetime) -> QuerySet[ApiClient]:
    """All clients by name, with their live keys, the last use, and what they brought in."""
    live = Q(keys__revoked_at=None, keys__waits=False) & (Q(keys__expires_at=None) | Q(keys__expires_at__gt=at))
    return ApiClient.objects.annotate(
        live_key_count=Count("keys", filter=live, distinct=True),
        last_used_at=Max("keys__last_used_at"),
        borrower_count=_brought("borrower"),
        application_count=_brought("application"),
    ).order_by("name")


def client_of(public_id: str, at: datetime) -> ApiClient | None:
    return clients(at).filter(public_id=public_id).first()


def keys_of(client: ApiClient) -> QuerySet[ApiKey]:
    """Every key the client ever had, newest first."""
    return ApiKey.objects.filter(client=client).select_related("created_by").order_by("-id")


def _brought(kind: str) -> Coalesce:
    rows = Introduction.objects.filter(client=OuterRef("pk"), kind=kind).order_by().values("client")
    count = rows.annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)
