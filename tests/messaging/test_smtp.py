"""E-mail over real SMTP: a small server of our own listens on a port, takes mail, refuses mailboxes and hangs up."""

import socketserver
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread

import pytest

from borrowers.models import ContactState
from messaging.channels.base import MessageRefused, Outgoing, TryLater, Undeliverable
from messaging.channels.smtp import CHANNEL
from messaging.delivery import PAUSES, send_due
from messaging.models import Message
from tests.borrowers.factories import LinFactory, email_of
from tests.messaging.factories import MORNING, MessageFactory


class Post(socketserver.ThreadingTCPServer):
    """A mail server that keeps what it gets. Mailboxes named ``nobody`` do not exist, ``full`` ones are full."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PostClerk)
        self.mails: list[EmailMessage] = []
        self.refuses_messages = False

    @property
    def port(self) -> int:
        return self.server_address[1]


class PostClerk(socketserver.StreamRequestHandler):
    server: Post

    def handle(self) -> None:
        self._say("220 post of the tests")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "DATA":
                self._take()
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say(self._answer(line))

    def _answer(self, line: str) -> str:
        if "nobody" in line:
            return "550 5.1.1 no such mailbox"
        return "452 4.2.2 mailbox full" if "full" in line else "250 ok"

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        if self.server.refuses_messages:
            self._say("552 5.3.4 message too long")
            return
        self.server.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self._say("250 kept")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def post(settings) -> Iterator[Post]:
    with Post() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 5
        settings.DEFAULT_FROM_EMAIL = "Loandesk <loans@loandesk.example>"
        settings.MESSAGING_CHANNELS = {"email": "messaging.channels.smtp"}
        yield server
        server.shutdown()


def mail_to(address: str) -> Outgoing:
    return Outgoing(key="7-1", address=address, subject="还款\n提醒", body="您好:\n\n应还936.70元。", attempt=1)


def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    reference = CHANNEL.send(mail_to("lin@example.com"))

    (mail,) = post.mails
    assert (mail["To"], mail["From"]) == ("lin@example.com", "Loandesk <loans@loandesk.example>")
    assert mail["Subject"] == "还款 提醒"
    assert mail.get_content().replace("\r\n", "\n").strip() == "您好:\n\n应还936.70元。"
    assert mail["Message-ID"] == f"<{reference}>"
    assert "7-1" in reference


def test_a_mailbox_that_does_not_exist_is_told_apart_from_a_full_one(post: Post) -> None:
    with pytest.raises(Undeliverable):
        CHANNEL.send(mail_to("nobody@example.com"))
    with pytest.raises(TryLater):
        CHANNEL.send(mail_to("full@example.com"))

    assert post.mails == []


def test_a_message_that_is_never_taken_is_told_apart_from_its_address(post: Post) -> None:
    post.refuses_messages = True
    with pytest.raises(MessageRefused, match="552"):
        CHANNEL.send(mail_to("lin@example.com"))
    post.refuses_messages = False
    CHANNEL.send(mail_to("lin@example.com"))
    assert len(post.mails) == 1


def test_a_server_that_is_away_means_try_later(post: Post, settings) -> None:
    post.server_close()
    settings.EMAIL_PORT = 1

    with pytest.raises(TryLater):
        CHANNEL.send(mail_to("lin@example.com"))


@pytest.mark.django_db
def test_a_message_goes_through_the_outbox_to_the_mail_server(post: Post) -> None:
    MessageFactory(borrower=LinFactory(), channel="email")

    assert send_due(MORNING) == {"sent": 1}

    (mail,) = post.mails
    assert mail["Subject"] == "还款提醒"
    assert "936.70元" in mail.get_content()
    assert Message.objects.get().provider_reference in mail["Message-ID"]


@pytest.mark.django_db
def test_a_full_mailbox_is_tried_again_and_a_missing_one_is_marked(post: Post) -> None:
    full = MessageFactory(borrower=LinFactory(email="full@example.com"), channel="email")
    assert send_due(MORNING) == {"put_off": 1}
    full.refresh_from_db()
    assert full.next_attempt_at == MORNING + PAUSES[0]

    borrower = full.borrower
    point = email_of(borrower)
    point.value = "nobody@example.com"
    point.save()
    assert send_due(MORNING + PAUSES[0]) == {"failed": 1, "sent": 1}

    full.refresh_from_db()
    assert (full.status, full.refusal) == ("failed", "number_refused")
    assert email_of(borrower).state == ContactState.UNDELIVERABLE
