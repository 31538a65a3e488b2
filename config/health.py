"""Whether this process can do its work: asked by `./dev`, load balancers and container engines."""

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when the database and the broker answer; an error otherwise, on purpose unhandled so that it is logged."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    cache.get("healthz")
    return HttpResponse("ok\n", content_type="text/plain")
