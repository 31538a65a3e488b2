"""What staff and partners see of personal data unless they have reason and right to see more (JR/T 0171-2020, annex A)."""

import re


def mask_name(name: str) -> str:
    """林小雨 → 林*雨, 王丽 → 王*, Mary Poppins → M*** P******."""
    if not name:
        return ""
    if name.isascii():
        return " ".join(word[0] + "*" * (len(word) - 1) for word in name.split())
    if len(name) <= 2:
        return name[0] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """13812341234 → 138****1234."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_id_number(number: str) -> str:
    """First three and last four stay: 110***********1234."""
    return f"{number[:3]}{'*' * max(len(number) - 7, 4)}{number[-4:]}" if len(number) >= 8 else "****"


def mask_card(number: str) -> str:
    """Only the last four digits of an account stay."""
    return f"**** {number[-4:]}" if len(number) >= 4 else "****"


def mask_email(address: str) -> str:
    """lin@example.com → l***@example.com."""
    name, at, host = address.partition("@")
    return f"{name[:1]}***{at}{host}"


def mask_contact(kind: str, value: str) -> str:
    """Mask a contact point by its kind (mobile, email, push, wechat)."""
    if kind == "mobile":
        return mask_phone(value)
    return mask_email(value) if kind == "email" else f"{value[:2]}***"


_LONG_NUMBER = re.compile(r"\d{11,}X?", re.IGNORECASE)


def mask_numbers(text: str) -> str:
    """A payer's own words with phones, identity and account numbers masked: 还款 13812341234 → 还款 138****1234."""
    return _LONG_NUMBER.sub(
        lambda found: mask_id_number(found[0]) if len(found[0]) > 11 else mask_phone(found[0]), text
    )
