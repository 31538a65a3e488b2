"""Clients and their keys: made, rotated and revoked here; a token that comes in is recognised here.

A token reads ``lk_test_<key>.<secret>``. The part before the dot is kept to find the key again, of the secret only an
HMAC under a pepper that is not in the database. Two live keys at once let a partner rotate without a stop.
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import rows
from core.errors import DomainError, Invalid, NotAllowed
from core.identifiers import new_id
from partners.models import ApiClient, ApiKey
from partners.scopes import unknown
from staff.models import User

LIVE_KEYS_AT_ONCE = 2
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LAST_USED_PRECISION = timedelta(minutes=1)
_CALLER = ("client__acts_as",)
_PREFIX = re.compile(r"lk_(test|live)_[0-9a-z]{4,24}$")


class KeyNotAccepted(DomainError):
    """Unknown, wrong, revoked or expired: the answer does not tell which."""

    code = "api_key_not_accepted"
    status = 401
    message = _("This API key is not accepted. It may be mistyped, expired or revoked.")


class ClientSuspended(NotAllowed):
    code = "client_suspended"
    message = _("This API client is suspended. Ask the lender to reinstate it.")


class AddressNotAllowed(NotAllowed):
    code = "address_not_allowed"
    message = _("This API client may not call from %(address)s.")


class TooManyKeys(DomainError):
    code = "too_many_keys"
    message = _("A client has at most %(most)s keys at once. Revoke one first.")


class ScopeUnknown(Invalid):
    code = "scope_unknown"
    message = _("There is no scope %(scope)s.")


class ScopesMissing(Invalid):
    code = "scopes_missing"
    message = _("A key needs at least one scope.")


class NetworkInvalid(Invalid):
    code = "network_invalid"
    message = _("%(network)s is not a network such as 203.0.113.0/24.")


class ClientNameTaken(DomainError):
    code = "client_name_taken"
    message = _("There is already an API client named %(name)s.")


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key and its token. The token is never to be had again."""

    key: ApiKey
    token: str


@transaction.atomic
def make_client(
    *, name: str, contact_email: str = "", requests_per_minute: int = 600, allowed_addresses: Sequence[str] = ()
) -> ApiClient:
    """A partner program together with the user it acts as (who can never sign in)."""
    if ApiClient.objects.filter(name=name).exists():
        raise ClientNameTaken(name=name, field="name")
    public_id = new_id("cli")
    user = User(username=public_id, display_name=name, email=contact_email)
    user.set_unusable_password()
    user.save()
    return ApiClient.objects.create(
        public_id=public_id,
        name=name,
        contact_email=contact_email,
        requests_per_minute=requests_per_minute,
        allowed_addresses=networks(allowed_addresses),
        acts_as=user,
    )


@transaction.atomic
def change_client(
    *, client_id: int, contact_email: str, requests_per_minute: int, allowed_addresses: Sequence[str]
) -> ApiClient:
    """Write the details down; whether a second person must agree to them, ``partners.agreeing`` asks. Raises
    NetworkInvalid."""
    client = ApiClient.objects.select_for_update().get(pk=client_id)
    client.contact_email = contact_email
    client.requests_per_minute = requests_per_minute
    client.allowed_addresses = networks(allowed_addresses)
    client.save()
    return client


def suspend_client(*, client_id: int) -> ApiClient:
    """Close the door to every key of the client until it is reinstated."""
    return _set_status(client_id, ApiClient.Status.SUSPENDED)


def reinstate_client(*, client_id: int) -> ApiClient:
    return _set_status(client_id, ApiClient.Status.ACTIVE)


@transaction.atomic
def _set_status(client_id: int, status: str) -> ApiClient:
    client = ApiClient.objects.select_for_update().get(pk=client_id)
    client.status = status
    client.save(update_fields=["status"])
    return client


