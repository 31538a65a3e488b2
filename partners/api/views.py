"""Who am I, and which refusals are there."""

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from core import business_date
from partners.api.base import PartnerView
from partners.api.catalogue import catalogue
from partners.api.schema import list_of
from partners.api.serializers import ErrorCodeSerializer, MeSerializer


class Me(PartnerView):
    """The caller, its key and the day the books are open for."""

    name = "me"
    scopes = {"GET": None}

    @extend_schema(summary="Who am I", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The client and the scopes behind the key, and the business date."""
        return self.answer(MeSerializer, {"key": self.key, "business_date": business_date.current()})


class Errors(PartnerView):
    """The catalogue of refusals."""

    name = "errors"
    scopes = {"GET": None}

    @extend_schema(summary="List error codes", responses=list_of(ErrorCodeSerializer))
    def get(self, request: Request) -> Response:
        """Every code a refusal can carry, with its HTTP status and its sentence in your language."""
        return self.answer_whole_list(ErrorCodeSerializer, catalogue())


class Nothing(PartnerView):
    """Any address of the API that does not exist: a problem like every other, not a page."""

    name = "nothing"
    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound
