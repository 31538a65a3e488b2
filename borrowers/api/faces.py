"""How people stand in the answers of the API: each as the caller's partner knows them."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.response import Response

from borrowers.models import Borrower
from borrowers.partner_files import Faces
from partners.api.base import PartnerView

M = TypeVar("M", bound=Model)
_WAYS = ("borrower", "application", "loan")


class FacesView(PartnerView):
    """A view whose answers name people.

    Of who withdrew the consent that the partner is told of them, it shows what the partner's running loans need:
    ``loan_at`` leads from a row of a list to its loan, ``runs`` are the states of a loan that is shown all the same.
    """

    loan_at = ""
    runs: frozenset[str] = frozenset()

    @cached_property
    def faces(self) -> Faces:
        return Faces(self.key)

    def found(self, rows: QuerySet[M], public_id: str) -> M:
        """Raises SharingEnded beside NotFound."""
        return self.shared(super().found(rows, public_id))

    def shared(self, item: M, *, field: str | None = None) -> M:
        """``item``, unless its person withdrew the consent and no running loan needs it. Raises SharingEnded."""
        holder = _holder_of(item)
        if holder.status not in self.runs:
            self.faces.require_sharing(holder.borrower_id, field=field)
        return item

    def answer_list(self, serializer_class: Any, rows: QuerySet[M], *more: Any) -> Response:
        """Without the people who withdrew the consent, but for what belongs to a running loan."""
        if people := self.faces.learn_ended():
            whose = "pk" if rows.model is Borrower else f"{self.loan_at}borrower_id"
            gone = Q(**{f"{whose}__in": people})
            rows = rows.exclude(gone & ~Q(**{f"{self.loan_at}status__in": self.runs}) if self.runs else gone)
        return super().answer_list(serializer_class, rows, *more)

    def context(self) -> dict[str, object]:
        return {**super().context(), "seen": self._seen}

    def _seen(self, value: Any, whole: bool) -> Any:
        return self.faces.of(value, whole=whole) if isinstance(value, Borrower) else value

    def answer_whole_list(
        self,
        serializer_class: type[serializers.BaseSerializer[Any]],
        items: Any,
        context: dict[str, Any] | None = None,
        **around: Any,
    ) -> Response:
        items = list(items)
        self.faces.learn(self._not_opened_here(items))
        return super().answer_whole_list(serializer_class, items, context, **around)

    def _not_opened_here(self, items: Iterable[Any]) -> list[Borrower]:
        """The people an answer names whom the partner's handle must be read for, or all of them where they are opened up."""
        people = [person for item in items if (person := _person_of(item)) is not None]
        if self.request.query_params.get("expand"):
            return people
        return [person for person in people if person.source != self.client.public_id]


def _person_of(item: Any) -> Borrower | None:
    """Whom a loan, an application, an offer or a repayment is about, along what is loaded already."""
    if isinstance(item, Borrower):
        return item
    loaded = getattr(getattr(item, "_state", None), "fields_cache", {})
    for way in _WAYS:
        if loaded.get(way) is not None:
            return _person_of(loaded[way])
    return None


def _holder_of(item: Any) -> Any:
    """What names the person: the row itself, or the loan or application it belongs to."""
    while not hasattr(item, "borrower_id"):
        item = item.loan if hasattr(item, "loan_id") else item.application
    return item
