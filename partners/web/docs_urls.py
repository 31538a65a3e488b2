from django.urls import path

from partners.web import docs

app_name = "api_docs"
urlpatterns = [
    # /api/docs/
    path("", docs.reference, name="reference"),
    path("errors/", docs.errors, name="errors"),
    path("openapi.json", docs.openapi_json, name="openapi_json"),
    path("openapi.yaml", docs.openapi_yaml, name="openapi_yaml"),
]
