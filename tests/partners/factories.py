"""Factories of partners: Lilac Phones sells on credit, Harbour Pay collects. Each has a key to the API.

`CallerFactory(client__name="Harbour Pay", scopes=["loans:read"])` is a program of that partner with a new key: it speaks
JSON by `send` and `ask`. `IssuedKeyFactory(client=…).token` is a key alone.
"""

from collections.abc import Iterable
from typing import Any

import factory
from django.test import Client
from django.utils import timezone
from factory.django import DjangoModelFactory

from partners.introductions import introduce
from partners.keys import IssuedKey, issue_key, make_client
from partners.models import ApiClient, ApiKey, IdempotencyRecord, Introduction
from partners.scopes import SCOPES

EVERYTHING_OWN = sorted(set(SCOPES) - {"portfolio:read", "portfolio:write", "borrowers:read_personal"})


class ApiClientFactory(DjangoModelFactory[ApiClient]):
    """The partner of that name; asked again, the same one."""

    class Meta:
        model = ApiClient

    name = "Lilac Phones"

    @classmethod
    def _create(cls, model_class: type[ApiClient], *args: Any, name: str, **details: Any) -> ApiClient:
        return ApiClient.objects.filter(name=name).first() or make_client(name=name, **details)


class IssuedKeyFactory(factory.Factory[IssuedKey]):
    """A new key of a partner with its token, which only the issuer ever sees."""

    class Meta:
        model = IssuedKey

    client = factory.SubFactory(ApiClientFactory)
    scopes: Iterable[str] = EVERYTHING_OWN
    at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class: type[IssuedKey], *args: Any, client: ApiClient, **details: Any) -> IssuedKey:
        return issue_key(client_id=client.pk, **details)


class ApiKeyFactory(DjangoModelFactory[ApiKey]):
    """A new key as it is stored: without its token."""

    class Meta:
        model = ApiKey

    client = factory.SubFactory(ApiClientFactory)

    @classmethod
    def _create(cls, model_class: type[ApiKey], *args: Any, **details: Any) -> ApiKey:
        return IssuedKeyFactory(**details).key


class IntroductionFactory(DjangoModelFactory[Introduction]):
    """A note that the partner brought an object in."""

    class Meta:
        model = Introduction

    client = factory.SubFactory(ApiClientFactory)
    kind = "borrower"
    object_id = factory.Sequence(lambda n: n + 1)

    @classmethod
    def _create(cls, model_class: type[Introduction], *args: Any, **facts: Any) -> Introduction:
        return introduce(**facts)


class IdempotencyRecordFactory(DjangoModelFactory[IdempotencyRecord]):
    """A call under a key that has no answer yet."""

    class Meta:
        model = IdempotencyRecord

    client = factory.SubFactory(ApiClientFactory)
    key = factory.Sequence(lambda n: f"key-of-the-tests-{n}")
    fingerprint = "0" * 64


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


class CallerFactory(factory.Factory[Caller]):
    """A program of a partner with a new key of those scopes."""

    class Meta:
        model = Caller

    client = factory.SubFactory(ApiClientFactory)

    @classmethod
    def _create(cls, model_class: type[Caller], *args: Any, **key: Any) -> Caller:
        return Caller(IssuedKeyFactory(**key).token)


def caller(name: str, scopes: Iterable[str] = EVERYTHING_OWN) -> Caller:
    """`CallerFactory` for the partner of that name."""
    return CallerFactory(client__name=name, scopes=scopes)
