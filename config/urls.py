"""Every address of the system, app by app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.health import healthz
from staff.web.welcome import welcome

# The desk comes last: its /app/loans/<number> would swallow what other apps keep below /app/loans/.
pages = [
    path("", include("borrowers.web.urls")),
    path("", include("loans.web.urls")),
    path("", include("risk.web.urls")),
    path("", include("debt_collections.web.urls")),
    path("", include("operations.web.urls")),
    path("", include("messaging.web.urls")),
    path("", include("audit.web.urls")),
    path("", include("casework.web.urls")),
    path("", include("partners.web.urls")),
    path("", include("desk.web.urls")),
]

urlpatterns = [
    path("", RedirectView.as_view(url="/app/")),
    path("healthz", healthz),
    path("favicon.ico", RedirectView.as_view(url="/static/core/icon.svg")),
    path("admin/", admin.site.urls),
    path("welcome/", welcome, name="welcome"),
    path("", include("staff.web.urls")),
    path("app/", include(pages)),
    path("api/", RedirectView.as_view(url="/api/docs/")),
    path("api/docs/", include("partners.web.docs_urls")),
    path("api/v1/", include("config.api_urls")),
]

handler403 = "staff.web.errors.forbidden"
handler404 = "staff.web.errors.not_found"
handler500 = "staff.web.errors.failed"
