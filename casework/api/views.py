"""Evidence over the API: sent in parts about what the partner brought in, and its state; nothing of its content goes out."""

from typing import TypeVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from casework import clock, uploads
from casework.api import serializers as shapes
from casework.evidence import Told
from casework.models import Evidence, EvidenceUpload
from core import business_date
from partners.api.base import PartnerView, idempotent
from partners.api.conditions import tagged
from partners.api.lists import ListQuery
from partners.api.references import ReferenceUnknown
from partners.api.schema import list_of
from partners.introductions import reaches_every_origin
from staff.permissions import person

READ, WRITE = "evidence:read", "evidence:write"
M = TypeVar("M", bound=Model)


class EvidenceQuery(ListQuery):
    """The list has no filters of its own."""

    created_path = "received_at"


class EvidenceView(PartnerView):
    """What the views of evidence share."""

    tag = "evidence"
    scopes = {"GET": READ, "POST": WRITE}

    def of_this_client(self, rows: QuerySet[M], path: str) -> QuerySet[M]:
        """The rows that the client brought, or all where the key reaches every origin."""
        if reaches_every_origin(self.key, writing=self.writing):
            return rows
        return rows.filter(**{path: self.client})

    def upload(self, upload_id: str) -> EvidenceUpload:
        rows = EvidenceUpload.objects.select_related("evidence").prefetch_related("parts")
        return self.found(self.of_this_client(rows, "client"), upload_id)

    def evidence(self) -> QuerySet[Evidence]:
        rows = Evidence.objects.filter(upload__isnull=False).select_related("upload")
        return self.of_this_client(rows, "brought_by")

    def subject(self, about: str) -> Model:
        """What the key may bring evidence about under that id. Raises ReferenceUnknown."""
        found = uploads.named_by_partner(self.key, about)
        if found is None:
            raise ReferenceUnknown(what="borrower, application or loan", public_id=about, field="about")
        return found


class Uploads(EvidenceView):
    name = "evidence_uploads"
    made_at = "api:evidence_upload"
    scopes = {"POST": WRITE}

    @extend_schema(summary="Begin to send a file", request=shapes.UploadInput, responses={201: shapes.UploadSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Says what comes. Then send the parts, in any order, and finish. What is not finished within days is forgotten.

        Kept are JPEG, PNG, PDF without anything that runs, and plain text in UTF-8.
        """
        given = self.body(shapes.UploadInput)
        told = Told(kind=given["kind"], source=given["source"], name=given["name"], expires_on=given["expires_on"])
        upload = uploads.begin(
            self.subject(given["about"]),
            told,
            uploads.Whole(about=given["about"], size=given["size"], sha256=given["sha256"]),
            client=self.client,
            on=business_date.current(),
            now=clock.now(),
        )
        return self.made(shapes.UploadSerializer, upload)


class UploadDetail(EvidenceView):
    name = "evidence_upload"
    scopes = {"GET": READ}

    @extend_schema(summary="Retrieve an upload", responses=shapes.UploadSerializer)
    @tagged
    def get(self, request: Request, upload_id: str) -> Response:
        """How much has come and where something is missing: an upload that was interrupted goes on there."""
        return self.answer(shapes.UploadSerializer, self.upload(upload_id))


class UploadParts(EvidenceView):
    name = "evidence_upload_parts"
    scopes = {"POST": WRITE}

    @extend_schema(summary="Send a part", request=shapes.PartInput, responses=shapes.UploadSerializer)
    @idempotent
    def post(self, request: Request, upload_id: str) -> Response:
        """The bytes from `offset` on, with their own checksum. The same part again changes nothing."""
        upload, given = self.upload(upload_id), self.body(shapes.PartInput)
        uploads.add_part(upload_id=upload.pk, **given)
        return self.answer(shapes.UploadSerializer, self.upload(upload_id))


class UploadFinish(EvidenceView):
    name = "evidence_upload_finish"
    made_at = "api:evidence_item"
    scopes = {"POST": WRITE}

    @extend_schema(summary="Finish an upload", request=None, responses={201: shapes.EvidenceSerializer})
    @idempotent
    def post(self, request: Request, upload_id: str) -> Response:
        """Holds the file against its checksum, looks into it and keeps it. Answers with the evidence.

        A file that is refused for good is forgotten at once: send what is right in another upload.
        """
        upload = self.upload(upload_id)
        evidence = uploads.finish(
            upload_id=upload.pk,
            subject=self.subject(upload.about),
            by=person(request),
            on=business_date.current(),
            now=clock.now(),
        )
        return self.made(shapes.EvidenceSerializer, self.evidence().get(pk=evidence.pk))

    def handle_exception(self, exc: Exception) -> Response:
        if uploads.is_final(exc):
            uploads.give_up(self.upload(self.kwargs["upload_id"]).pk)
        return super().handle_exception(exc)


class EvidenceList(EvidenceView):
    name = "evidence"
    scopes = {"GET": READ}

    @extend_schema(summary="List evidence", parameters=[EvidenceQuery], responses=list_of(shapes.EvidenceSerializer))
    def get(self, request: Request) -> Response:
        """What you brought, newest first."""
        return self.answer_list(shapes.EvidenceSerializer, self.evidence(), EvidenceQuery)


class EvidenceDetail(EvidenceView):
    name = "evidence_item"
    scopes = {"GET": READ}

    @extend_schema(summary="Retrieve evidence", responses=shapes.EvidenceSerializer)
    @tagged
    def get(self, request: Request, evidence_id: str) -> Response:
        """Whether it is kept still. Its content is not given out."""
        return self.answer(shapes.EvidenceSerializer, self.found(self.evidence(), evidence_id))
