"""Factories of what the house remembers: events of the log, requests that wait for a second person.

`AuditEventFactory(action="revealed", obj=borrower, actor=anna)` is written as the product writes it;
`ApprovalFactory(obj=loan)` waits to be decided by somebody else than its `requested_by`.
"""

from typing import Any

import factory
from django.db.models import Model
from factory.django import DjangoModelFactory

from audit import approvals, events
from audit.models import Approval, AuditEvent
from core import business_date
from core.context import acting
from tests.staff.factories import UserFactory


class AuditEventFactory(DjangoModelFactory[AuditEvent]):
    """Somebody did something to `obj`, on a page."""

    class Meta:
        model = AuditEvent

    action = "revealed"
    obj: Model = factory.SubFactory(UserFactory)
    actor = factory.SubFactory(UserFactory)
    channel = "web"
    request_id = ""

    @classmethod
    def _create(
        cls, model_class: type[AuditEvent], *args: Any, channel: str, request_id: str, actor: Any, **facts: Any
    ) -> AuditEvent:
        with acting(actor=actor, request_id=request_id, channel=channel):
            return events.record(**facts)


class ApprovalFactory(DjangoModelFactory[Approval]):
    """A request about `obj` that nobody has decided. Its kind must be registered before it can be."""

    class Meta:
        model = Approval

    kind = "test.change"
    obj: Model = factory.SubFactory(UserFactory)
    reason = "Six instalments on time"
    requested_by = factory.SubFactory(UserFactory)
    on = factory.LazyFunction(business_date.current)

    @classmethod
    def _create(cls, model_class: type[Approval], *args: Any, **request: Any) -> Approval:
        return approvals.request(**request)
