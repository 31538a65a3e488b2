"""The admin speaks Chinese too, although its theme does not."""

from django.utils.translation import gettext, override

from core.admin_words import WORDS


def test_every_sentence_of_the_theme_is_translated() -> None:
    with override("zh-hans"):
        assert [word for word in WORDS if gettext(word) == word] == []
