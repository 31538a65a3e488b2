"""Why a file is not kept: each reason has a code of its own, and says what to do instead."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Invalid


class EvidenceRefused(Invalid):
    """The base of all reasons why a file is not kept; ``field`` is the file."""

    code = "evidence_refused"
    field = "file"
    message = _("This file cannot be kept.")


class EvidenceEmpty(EvidenceRefused):
    code = "evidence_empty"
    message = _("The file is empty. Choose it again.")


class EvidenceTooLarge(DomainError):
    code = "evidence_too_large"
    status = 413
    field = "file"
    message = _("The file is larger than %(most)s MB. Send it in parts, or with smaller pictures.")


class EvidenceTypeRefused(EvidenceRefused):
    code = "evidence_type_refused"
    message = _("This file is %(found)s. Send a JPEG or PNG picture, a PDF or a plain text.")


class EvidenceTypeDisagrees(EvidenceRefused):
    """The name or the header says something else than the content."""

    code = "evidence_type_disagrees"
    message = _("The file is called %(told)s, but holds %(found)s. Send it under the right name.")


class EvidencePolyglot(EvidenceRefused):
    """It is two things at once: another program would open it as something else."""

    code = "evidence_polyglot"
    message = _("The file holds more than %(found)s: something else is hidden in it. Save it anew and send that.")


class EvidenceBomb(EvidenceRefused):
    """Small as sent, and more than a machine should unpack."""

    code = "evidence_bomb"
    message = _("Unpacked the file is too large: at most %(most)s. Send it with fewer or smaller pictures.")


class EvidenceTooManyPages(EvidenceRefused):
    code = "evidence_too_many_pages"
    message = _("The file has more than %(most)s pages. Send it in several files.")


class EvidenceBroken(EvidenceRefused):
    code = "evidence_broken"
    message = _("The file cannot be read to its end. Save or scan it anew.")


class EvidenceUnreadable(EvidenceRefused):
    """Looking at it took more time or memory than one file may take, and was ended."""

    code = "evidence_unreadable"
    message = _("Reading this file takes too much time or memory. Print or scan it anew, in several files.")


class EvidenceBusy(EvidenceRefused):
    """Other files are being looked at, and take their time. Nothing is wrong with this one."""

    code = "evidence_busy"
    status = 503
    retry_after = 60
    message = _("Other files are being looked at. Try again in a minute.")


class EvidenceEncodingUnclear(EvidenceRefused):
    """A text of which nobody can say for certain which signs it holds."""

    code = "evidence_encoding_unclear"
    message = _("The encoding of this text is not clear. Save it as UTF-8 (or as UTF-16 or GB18030) and send that.")


class EvidenceEncrypted(EvidenceRefused):
    code = "evidence_encrypted"
    message = _("The PDF is protected by a password. Send it without.")


class EvidenceActive(EvidenceRefused):
    """Opening it would run something, or it carries other files."""

    code = "evidence_active"
    message = _("The PDF holds what a program would run or unpack (%(what)s). Print it to a new PDF and send that.")


class EvidenceNameRefused(EvidenceRefused):
    code = "evidence_name_refused"
    message = _("The name of the file cannot be used. Give it a plain name of at most %(most)s signs.")
