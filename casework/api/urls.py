from casework.api import views
from partners.api.routes import route

urlpatterns = [
    route("evidence_uploads", views.Uploads.as_view(), "evidence_uploads"),
    route("evidence_uploads/<eup:upload_id>", views.UploadDetail.as_view(), "evidence_upload"),
    route("evidence_uploads/<eup:upload_id>/parts", views.UploadParts.as_view(), "evidence_upload_parts"),
    route("evidence_uploads/<eup:upload_id>/finish", views.UploadFinish.as_view(), "evidence_upload_finish"),
    route("evidence", views.EvidenceList.as_view(), "evidence"),
    route("evidence/<evd:evidence_id>", views.EvidenceDetail.as_view(), "evidence_item"),
]
