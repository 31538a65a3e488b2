"""The API reference: the committed document is the one the views make, and the page works under the content policy."""

import json
import re

import pytest

from core import business_date
from partners.api.openapi import FILE, as_yaml, document
from partners.demo import OnlyInDemo, demo_token, make_demo_client
from partners.keys import revoke_key
from partners.models import ApiKey
from tests.api.conftest import TODAY
from tests.loans.factories import ProductVersionFactory
from tests.partners.factories import Caller

OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, operations in document()["paths"].items()
    for method, operation in operations.items()
]


def test_the_committed_document_is_the_one_the_views_make():
    assert FILE.read_text(encoding="utf-8") == as_yaml(), "the API changed: ./dev manage write_openapi"


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_says_what_it_does_and_how_it_refuses(path, method, operation):
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    assert {"400", "401", "403", "429"} <= set(operation["responses"])
    assert ("404" in operation["responses"]) == ("{" in path)
    assert any(status.startswith("2") for status in operation["responses"])
    assert operation["security"] == [{"apiKey": []}]


@pytest.mark.parametrize(("path", "method", "operation"), [o for o in OPERATIONS if "requestBody" in o.values[2]])
def test_every_body_has_an_example(path, method, operation):
    content = operation["requestBody"]["content"]["application/json"]

    assert content["examples"]


@pytest.mark.parametrize("name", ["term_count", "instalment_count", "total_fees", "fee_total"])
def test_names_that_lie_close_together_are_defined_wherever_they_are_used(name):
    shapes = document()["components"]["schemas"]
    uses = {shape: parts["properties"][name] for shape, parts in shapes.items() if name in parts.get("properties", {})}

    assert uses
    assert all(use.get("description") for use in uses.values()), uses


def test_operation_ids_are_unique():
    ids = [operation.values[2]["operationId"] for operation in OPERATIONS]

    assert len(ids) == len(set(ids))


def test_the_document_refers_to_nothing_that_is_not_there():
    found = document()

    for reference in set(re.findall(r'"#/components/([^"]+)"', json.dumps(found))):
        kind, name = reference.split("/")
        assert name in found["components"][kind], reference


@pytest.mark.django_db
def test_problems_point_to_an_explanation_that_exists(client):
    problem = Caller().ask("/me").json()

    path, _hash, code = problem["type"].removeprefix("http://testserver").partition("#")
    page = client.get(path)
    assert page.status_code == 200
    assert f'id="{code}"' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["openapi.json", "openapi.yaml"])
def test_the_document_is_open_to_everybody(client, name):
    response = client.get(f"/api/docs/{name}")

    assert response.status_code == 200
    assert b"Idempotency-Key" in response.content


@pytest.mark.django_db
def test_a_demo_has_one_key_for_everybody_and_a_live_house_none(client, settings):
    assert demo_token() == ""
    make_demo_client()
    make_demo_client()

    assert Caller(demo_token()).ask("/me").status_code == 200
    assert demo_token() in client.get("/api/docs/").content.decode()
    token = demo_token()
    settings.DEMO = False
    assert demo_token() == ""
    assert token not in client.get("/api/docs/").content.decode()
    assert Caller(token).ask("/me").status_code == 401
    with pytest.raises(OnlyInDemo):
        make_demo_client()


@pytest.mark.django_db
def test_a_revoked_demo_key_is_not_shown(client):
    make_demo_client()
    revoke_key(key_id=ApiKey.objects.get().pk, at=ApiKey.objects.get().created_at)

    assert demo_token() == ""


def try_out(page, operation):
    """Open an operation of the reference, execute it, and read the status of the answer."""
    block = page.locator(f"[id$=-{operation}]")
    block.locator(".opblock-summary").click()
    block.locator("button.execute").click()
    status = block.locator(".live-responses-table tbody .response-col_status").first
    status.wait_for()
    return block, status.inner_text().split()[0]


def test_the_reference_is_drawn_and_requests_are_tried_out_in_a_browser(page, picture, live_server):
    business_date.move_to(TODAY)
    product = ProductVersionFactory().product
    make_demo_client()

    page.goto("/api/docs/")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() == len(OPERATIONS)
    picture(page, "api-reference")

    block, status = try_out(page, "get_products")
    assert status == "200"
    assert product.public_id in block.locator(".live-responses-table").inner_text()

    block = page.locator("[id$=-post_quote]")
    block.locator(".opblock-summary").click()
    body = {"product": product.public_id, "amount": {"amount": 1200000, "currency": "CNY"}, "term_count": 12}
    block.locator("textarea.body-param__text").fill(json.dumps(body))
    block.locator("button.execute").click()
    block.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    picture(page, "api-reference-quote")


def test_the_reference_creates_with_a_key_made_up_and_works_in_the_dark(page, picture, live_server):
    business_date.move_to(TODAY)
    make_demo_client()
    page.emulate_media(color_scheme="dark")

    page.goto("/api/docs/")
    page.locator(".opblock").first.wait_for()
    _block, status = try_out(page, "post_borrowers")

    assert status == "201"
    picture(page, "api-reference-dark")
    page.goto("/api/docs/errors/")
    picture(page, "api-errors-dark")
