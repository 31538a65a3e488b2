"""What a person did shows at once beside the places of the navigation, not when its half minute is over."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from desk.navigation import forget_own_counts


class FreshCounts:
    """Forgets the counts of whoever sent a form that did something: such an answer leads on to another page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code == 302 and request.user.is_authenticated:
            forget_own_counts(request.user)
        return response
