"""E-mail over real SMTP, through the server that EMAIL_URL names. Mail servers send no receipts we could read."""

import smtplib
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import make_msgid, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage

from messaging.channels.base import Awaiting, MessageRefused, Outgoing, Receipt, TryLater, Undeliverable

_PERMANENT = 500


class Smtp:
    """One mail a message."""

    def send(self, outgoing: Outgoing) -> str:
        reference = make_msgid(idstring=outgoing.key, domain=_own_domain())
        mail = EmailMessage(
            subject=" ".join(outgoing.subject.split()),
            body=outgoing.body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[outgoing.address],
            headers={"Message-ID": reference, "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send(fail_silently=False)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(error) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise _refusal_of_message(error) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryLater(type(error).__name__) from error
        return reference.strip("<>")[:80]

    def receipts(self, awaiting: Sequence[Awaiting], now: datetime) -> Iterable[Receipt]:
        return ()


def _refusal(error: smtplib.SMTPRecipientsRefused) -> Exception:
    """5xx says the mailbox does not exist, 4xx that the server wants to be asked again."""
    codes = [code for code, _text in error.recipients.values()]
    if codes and min(codes) >= _PERMANENT:
        return Undeliverable(f"refused with {codes[0]}")
    return TryLater(f"put off with {codes[0] if codes else '?'}")


def _refusal_of_message(error: smtplib.SMTPResponseException) -> Exception:
    """After a good address: 5xx says never, for what is in the message or how long it is."""
    if error.smtp_code >= _PERMANENT:
        return MessageRefused(f"refused with {error.smtp_code}")
    return TryLater(f"put off with {error.smtp_code}")


def _own_domain() -> str:
    """The part of the sender's address that names this house; asking the resolver could block for seconds."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"


CHANNEL = Smtp()
