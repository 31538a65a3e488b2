"""What the API says about itself and its caller."""

from typing import Any

from rest_framework import serializers

from partners.api.fields import Constant, InstantField, LiveMode


class MeSerializer(serializers.Serializer[Any]):
    """The caller as the API sees it."""

    object = Constant("api_client")
    id = serializers.CharField(source="key.client.public_id")
    name = serializers.CharField(source="key.client.name")
    key = serializers.CharField(source="key.prefix")
    scopes = serializers.ListField(child=serializers.CharField(), source="key.scopes")
    read_only = serializers.BooleanField(source="key.read_only")  # type: ignore[assignment]
    expires_at = InstantField(allow_null=True, source="key.expires_at")
    requests_per_minute = serializers.IntegerField(source="key.client.requests_per_minute")
    business_date = serializers.DateField()
    livemode = LiveMode()


class ErrorCodeSerializer(serializers.Serializer[Any]):
    """One code of the catalogue."""

    code = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
