"""Conditional requests (RFC 9110, section 13): the fingerprint of an answer, and what a caller makes depend on it.

``tagged`` and ``matched`` mark the methods as well, so that the API reference says which ones know what.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import DomainError

Handler = Callable[..., Response]


class ChangedSince(DomainError):
    code = "changed_since"
    status = 412
    message = _("The object has changed since you read it. Read it again.")


def tagged(handler: Handler) -> Handler:
    """For the GET of one object: its answer carries an ETag, and is empty (304) for who names it in If-None-Match."""

    @wraps(handler)
    def read(view: object, request: Request, *args: object, **kwargs: object) -> Response:
        response = handler(view, request, *args, **kwargs)
        tag = etag_of(response)
        known = [name.removeprefix("W/") for name in parse_etags(request.headers.get("If-None-Match", ""))]
        if {"*", tag} & set(known):
            response = Response(status=304)
        response["ETag"] = tag
        return response

    read.tagged = True  # type: ignore[attr-defined]
    return read


def matched(handler: Handler) -> Handler:
    """For the change of one object: refused with ChangedSince where If-Match names another state than the present one.

    The view's ``present`` takes the arguments of the handler, locks the object and answers as its GET would.
    """

    @wraps(handler)
    @transaction.atomic
    def change(view: Any, request: Request, *args: object, **kwargs: object) -> Response:
        seen = parse_etags(request.headers.get("If-Match", "*"))
        if seen != ["*"] and etag_of(view.present(*args, **kwargs)) not in seen:
            raise ChangedSince
        response = handler(view, request, *args, **kwargs)
        response["ETag"] = etag_of(response)
        return response

    change.matched = True  # type: ignore[attr-defined]
    return change


def etag_of(response: Response) -> str:
    """One text for one content."""
    return f'"{hashlib.sha256(JSONRenderer().render(response.data)).hexdigest()[:32]}"'
