from django.urls import path

from audit.web import approvals, events, two_people

app_name = "audit"

urlpatterns = [
    path("audit/", events.event_list, name="events"),
    path("audit/reveals/", events.reveal_list, name="reveals"),
    path("audit/<int:pk>/", events.event_detail, name="event"),
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:pk>/approve", approvals.approve, name="approve"),
    path("approvals/<int:pk>/reject", approvals.reject, name="reject"),
    path("approvals/<int:pk>/alone", two_people.decide_alone, name="decide_alone"),
    path("two-people/", two_people.table, name="two_people"),
    path("two-people/rights", two_people.matrix, name="matrix"),
    path("two-people/rights.csv", two_people.matrix_file, name="matrix_file"),
    path("two-people/lent", two_people.lent, name="delegations"),
    path("two-people/lent/<int:pk>/end", two_people.take_back, name="take_back"),
    path("two-people/emergencies", two_people.emergencies, name="emergencies"),
    path("two-people/emergencies/<int:pk>/review", two_people.review, name="review"),
]
