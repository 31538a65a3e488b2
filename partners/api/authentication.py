"""Recognises the caller by ``Authorization: Bearer lk_…``; everything it then does names it as the actor."""

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from partners.keys import KeyNotAccepted, recognise
from partners.models import ApiKey
from staff.models import User


class ApiKeyAuthentication(BaseAuthentication):
    """``request.user`` becomes the user of the client, ``request.auth`` the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if not kind:
            return None
        if kind.lower() != "bearer" or not token.strip():
            raise KeyNotAccepted
        key = recognise(token=token.strip(), address=address_of(request), at=timezone.now())
        return key.client.acts_as, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="loandesk"'


def address_of(request: Request) -> str:
    """Where the call comes from; behind a proxy the proxy is the one that knows (its entry is the last)."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rpartition(",")[2].strip()
    return request.META.get("REMOTE_ADDR", "")


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """How the schema describes the key."""

    target_class = "partners.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, object]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "lk_test_<key>.<secret>",
            "description": "An API key, made by the lender under API clients and shown once.",
        }
