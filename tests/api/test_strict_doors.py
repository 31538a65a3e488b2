"""Nothing is taken that the reference does not name, and nothing is mended in silence: every address, every field."""

from typing import Any

import pytest
from rest_framework import serializers

from partners.api.fields import MoneyField
from partners.api.openapi import document
from partners.api.problems import ValuesRefused
from partners.api.schema import documented_body
from partners.api.strict import checked
from tests.api.refusals import errors_of, pointers_of, rows
from tests.api.test_doors import ADDRESSES
from tests.partners.test_problems import assert_problem

pytestmark = pytest.mark.django_db

CHANGING = [address for address in ADDRESSES if address.values[0] != "get"]


@pytest.mark.parametrize(("method", "path", "view"), CHANGING)
def test_a_field_nobody_asked_for_is_refused_everywhere(lilac, method, path, view):
    before = rows()

    response = lilac.send(path, {"colour": "red"}, method=method)

    assert ("/colour", "field_unknown") in errors_of(response)
    assert rows() == before


@pytest.mark.parametrize(("method", "path", "view"), CHANGING)
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("[]", 400, "malformed"),
        ('"text"', 400, "malformed"),
        ("null", 400, "malformed"),
        ('{"a": NaN}', 400, "malformed"),
        ('{"a": Infinity}', 400, "malformed"),
        ('{"a": 1, "a": 2}', 400, "key_repeated"),
        ('{"a": {"b": 1, "b": 1}}', 400, "key_repeated"),
        (b"\xff{}", 400, "malformed"),
        ("{", 400, "malformed"),
        ('{"a":' * 50_000, 400, "malformed"),
        ('{"a": "' + "x" * 1_000_000 + '"}', 413, "body_too_large"),
        ('{"a": ' + "9" * 5000 + "}", 400, "malformed"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_body_that_is_no_plain_json_object_is_refused_everywhere(lilac, method, path, view, body, status, code):
    assert_problem(lilac.send(path, body, method=method), status, code)


@pytest.mark.parametrize(("method", "path", "view"), CHANGING)
def test_another_content_type_is_refused_everywhere(lilac, method, path, view):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        response = lilac.generic(
            method.upper(), f"/api/v1{path}", "a=1", content_type=kind, headers={"idempotency-key": "one"}
        )
        assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "path", "view"), ADDRESSES)
def test_a_parameter_nobody_asked_for_is_refused_everywhere(lilac, method, path, view):
    """Of a thing that is not there a reading address says so first."""
    address = f"{path}?allow_repeat=true"
    response = lilac.ask(address) if method == "get" else lilac.send(address, {}, method=method)

    assert response.status_code in ({400, 404} if method == "get" and "_01JD" in path else {400})
    if response.status_code == 400 and method != "get":
        assert_problem(response, 400, "parameter_unknown")


@pytest.mark.parametrize("path", ["/loans?status=active&status=settled", "/borrowers?limit=1&limit=200"])
def test_a_parameter_given_twice_is_refused(lilac, path):
    assert_problem(lilac.ask(path), 400, "parameter_repeated")


@pytest.mark.parametrize(
    "query",
    [
        "limit=5.0",
        "limit=%EF%BC%95",
        "limit=1e1",
        "limit=+5",
        "include_total=yes",
        "created_gte=2026-06-15T00:00:00",
        "created_gte=2026-W24-1",
        "created_gte=1764460800",
        "status=acti%E2%80%8Bve",
    ],
)
def test_a_parameter_written_otherwise_is_refused(lilac, query):
    assert pointers_of(lilac.ask(f"/loans?{query}")) == {"/" + query.partition("=")[0]}


def test_a_misspelt_field_is_told_which_one_was_meant(lilac):
    error = lilac.send("/repayments", {"settle_early": True}).json()["errors"][0]

    assert (error["pointer"], error["code"]) == ("/settle_early", "field_unknown")
    assert "settles_early" in error["detail"]


