"""The OpenAPI document of the API: made from the views, kept in the repository, compared by a test."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from partners.api.schema import shared_responses

INTRODUCTION = """
Consumer loans from application to recovery, for partners' programs.

**Key.** Every call carries `Authorization: Bearer lk_…`. The lender makes keys under *API clients* and shows each once.
A key has scopes; a refusal names the one that is missing. Two keys live at once, so that you can change them without a stop.

**Repeating.** Every POST that creates something or moves money needs an `Idempotency-Key` of yours. The same request again
gives the first answer again, for seven days, marked `Idempotent-Replayed: true`; the same key with another request is 422;
while the first one still runs you get 409 with `Retry-After`. A refused request is not stored: correct it and send it again.

**Values.** Money is `{"amount": 1234560, "currency": "…"}`: hundredths of the unit of an ISO 4217 currency, that of the
market of the loan, product or borrower. Rates are decimal texts, a fraction a year. Dates are
business dates of the lender (`GET /me` tells the current one), instants are UTC.

**Nothing is guessed.** A field that is not described here is refused with its JSON pointer (`field_unknown`), and so are a
query parameter that is unknown or given twice, and a JSON object with a key twice: a misspelt word changes nothing.
Values are taken as they are described and in no other way. An amount is a JSON integer, a flag `true` or `false`, a text
a JSON string, a rate a string such as `"0.18"` in ASCII digits without exponent. A day is `2026-11-30`: no week, no
ordinal, no compact form, no time. An instant has its zone: `2026-11-30T09:15:00Z`. A text is one line (but the wording
of a consent) without control characters and without signs that nobody sees or that turn the direction of reading. What
contradicts itself, as a birth date beside a resident ID that says another, is refused. A refused request has changed
nothing.

**Lists.** Newest first: `?limit=50&starting_after=<id>` → `data`, `has_more`, `next_cursor`. `fields=` thins objects out,
`expand=` opens related ones up, for who may read them. An unknown parameter is refused rather than ignored.

**Reading again and changing.** GET of one object sends an `ETag`, and answers 304 without a body while the object still is
what `If-None-Match` names; lists, quotes and balances do not. PATCH takes the `ETag` of the whole object as `If-Match`:
if the object has changed since, the answer is 412 `changed_since` and nothing is done. A POST that makes something with an
address of its own tells it in `Location`.

**Refusals** are `application/problem+json` with a `code` that never changes, the `request_id`, and JSON pointers to wrong
values. `GET /errors` lists every code.

**What you see** are the borrowers you registered, their applications and loans. Anything else does not exist for you.
Personal data is masked.
"""
# In the order of a loan's life.
TAGS = {
    "products": "What is lent, and what it would cost.",
    "borrowers": "People, their consents, means and accounts.",
    "applications": "Asking for a loan, and the answer.",
    "offers": "The terms, and accepting them.",
    "loans": "Where a loan stands.",
    "repayments": "Money that comes in.",
    "loan acts": "Fees, holds, new due days and the like, each with its preview and its undo.",
    "policies": "Insurance policies pledged for loans.",
    "evidence": "Files that prove something, sent in parts.",
    "books": "The lender's own ledger, for programs that reconcile.",
    "meta": "About the API and its caller.",
}
FILE = Path(settings.BASE_DIR) / "openapi.yaml"


@lru_cache(maxsize=1)
def document() -> dict[str, object]:
    """The document in English, whatever language is active."""
    with translation.override("en"):
        found = SchemaGenerator(urlconf="config.api_urls").get_schema(request=None, public=True)
    found["info"]["description"] = INTRODUCTION.strip()
    found["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    found["components"]["responses"] = shared_responses()
    return found


def as_yaml() -> str:
    with translation.override("en"):
        return OpenApiYamlRenderer().render(document()).decode()
