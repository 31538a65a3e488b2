"""Every address of the API asks for a key and for its scope; none does more than it was allowed."""

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from partners.scopes import SCOPES
from tests.partners.factories import EVERYTHING_OWN, Caller, CallerFactory, IssuedKeyFactory
from tests.partners.test_problems import assert_problem

ULID = "01JD0000000000000000000000"
FREE = {"me", "errors", "enums"}


def _patterns(resolver):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        elif isinstance(entry, URLPattern) and entry.name != "nothing":
            yield entry


def _addresses():
    """Every address of the API with each method it knows."""
    api = next(r for r in get_resolver().url_patterns if isinstance(r, URLResolver) and str(r.pattern) == "api/v1/")
    for entry in _patterns(api):
        view = entry.callback.cls
        path = "/" + entry.pattern.regex.pattern.strip("^$").removesuffix("/?")
        while "(?P<" in path:
            start, end = path.index("(?P<"), path.index(")")
            prefix = path[start:end].partition(">")[2].partition("_")[0]
            path = f"{path[:start]}{prefix}_{ULID}{path[end + 1 :]}"
        for method in view.http_method_names:
            if method in {"get", "post", "patch", "put", "delete"} and hasattr(view, method):
                yield pytest.param(method, path, view, id=f"{method} {path.replace(ULID, '…')}")


ADDRESSES = list(_addresses())


def where(condition):
    """The addresses that meet the condition on method and view."""
    return [address for address in ADDRESSES if condition(address.values[0], address.values[2])]


SCOPED = where(lambda method, view: view.scopes[method.upper()] is not None)
LOOKING = {"quote", "loan_act_preview", "repayment_preview", "repayment_reverse_preview"}  # POST, and nothing stays
WRITING = where(lambda method, view: method != "get" and view.name not in LOOKING)
CREATING = where(lambda method, view: getattr(getattr(view, method), "idempotent", False))


def call(partner, method, path):
    return partner.ask(path) if method == "get" else partner.send(path, {}, method=method)


def test_there_are_as_many_addresses_as_the_documentation_says():
    assert len(ADDRESSES) >= 35


@pytest.mark.parametrize(("method", "path", "view"), ADDRESSES)
def test_every_method_names_its_scope(method, path, view):
    assert method.upper() in view.scopes
    scope = view.scopes[method.upper()]
    assert scope in SCOPES or (scope is None and view.name in FREE)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "view"), ADDRESSES)
def test_nobody_enters_without_a_key(method, path, view):
    response = call(Caller(), method, path)

    assert_problem(response, 401, "api_key_missing")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "view"), SCOPED)
def test_a_key_without_the_scope_is_told_which_one_is_missing(method, path, view):
    scope = view.scopes[method.upper()]
    others = CallerFactory(client__name="Lilac Phones", scopes=[other for other in SCOPES if other != scope])

    problem = assert_problem(call(others, method, path), 403, "missing_scope")

    assert problem["missing_scope"] == scope


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "view"), WRITING)
def test_a_read_only_key_changes_nothing(method, path, view):
    reader = Caller(IssuedKeyFactory(scopes=EVERYTHING_OWN, read_only=True).token)

    assert_problem(call(reader, method, path), 403, "missing_scope")


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "view"), ADDRESSES)
def test_every_answer_carries_its_headers(method, path, view):
    response = call(CallerFactory(), method, path)

    assert response.status_code < 500
    assert response["Request-Id"]
    assert response["API-Version"] == "2026-11-23"
    assert response["RateLimit-Policy"] == '"default";q=600;w=60'
    assert response["RateLimit"].startswith('"default";r=599;t=')
    assert response["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "view"), CREATING)
def test_a_creating_address_asks_for_an_idempotency_key(method, path, view):
    assert_problem(CallerFactory().send(path, {}, key=""), 400, "idempotency_key_missing")


def test_every_post_that_creates_or_moves_money_is_idempotent():
    harmless = LOOKING | {"application_submit", "application_withdraw"}
    for address in ADDRESSES:
        method, path, view = address.values
        if method == "post" and view.name not in harmless:
            assert getattr(view.post, "idempotent", False), path
