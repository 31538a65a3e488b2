"""Parts of addresses that several rooms share."""

from django.urls.converters import StringConverter


class PlainConverter(StringConverter):
    """A part of an address in signs that may be asked of the database: others lead nowhere, as any wrong name does."""

    regex = r"[^/\x00-\x1f\x7f]+"
