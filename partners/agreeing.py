"""Keys that may change something or read far: one person asks, a second one agrees, and only then the key opens the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import approvals
from audit.approvals import Group
from audit.changes_by_two import PERMISSION, ChangedMeanwhile
from audit.models import Approval
from core.errors import DomainError
from partners import keys
from partners.models import ApiClient, ApiKey
from partners.scopes import takes_two_people
from staff.models import User

KEY, CLIENT, DETAILS = "power.api_key", "power.api_client", "power.api_client_details"
ASK = "partners.manage_apiclient"


class KeyRevoked(DomainError):
    code = "api_key_revoked"
    message = gettext_lazy("The key was revoked since this was asked for: reject the request.")


def takes_two(key: ApiKey) -> bool:
    """Whether the key can change anything, read beyond its partner's own, or see personal data unmasked."""
    return any(key.allows(scope) and takes_two_people(scope) for scope in key.scopes)


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
    waits = takes_two(wanted)
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
                **_details(issued.key.client),
            },
            reason=reason,
            requested_by=by,
            on=on,
        )
    return issued, waits


@transaction.atomic
def change_or_ask(
    *,
    client_id: int,
    contact_email: str,
    requests_per_minute: int,
    allowed_addresses: Sequence[str],
    reason: str,
    on: date,
    by: User,
) -> Approval | None:
    """Change the client. Fewer networks and another pace are one person's; while a key of the client opens the door or
    waits to, more networks and another contact are asked for, and the rest is done.

    Returns the request, or None where nothing waits. Raises NetworkInvalid, ReasonMissing, ApprovalAlreadyPending.
    """
    client = ApiClient.objects.select_for_update().get(pk=client_id)
    wanted = {"contact_email": contact_email, "allowed_addresses": keys.networks(allowed_addresses)}
    before = _details(client)
    opens = keys.opens_further(client.allowed_addresses, wanted["allowed_addresses"])
    asked = {
        name: value
        for name, value in wanted.items()
        if value != before[name] and (opens or name == "contact_email") and client.keys.filter(revoked_at=None).exists()
    }
    alone = {**wanted, **{name: before[name] for name in asked}}
    keys.change_client(client_id=client_id, requests_per_minute=requests_per_minute, **alone)
    if not asked:
        return None
    return approvals.request(
        kind=DETAILS,
        obj=client,
        payload={"wanted": asked, "was": {name: before[name] for name in asked}},
        before={name: before[name] for name in asked},
        after=asked,
        reason=reason,
        requested_by=by,
        on=on,
    )


def _details(client: ApiClient) -> dict[str, Any]:
    """Who is told of the client's keys, and from where it may call: where a door of a partner leads."""
    return {"contact_email": client.contact_email, "allowed_addresses": client.allowed_addresses}


@transaction.atomic
def reinstate_or_ask(*, client_id: int, at: datetime, on: date, by: User) -> Approval | None:
    """Open the door to the client again; where its keys take two, ask for a second person."""
    client = ApiClient.objects.select_for_update().get(pk=client_id)
    if not any(takes_two(key) for key in client.keys.live(at)):
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


def _details_agreed(approval: Approval, _on: date) -> None:
    client = ApiClient.objects.select_for_update().get(pk=approval.object_id)
    before, wanted = _details(client), approval.payload["wanted"]
    if any(before[name] != value for name, value in approval.payload["was"].items()):
        raise ChangedMeanwhile(what=client.name)
    keys.change_client(client_id=client.pk, requests_per_minute=client.requests_per_minute, **{**before, **wanted})


def declare_requests() -> None:
    """Tell the audit app of the requests; called when Django starts."""
    approvals.register(
        DETAILS,
        _details_agreed,
        permission=PERMISSION,
        label=gettext_lazy("Contact or wider networks of an API client"),
        group=Group.POWER,
        asked_with=ASK,
    )
    approvals.register(
        KEY,
        _key_agreed,
        permission=PERMISSION,
        label=gettext_lazy("API key that may change something, or see more than its own or unmasked"),
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
