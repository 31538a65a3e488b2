"""Sealing, the blind index and masks."""

import pytest
from cryptography.exceptions import InvalidTag
from django.test import override_settings

from core.encryption import CHUNK_BYTES, blind_index, decrypt, encrypt, open_bytes, seal_bytes
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


def sealed(data: bytes, name: str = "a") -> bytes:
    return b"".join(seal_bytes([data[:7], data[7:]], name))


def opened(data: bytes, name: str = "a") -> bytes:
    return b"".join(open_bytes([data[:5], data[5:]], name))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_file_of_any_size_opens_as_it_was(size: int) -> None:
    data = b"x" * size
    kept = sealed(data)
    assert opened(kept) == data
    # Of nine bytes or more only: a single one stands among a nonce's random ones by chance.
    assert size < 9 or data[:9] not in kept
    assert sealed(data) != kept


def test_a_file_sealed_under_an_older_key_still_opens() -> None:
    with override_settings(DATA_ENCRYPTION_KEYS=[OLD]):
        kept = sealed(b"statement")
    with override_settings(DATA_ENCRYPTION_KEYS=[OLD, NEW]):
        assert opened(kept) == b"statement"
        newer = sealed(b"statement")
    with override_settings(DATA_ENCRYPTION_KEYS=[OLD]), pytest.raises(InvalidTag):
        opened(newer)


def test_a_file_cut_altered_reordered_or_taken_for_another_does_not_open() -> None:
    kept, head, step = sealed(b"x" * (2 * CHUNK_BYTES + 5)), 38, CHUNK_BYTES + 16
    spoilt = {
        "cut at a chunk": kept[: head + step],
        "cut within": kept[:-1],
        "no chunk": kept[:head],
        "no head": kept[:10],
        "altered": kept[:-1] + bytes([kept[-1] ^ 1]),
        "chunks changed about": kept[:head] + kept[head + step : head + 2 * step] + kept[head : head + step],
        "longer": kept + b"x",
        "another number": kept[:5] + b"\x07" + kept[6:],
    }
    for how, data in spoilt.items():
        with pytest.raises(InvalidTag):
            pytest.fail(f"{how} opened: {len(opened(data))}")
    with pytest.raises(InvalidTag):
        opened(kept, "b")
