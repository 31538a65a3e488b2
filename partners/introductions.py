"""Whose object is whose: what a client brought in it may see, everything else does not exist for it."""

from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from partners.models import ApiClient, ApiKey, Introduction
from partners.scopes import CHANGE_EVERY_ORIGIN, SEE_EVERY_ORIGIN

M = TypeVar("M", bound=Model)


class ExternalIdTaken(DomainError):
    code = "external_id_taken"
    message = _("The external_id %(external_id)s already names another object of yours.")


def introduce(*, client: ApiClient, kind: str, object_id: int, external_id: str | None = None) -> Introduction:
    """Note that the client brought the object in, under its own number if it has one. Once is enough."""
    try:
        with transaction.atomic():
            row, _created = Introduction.objects.get_or_create(
                client=client, kind=kind, object_id=object_id, defaults={"external_id": external_id or None}
            )
    except IntegrityError:
        raise ExternalIdTaken(external_id=external_id, field="external_id") from None
    return row


def reaches_every_origin(key: ApiKey, *, writing: bool) -> bool:
    """Whether the key may see, or with ``writing`` change, what others brought in."""
    return key.allows(CHANGE_EVERY_ORIGIN if writing else SEE_EVERY_ORIGIN)


def within_reach(queryset: QuerySet[M], *, key: ApiKey, kind: str, writing: bool, path: str = "pk") -> QuerySet[M]:
    """The part of the queryset the key may see, or with ``writing`` change.

    ``path`` leads from a row to the object that was brought in.
    """
    if reaches_every_origin(key, writing=writing):
        return queryset
    brought = Introduction.objects.filter(client_id=key.client_id, kind=kind).values("object_id")
    return queryset.filter(**{f"{path}__in": brought})


def within_reach_where(*, key: ApiKey, kind: str, writing: bool, column: str) -> tuple[str, list[int | str]]:
    """The same as the end of a WHERE in SQL, with its values; ``column`` holds the number of what was brought in."""
    if reaches_every_origin(key, writing=writing):
        return "", []
    brought = f"SELECT 1 FROM partners_introduction WHERE client_id = %s AND kind = %s AND object_id = {column}"
    return f" AND EXISTS ({brought})", [key.client_id, kind]


def external_ids(*, client: ApiClient, kind: str, object_ids: list[int]) -> dict[int, str]:
    """The client's own numbers of the objects, in one query."""
    rows = Introduction.objects.filter(client=client, kind=kind, object_id__in=object_ids, external_id__isnull=False)
    return dict(rows.values_list("object_id", "external_id"))  # type: ignore[arg-type]


def found_by_external_id(*, client: ApiClient, kind: str, external_id: str) -> int | None:
    """The object the client knows by that number."""
    rows = Introduction.objects.filter(client=client, kind=kind, external_id=external_id)
    return rows.values_list("object_id", flat=True).first()
