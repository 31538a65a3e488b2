"""Evidence as partners send it and see what became of it. Its content comes in and never goes out."""

import base64
import binascii
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from casework.evidence_kinds import KINDS
from casework.examining.content import ContentType
from casework.examining.names import MOST as LONGEST_NAME
from casework.models import EvidenceUpload, UploadStatus
from casework.uploads import LEAST_BYTES_A_PART, MOST_BYTES_A_PART, SOURCES, missing_at
from partners.api.fields import Constant, InstantField, LiveMode
from partners.api.schema import example

_KINDS = [(kind.code, kind.label) for kind in KINDS.values()]
_SHA256 = "SHA-256 in 64 hexadecimal digits, small letters."


@example(
    about="cus_01JD0000000000000000000000",
    kind="income",
    source="borrower",
    name="payslip-october.pdf",
    size=182_311,
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
class UploadInput(serializers.Serializer[Any]):
    about = serializers.CharField(max_length=40, help_text="The id of your borrower, application or loan.")
    kind = serializers.ChoiceField(choices=_KINDS)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[(source.value, source.label) for source in SOURCES], help_text="From whom you have it."
    )
    name = serializers.CharField(max_length=LONGEST_NAME, help_text="What the file is called; its ending must fit.")
    size = serializers.IntegerField(min_value=1, max_value=2_000_000_000, help_text="Bytes of the whole file.")
    sha256 = serializers.CharField(min_length=64, max_length=64, help_text=_SHA256)
    expires_on = serializers.DateField(
        required=False, default=None, allow_null=True, help_text="The last day on which the paper itself is valid."
    )


@extend_schema_field(OpenApiTypes.BYTE)
class Base64Field(serializers.CharField):
    """Bytes as base64, with padding and without line breaks."""

    default_error_messages = {"not_base64": _("Send base64 with padding and without line breaks.")}

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        if self.max_length is not None and len(text) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            self.fail("not_base64")


@example(
    offset=0,
    content="dGVzdA==",
    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
class PartInput(serializers.Serializer[Any]):
    offset = serializers.IntegerField(
        min_value=0, max_value=2_000_000_000, help_text="Where in the file it begins, in bytes."
    )
    content = Base64Field(
        max_length=4 * (MOST_BYTES_A_PART // 3 + 2),
        help_text=f"At most {MOST_BYTES_A_PART} bytes, in base64; at least {LEAST_BYTES_A_PART} unless it is the last part "
        "or closes a gap.",
    )
    sha256 = serializers.CharField(min_length=64, max_length=64, help_text=f"Of this part. {_SHA256}")


class UploadSerializer(serializers.Serializer[Any]):
    object = Constant("evidence_upload")
    id = serializers.CharField(source="public_id")
    about = serializers.CharField()
    kind = serializers.ChoiceField(_KINDS)
    status = serializers.ChoiceField(UploadStatus.choices)
    size = serializers.IntegerField()
    received = serializers.SerializerMethodField(help_text="How many bytes have come.")
    missing = serializers.SerializerMethodField(help_text="The first places at which bytes are missing.")
    most_bytes_a_part = serializers.SerializerMethodField()
    evidence = serializers.CharField(source="evidence.public_id", default=None, allow_null=True)
    started_at = InstantField()
    livemode = LiveMode()

    @extend_schema_field(serializers.IntegerField())
    def get_received(self, upload: EvidenceUpload) -> int:
        if upload.status == UploadStatus.FINISHED:
            return upload.size
        return sum(part.size for part in upload.parts.all())

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_missing(self, upload: EvidenceUpload) -> list[int]:
        if upload.status != UploadStatus.OPEN:
            return []
        return missing_at(upload, sorted(upload.parts.all(), key=lambda part: part.offset))

    @extend_schema_field(serializers.IntegerField())
    def get_most_bytes_a_part(self, upload: EvidenceUpload) -> int:
        return MOST_BYTES_A_PART


class EvidenceSerializer(serializers.Serializer[Any]):
    """What you brought, and that it is kept; what is in it stays with the lender."""

    object = Constant("evidence")
    id = serializers.CharField(source="public_id")
    about = serializers.CharField(source="upload.about")
    kind = serializers.ChoiceField(_KINDS)
    source = serializers.CharField()  # type: ignore[assignment]
    content_type = serializers.ChoiceField([(kind.value, kind.value) for kind in ContentType])
    pages = serializers.IntegerField()
    sha256 = serializers.CharField(source="sha256_sent", help_text="Of the file as you sent it.")
    expires_on = serializers.DateField(allow_null=True)
    received_on = serializers.DateField()
    wiped_on = serializers.DateField(allow_null=True, help_text="Since when only its hash is left.")
    livemode = LiveMode()
