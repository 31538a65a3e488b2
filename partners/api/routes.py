"""Addresses of the API: the trailing slash is optional, and an id must look like one before anything is asked."""

import re
from collections.abc import Callable
from typing import Any

from django.urls import re_path
from django.urls.resolvers import URLPattern

_PLACEHOLDER = re.compile(r"<(?P<prefix>[a-z]+):(?P<name>[a-z_]+)>")
_ULID = "[0-9A-HJKMNP-TV-Z]{26}"


def route(path: str, view: Callable[..., Any], name: str) -> URLPattern:
    """``route("loans/<loan:loan_id>/schedule", …)``: the placeholder names the id's prefix and the argument."""
    pattern = _PLACEHOLDER.sub(lambda found: f"(?P<{found['name']}>{found['prefix']}_{_ULID})", path)
    return re_path(f"^{pattern}/?$", view, name=name)
