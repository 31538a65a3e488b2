"""Partners of the test town: Lilac Phones sells on credit, Harbour Pay collects. Each has a key to the API."""

from collections.abc import Iterable
from typing import Any

from django.test import Client
from django.utils import timezone

from partners.keys import IssuedKey, issue_key, make_client
from partners.models import ApiClient
from partners.scopes import SCOPES

EVERYTHING_OWN = sorted(set(SCOPES) - {"portfolio:read", "borrowers:read_personal"})


def partner(name: str = "Lilac Phones", **details: Any) -> ApiClient:
    """The partner of that name; asked again, the same one."""
    return ApiClient.objects.filter(name=name).first() or make_client(name=name, **details)


def key_of(client: ApiClient, scopes: Iterable[str] = EVERYTHING_OWN, **details: Any) -> IssuedKey:
    return issue_key(client_id=client.pk, scopes=scopes, at=timezone.now(), **details)


class Caller(Client):
    """A partner's program: speaks JSON, shows its key, and takes a new Idempotency-Key for each new thing."""

    def __init__(self, token: str = "", **defaults: Any) -> None:
        super().__init__(**defaults)
        self.token = token
        self.calls = 0

    def request(self, **environ: Any) -> Any:
        if self.token:
            environ.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.token}")
        return super().request(**environ)

    def send(self, path: str, body: Any = None, *, key: str | None = None, method: str = "post", **headers: Any) -> Any:
        """POST or PATCH JSON under an Idempotency-Key (a fresh one unless given; empty: none)."""
        self.calls += 1
        key = f"call-{id(self)}-{self.calls}" if key is None else key
        given = {"idempotency-key": key} if key else {}
        return self.generic(
            method.upper(),
            f"/api/v1{path}",
            body
            if isinstance(body, str | bytes)
            else self._encode_json({} if body is None else body, "application/json"),
            content_type="application/json",
            headers={**given, **headers},
        )

    def ask(self, path: str, **headers: Any) -> Any:
        return self.get(f"/api/v1{path}", headers=headers)


def caller(name: str = "Lilac Phones", scopes: Iterable[str] = EVERYTHING_OWN, **details: Any) -> Caller:
    """A program of that partner with a new key of those scopes."""
    return Caller(key_of(partner(name), scopes, **details).token)
