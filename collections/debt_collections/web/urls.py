from django.urls import path

from debt_collections.web import pages, verbs, workbench

app_name = "collections"

urlpatterns = [
    # /app/collections/
    path("collections/", workbench.workbench, name="workbench"),
    path("collections/next", workbench.take_next, name="take_next"),
    path("collections/assign", workbench.assign, name="assign"),
    # /app/collections/cases/<public id>
    path("collections/cases/<str:public_id>", pages.case_page, name="case"),
    path("collections/cases/<str:public_id>/log", workbench.log, name="log"),
    path("collections/cases/<str:public_id>/dial", workbench.dial, name="dial"),
    path("collections/cases/<str:public_id>/act/<slug:verb>", verbs.act, name="act"),
    # /app/collections/promises
    path("collections/promises", pages.promise_list, name="promises"),
    path("collections/promises/<int:pk>/cancel", pages.cancel_promise, name="cancel_promise"),
]
