"""Sealing, the blind index and masks."""

import pytest
from cryptography.exceptions import InvalidTag
from django.test import override_settings

from core.encryption import blind_index, decrypt, encrypt
from core.masking import mask_card, mask_contact, mask_email, mask_id_number, mask_name, mask_phone

OLD, NEW = "old-key-of-thirty-two-characters!", "new-key-of-thirty-two-characters!"


def test_the_same_text_never_seals_to_the_same_token() -> None:
    assert encrypt("林小雨") != encrypt("林小雨")
    assert decrypt(encrypt("林小雨")) == "林小雨"


def test_an_older_key_still_opens_after_rotation() -> None:
    with override_settings(DATA_ENCRYPTION_KEYS=[OLD]):
        token = encrypt("secret")
    with override_settings(DATA_ENCRYPTION_KEYS=[OLD, NEW]):
        assert decrypt(token) == "secret"
        assert encrypt("secret").startswith("1:")


def test_an_altered_token_does_not_open() -> None:
    token = encrypt("secret")
    with pytest.raises(InvalidTag):
        decrypt(token[:-6] + ("AAAAA=" if token[-6:] != "AAAAA=" else "BBBBB="))


def test_the_index_meets_only_within_one_purpose() -> None:
    assert blind_index("13812341234", "phone") == blind_index("13812341234", "phone")
    assert blind_index("13812341234", "phone") != blind_index("13812341234", "account")


def test_masks_show_what_the_standard_allows() -> None:
    assert mask_name("林小雨") == "林*雨"
    assert mask_name("王丽") == "王*"
    assert mask_phone("13812341234") == "138****1234"
    assert mask_id_number("11010519491231002X") == "110***********002X"
    assert mask_card("6222020000001234") == "**** 1234"
    assert mask_email("lin@example.com") == mask_contact("email", "lin@example.com") == "l***@example.com"
