"""Keys that may change something: one person asks, a second one agrees, and only then the key opens the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import approvals
from audit.approvals import Group
from audit.changes_by_two import PERMISSION
from audit.models import Approval
from core.errors import DomainError
from partners import keys
from partners.models import ApiClient, ApiKey
from partners.scopes import is_reading
from staff.models import User

KEY, CLIENT = "power.api_key", "power.api_client"
ASK = "partners.manage_apiclient"


class KeyRevoked(DomainError):
    code = "api_key_revoked"
    message = gettext_lazy("The key was revoked since this was asked for: reject the request.")


def may_change(key: ApiKey) -> bool:
    """Whether the key can change anything, or see personal data unmasked."""
    return any(
        key.allows(scope) and (not is_reading(scope) or scope == "borrowers:read_personal") for scope in key.scopes
    )


@transaction.atomic
def issue_or_ask(
    *,
    client_id: int,
    scopes: Sequence[str],
    at: datetime,
    on: date,
    by: User,
    reason: str,
    label: str = "",
    read_only: bool = False,
    expires_at: datetime | None = None,
) -> tuple[keys.IssuedKey, bool]:
    """A new key, and whether it waits for a second person. Raises what ``issue_key`` raises, and ReasonMissing."""
    wanted = ApiKey(scopes=list(scopes), read_only=read_only)
    waits = may_change(wanted)
    issued = keys.issue_key(
        client_id=client_id,
        scopes=scopes,
        at=at,
        label=label,
        read_only=read_only,
        expires_at=expires_at,
        created_by=by,
        waits=waits,
    )
    if waits:
        approvals.request(
            kind=KEY,
            obj=issued.key,
            key=str(issued.key.pk),
            after={
                "client": issued.key.client.name,
                "scopes": issued.key.scopes,
                "expires_at": expires_at.date().isoformat() if expires_at else "",
            },
            reason=reason,
            requested_by=by,
            on=on,
        )
    return issued, waits


@transaction.atomic
def reinstate_or_ask(*, client_id: int, at: datetime, on: date, by: User) -> Approval | None:
    """Open the door to the client again; where its keys may change something, ask for a second person."""
    client = ApiClient.objects.select_for_update().get(pk=client_id)
    if not any(may_change(key) for key in client.keys.live(at)):
        keys.reinstate_client(client_id=client_id)
        return None
    return approvals.request(
        kind=CLIENT,
        obj=client,
        before={"status": client.status},
        after={"status": ApiClient.Status.ACTIVE.value},
        reason=_("Reinstate the client"),
        requested_by=by,
        on=on,
    )


def _key_agreed(approval: Approval, _on: date) -> None:
    key = ApiKey.objects.select_for_update().get(pk=approval.object_id)
    if key.revoked_at is not None:
        raise KeyRevoked()
    key.waits = False
    key.save(update_fields=["waits"])


def _key_refused(approval: Approval, _on: date) -> None:
    assert approval.decided_at is not None
    keys.revoke_key(key_id=int(approval.object_id), at=approval.decided_at)


def _client_agreed(approval: Approval, _on: date) -> None:
    keys.reinstate_client(client_id=int(approval.object_id))


def declare_requests() -> None:
    """Tell the audit app of both requests; called when Django starts."""
    approvals.register(
        KEY,
        _key_agreed,
        permission=PERMISSION,
        label=gettext_lazy("API key that may change something"),
        on_reject=_key_refused,
        group=Group.POWER,
        asked_with=ASK,
    )
    approvals.register(
        CLIENT,
        _client_agreed,
        permission=PERMISSION,
        label=gettext_lazy("API client reinstated"),
        group=Group.POWER,
        asked_with=ASK,
    )
