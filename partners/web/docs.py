"""What a partner's developer reads: the reference to try out, the error codes, the document itself. Open to everybody."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from partners.api.catalogue import catalogue
from partners.api.openapi import as_yaml, document
from partners.demo import demo_token
from partners.scopes import SCOPES


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every address with a form to try it; in a demo the key is filled in."""
    return render(request, "partners/docs.html", {"token": demo_token(), "scopes": SCOPES.items()})


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """The codes of all refusals, where the ``type`` of a problem points."""
    return render(request, "partners/errors.html", {"errors": catalogue()})


@require_safe
@cache_control(public=True, max_age=300)
def openapi_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})


@require_safe
@cache_control(public=True, max_age=300)
def openapi_yaml(request: HttpRequest) -> HttpResponse:
    return HttpResponse(as_yaml(), content_type="application/yaml; charset=utf-8")
