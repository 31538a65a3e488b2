from django.urls import path

from audit.web import approvals, events

app_name = "audit"

urlpatterns = [
    path("audit/", events.event_list, name="events"),
    path("audit/reveals/", events.reveal_list, name="reveals"),
    path("audit/<int:pk>/", events.event_detail, name="event"),
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:pk>/approve", approvals.approve, name="approve"),
    path("approvals/<int:pk>/reject", approvals.reject, name="reject"),
]
