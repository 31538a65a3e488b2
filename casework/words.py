"""Words that people write beside what they do: a note, a reason. What is kept of them holds no personal number in clear."""

from django.utils.translation import gettext_lazy as _

from audit.approvals import ReasonMissing
from casework.personal_numbers import masked
from core.errors import Invalid
from core.strict import require_plain

LONGEST = 500


class WordsTooLong(Invalid):
    code = "words_too_long"
    message = _("At most %(most)s signs can be kept here. Write the rest as a note.")


def kept_words(
    words: str, *, field: str = "note", most: int = LONGEST, needed: bool = False, lines: bool = False
) -> str:
    """``words`` as they are kept: their personal numbers masked.

    Raises ReasonMissing for none where they are ``needed``, TextNotPlain, WordsTooLong.
    """
    if needed and not words.strip():
        raise ReasonMissing()
    kept = masked(require_plain(words, field=field, lines=lines))
    if len(kept) > most:
        raise WordsTooLong(field=field, most=most)
    return kept
