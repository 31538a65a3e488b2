"""Merchants over the API: whom an application for a purchase can name. Their accounts are not shown."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loans.api import serializers as shapes
from loans.merchants.merchant_numbers import normal
from loans.models import Merchant
from partners.api.base import PartnerView
from partners.api.conditions import tagged
from partners.api.lists import ListQuery
from partners.api.schema import list_of


class MerchantQuery(ListQuery):
    """Filters of the list of merchants."""

    registration_number = serializers.CharField(required=False, max_length=60)
    active = serializers.BooleanField(required=False, allow_null=True, default=None)

    def narrow(self, rows: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
        rows = super().narrow(rows, given)
        if "registration_number" in given:
            rows = rows.filter(registration_number=normal(given["registration_number"]))
        return rows if given["active"] is None else rows.filter(active=given["active"])


class Merchants(PartnerView):
    name, tag = "merchants", "products"
    scopes = {"GET": "products:read"}

    @extend_schema(summary="List merchants", parameters=[MerchantQuery], responses=list_of(shapes.MerchantSerializer))
    def get(self, request: Request) -> Response:
        """The sellers that purchases can be financed at, newest first. Staff put them on file."""
        return self.answer_list(shapes.MerchantSerializer, Merchant.objects.all(), MerchantQuery)


class MerchantDetail(PartnerView):
    name, tag = "merchant", "products"
    scopes = {"GET": "products:read"}

    @extend_schema(summary="Retrieve a merchant", responses=shapes.MerchantSerializer)
    @tagged
    def get(self, request: Request, merchant_id: str) -> Response:
        """One merchant."""
        return self.answer(shapes.MerchantSerializer, self.found(Merchant.objects.all(), merchant_id))
