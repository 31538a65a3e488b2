"""How people stand in the answers of the API: each as the caller's partner knows them."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from borrowers.models import Borrower
from borrowers.partner_files import Faces
from partners.api.base import PartnerView

_WAYS = ("borrower", "application", "loan")


class FacesView(PartnerView):
    """A view whose answers name people."""

    @cached_property
    def faces(self) -> Faces:
        return Faces(self.key)

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
