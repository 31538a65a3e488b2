"""The unified social credit code of China (GB 32100-2015): who a company is, and whether the code can be true.

Eighteen characters without I, O, S, V and Z: who registered it and as what, six digits of region, nine characters of the
organisation, and a check character by ISO 7064 MOD 31-3, which ``stdnum`` reckons. Its own judgement of a whole code is
not taken: it wants digits in front, where the standard has letters as well (N registers village cooperatives, Y is any
other registrar). Pure: no Django.
"""

import re
import unicodedata

from stdnum.cn import uscc

_CHARACTER = "[0-9A-HJ-NPQRTUWXY]"
_FORM = re.compile(f"{_CHARACTER}{{2}}[0-9]{{6}}{_CHARACTER}{{10}}")
_SEPARATORS = re.compile(r"[\s\-]")


class CreditCodeInvalid(ValueError):
    """The text cannot be a unified social credit code."""


def normal(text: str) -> str:
    """A registration number as it is stored: ordinary characters, capitals, no blanks or hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def parse_credit_code(text: str) -> str:
    """The code in its stored form. Raises CreditCodeInvalid."""
    code = normal(text)
    if not _FORM.fullmatch(code) or code[-1] != check_character(code[:17]):
        raise CreditCodeInvalid(code)
    return code


def check_character(first_17: str) -> str:
    """The eighteenth character for the seventeen before it."""
    return uscc.calc_check_digit(first_17)