def test_the_schema_closes_every_body():
    schemas = document()["components"]["schemas"]

    def closed(schema: dict[str, Any]) -> None:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        if schema.get("type") == "object" and "properties" in schema:
            assert schema["additionalProperties"] is False, schema
            for inner in schema["properties"].values():
                closed(inner)
        for inner in [*schema.get("allOf", []), *schema.get("oneOf", []), *filter(None, [schema.get("items")])]:
            closed(inner)

    bodies = [
        operation["requestBody"]["content"]
        for path in document()["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    assert len(bodies) > 20
    for body in bodies:
        assert set(body) == {"application/json"}
        closed(body["application/json"]["schema"])


def shapes():
    """The body of every address that has one."""
    found = {}
    for address in CHANGING:
        method, _path, view = address.values
        asked = type("Asked", (), {"method": method.upper(), "version": None})
        holder = view()
        holder.request, holder.kwargs = asked, {}
        shape = documented_body(holder)
        if shape is not None:
            found[shape.__name__] = shape
    return found


WRONG: list[tuple[type, list[Any]]] = [
    (
        MoneyField,
        [
            5,
            "5",
            [],
            "¥5",
            {"amount": 1.0, "currency": "CNY"},
            {"amount": True, "currency": "CNY"},
            {"amount": "5", "currency": "CNY"},
            {"amount": 10**14, "currency": "CNY"},
            {"amount": 5},
            {"amount": -1, "currency": "CNY"},
            {"amount": 5, "currency": "cny"},
            {"amount": 5, "currency": "USD"},
        ],
    ),
    (serializers.BooleanField, ["yes", "true", 1, 0, "on", []]),
    (serializers.IntegerField, ["5", 5.0, True, [], "１２", 10**30]),
    (serializers.DecimalField, [0.5, 1, "1e-1", "+0.5", "０.5", "", "NaN", "1,5"]),
    (
        serializers.DateTimeField,
        ["2026-06-15T02:00:00", "2026-06-15", 1764460800, "2026-W24-1T02:00:00Z", "0001-01-01T00:00:00Z", True],
    ),
    (
        serializers.DateField,
        [
            "2026-W24-1",
            "2026-166",
            "20260615",
            "2026-06-15T00:00:00",
            1764460800,
            "0001-01-01",
            "9999-12-31",
            "15.06.2026",
            "２０２６-06-15",
            "",
            True,
            {},
        ],
    ),
    (serializers.ChoiceField, [1, True, [], {}, "", "nonsense"]),
    (
        serializers.CharField,
        [
            5,
            True,
            [],
            {},
            "a\u200bb",
            "a\u202eb",
            "a\tb",
            "\ufeffa",
            "\x1b[31m",
            "a\ufffd",
            "x" * 30_001,
        ],  # too long, and no base64
    ),
    (serializers.DictField, [5, "5", []]),
    (serializers.ListField, [5, "5", {}]),
    (serializers.ListSerializer, [5, "5", {}, [5]]),
]


def wrong_for(field):
    if isinstance(field, serializers.CharField) and not isinstance(field, serializers.EmailField):
        told = next(values for kind, values in WRONG if kind is serializers.CharField)
        if getattr(field, "lines", False):  # a text of several lines may have tabs too
            return [value for value in told if value != "a\tb"]
        return ["a\nb", "a\r\nb", "a\n", *told]
    may_be_empty = getattr(field, "allow_blank", False)
    found = next(values for kind, values in WRONG if isinstance(field, kind))
    return [value for value in found if value != "" or not may_be_empty]


FIELDS = [
    pytest.param(name, field, id=f"{name}.{field.field_name}")
    for name, shape in sorted(shapes().items())
    for field in shape().fields.values()
]


def addresses_of(shape):
    """Where a body of that shape is taken."""
    for address in CHANGING:
        method, path, view = address.values
        holder = view()
        holder.request, holder.kwargs = type("Asked", (), {"method": method.upper(), "version": None}), {}
        found = documented_body(holder)
        if found is not None and found.__name__ == shape:
            yield method, path


@pytest.mark.parametrize(("shape", "field"), FIELDS)
def test_a_value_written_otherwise_names_its_field(lilac, product, shape, field):
    """Held against the very check of the bodies: what it looks for in the database comes later, and is tried below."""
    for value in wrong_for(field):
        with pytest.raises(ValuesRefused) as refused:
            checked(shapes()[shape](data={field.field_name: value}), {field.field_name: value})
        told = {one.pointer for one in refused.value.wrong}
        assert any(pointer.split("/")[1] == field.field_name for pointer in told), (value, told)


def test_there_are_as_many_fields_as_the_reference_has():
    assert len(FIELDS) > 60
