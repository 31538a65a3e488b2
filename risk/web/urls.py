"""Addresses of applications, underwriting and limits."""

from django.urls import path

from risk.web import applications, limits, queue

app_name = "risk"
urlpatterns = [
    # /app/applications/
    path("applications/new", applications.new, name="application_new"),
    path("applications/new/papers", applications.papers, name="application_papers"),
    path("applications/<str:number>", applications.application, name="application"),
    path("applications/<str:number>/state", applications.state, name="application_state"),
    path("applications/<str:number>/assess", applications.assess, name="application_assess"),
    path("applications/<str:number>/decide", applications.decide, name="application_decide"),
    path("applications/<str:number>/claim", queue.claim, name="application_claim"),
    path("applications/<str:number>/release", queue.release, name="application_release"),
    # /app/underwriting/
    path("underwriting/", queue.underwriting, name="underwriting"),
    path("underwriting/next", queue.take_next, name="underwriting_next"),
    # /app/limits/
    path("limits/", limits.limit_list, name="limits"),
    path("limits/<str:number>", limits.limit, name="limit"),
    path("limits/<str:number>/do-not-lend", limits.put_on_list, name="do_not_lend"),
    path("limits/<str:number>/do-not-lend/lift", limits.take_off_list, name="do_not_lend_lift"),
]
