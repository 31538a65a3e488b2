"""The key of the try-it page of a demo house. Its secret follows from the house's pepper, so it need not be kept anywhere
readable and is another one in every house. A live house neither has nor accepts it.
"""

import hashlib
import hmac

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import NotAllowed
from partners.keys import make_client, store_key
from partners.models import ApiClient, ApiKey
from partners.scopes import SCOPES

NAME = "Try it out"
PREFIX = "lk_test_tryitout"


class OnlyInDemo(NotAllowed):
    code = "only_in_demo"
    message = _("Only a demo has a key for everybody.")


@transaction.atomic
def make_demo_client() -> ApiClient:
    """The client behind the try-it page, with its one key. Made once."""
    if not settings.DEMO:
        raise OnlyInDemo
    client = ApiClient.objects.filter(name=NAME).first() or make_client(name=NAME)
    if not ApiKey.objects.filter(prefix=PREFIX).exists():
        store_key(client=client, prefix=PREFIX, secret=_secret(), scopes=sorted(SCOPES), label=NAME)
    return client


def demo_token() -> str:
    """The token of the demo key while there is one that opens the door; empty otherwise."""
    key = ApiKey.objects.live(timezone.now()).filter(prefix=PREFIX, client__status=ApiClient.Status.ACTIVE)
    return f"{PREFIX}.{_secret()}" if settings.DEMO and key.exists() else ""


def _secret() -> str:
    return hmac.new(settings.API_KEY_PEPPER.encode(), b"try it out", hashlib.sha256).hexdigest()
