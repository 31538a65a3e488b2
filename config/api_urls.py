"""The partner API, resource by resource; what no app knows is answered as a problem."""

from django.urls import include, path, re_path

from partners.api.views import Nothing

app_name = "api"
urlpatterns = [
    path("", include("partners.api.urls")),
    path("", include("borrowers.api.urls")),
    path("", include("loans.api.urls")),
    path("", include("casework.api.urls")),
    path("", include("desk.api.urls")),
    re_path(r"^.*$", Nothing.as_view(), name="nothing"),
]