@transaction.atomic
def issue_key(
    *,
    client_id: int,
    scopes: Iterable[str],
    at: datetime,
    label: str = "",
    read_only: bool = False,
    expires_at: datetime | None = None,
    created_by: User | None = None,
    waits: bool = False,
) -> IssuedKey:
    """A new key; one that ``waits`` opens nothing until a second person agreed (``partners.agreeing``). The client row is
    locked, so two administrators cannot make a third key together."""
    wanted = _checked(scopes)
    client = ApiClient.objects.select_for_update().get(pk=client_id)
    if client.keys.live(at).count() + client.keys.filter(waits=True, revoked_at=None).count() >= LIVE_KEYS_AT_ONCE:
        raise TooManyKeys(most=LIVE_KEYS_AT_ONCE)
    return store_key(
        client=client,
        prefix=f"{environment()}{secrets.token_hex(8)}",
        secret=secrets.token_urlsafe(32),
        scopes=wanted,
        label=label,
        read_only=read_only,
        expires_at=expires_at,
        created_by=created_by,
        waits=waits,
    )


def store_key(*, client: ApiClient, prefix: str, secret: str, scopes: Sequence[str], **details: object) -> IssuedKey:
    """Write the key down without its secret."""
    key = ApiKey.objects.create(
        client=client, prefix=prefix, secret_hash=_fingerprint(secret), scopes=list(scopes), **details
    )
    return IssuedKey(key, f"{prefix}.{secret}")


@transaction.atomic
def revoke_key(*, key_id: int, at: datetime) -> ApiKey:
    """End a key at once. Revoking it again changes nothing."""
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    return key


def recognise(*, token: str, address: str, at: datetime) -> ApiKey:
    """The key behind a token, with its client. Raises KeyNotAccepted, ClientSuspended or AddressNotAllowed."""
    prefix, _dot, secret = token.partition(".")
    key = rows.first_joined(ApiKey, _CALLER, "WHERE t0.prefix = %s", [prefix]) if _PREFIX.match(prefix) else None
    known_hash = key.secret_hash if key else _fingerprint("")
    same = hmac.compare_digest(known_hash, _fingerprint(secret))
    if key is None or not same or not key.is_live(at) or not prefix.startswith(environment()):
        raise KeyNotAccepted
    if not key.client.is_active:
        raise ClientSuspended
    if not _is_allowed(key.client, address):
        raise AddressNotAllowed(address=address)
    _note_use(key, at)
    return key


def environment() -> str:
    """How tokens of this installation begin: a test key never opens a live house, nor the other way round."""
    return "lk_test_" if settings.DEMO else "lk_live_"


def _note_use(key: ApiKey, at: datetime) -> None:
    """Once a minute is precise enough, and keeps a busy key from writing its row on every call."""
    if key.last_used_at is None or at - key.last_used_at >= _LAST_USED_PRECISION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)


def _fingerprint(secret: str) -> str:
    return hmac.new(settings.API_KEY_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()


def _checked(scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    if not wanted:
        raise ScopesMissing(field="scopes")
    for scope in unknown(wanted):
        raise ScopeUnknown(scope=scope, field="scopes")
    return wanted


def opens_further(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether somebody may call from ``after`` who might not from ``before``; both are networks, none is any."""
    if not before or not after:
        return bool(before) and not after
    known = [ipaddress.ip_network(network) for network in before]
    return not all(_is_within(ipaddress.ip_network(network), known) for network in after)


def _is_within(network: Network, known: Sequence[Network]) -> bool:
    return any(
        network.version == one.version and network.subnet_of(one)  # type: ignore[arg-type]
        for one in known
    )


def networks(texts: Sequence[str]) -> list[str]:
    return [_network(text) for text in texts]


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise NetworkInvalid(network=text, field="allowed_addresses") from None


def _is_allowed(client: ApiClient, address: str) -> bool:
    if not client.allowed_addresses:
        return True
    try:
        caller = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(caller in ipaddress.ip_network(network) for network in client.allowed_addresses)
