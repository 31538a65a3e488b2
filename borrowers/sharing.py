"""Whether a person still agrees that a partner is told of them (个保法 15, 23).

A partner told, with its registration, that the person agrees to the purpose ``third_party``. Once that consent is withdrawn,
the partner's keys read of the person what its own running loans need and nothing else, and change nothing about them. The
consent another partner told, or one that two people of the house recorded since, is another matter: the first says nothing
of this partner, the second begins it anew.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from borrowers.models import BorrowerStatus, Brought, Consent, ConsentPurpose, PartnerFile, Sex
from core.errors import NotAllowed
from partners.models import ApiClient

SHARING = ConsentPurpose.THIRD_PARTY.value


class SharingEnded(NotAllowed):
    """Of a person who withdrew the consent a partner is told nothing but of its own running loans."""

    code = "consent_withdrawn"
    message = _(
        "The person withdrew the consent that you are told of them. You can read your own running loans of theirs, with "
        "schedule and payments, and report payments. To go on, the person has to tell the lender that they agree again."
    )


def ended() -> QuerySet[PartnerFile]:
    """The files of partners whose person withdrew the consent, and has not given it again."""
    consents = Consent.objects.filter(purpose=SHARING, borrower_id=OuterRef("borrower_id"))
    told = Brought.objects.filter(file_id=OuterRef(OuterRef("pk")), kind=Brought.Kind.CONSENT, row=OuterRef("pk"))
    withdrawn = consents.filter(Exists(told), withdrawn_at__isnull=False)
    standing = consents.filter(Q(agreed_by__isnull=False) | Exists(told), withdrawn_at__isnull=True)
    # Named once more by itself: few people withdrew, and an index knows them.
    people = Consent.objects.filter(purpose=SHARING, withdrawn_at__isnull=False).order_by().values("borrower_id")
    return PartnerFile.objects.filter(Exists(withdrawn), ~Exists(standing), borrower_id__in=people)


def ended_people(client: ApiClient) -> frozenset[int]:
    """The people of whom ``client`` is told no more. One statement."""
    return frozenset(ended().filter(client=client).values_list("borrower_id", flat=True))


def no_longer_told(client: ApiClient) -> QuerySet[PartnerFile, Any]:
    """The same as a query, to stand inside another one."""
    return ended().filter(client=client).order_by().values("borrower_id")


def is_ended(client: ApiClient, borrower_id: int) -> bool:
    """Whether ``client`` is told of this person no more. One statement."""
    return ended().filter(client=client, borrower_id=borrower_id).exists()


def without_profile(file: PartnerFile) -> PartnerFile:
    """The file as it is named beside a running loan: handle and masked name, and no fact about the person. Not stored."""
    bare = PartnerFile(
        client_id=file.client_id,
        borrower=file.borrower,
        public_id=file.public_id,
        number=file.number,
        name=file.name,
        sex=Sex.UNKNOWN,
        language=file.language,
        created_on=file.created_on,
        status_then=BorrowerStatus(file.borrower.status),
        do_not_contact_then=True,
    )
    bare.shared = False
    return bare
