"""How much a file may be; the figures are the dated rule ``evidence_limits``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes as sent, pixels of a picture, pages of a PDF, and bytes of its streams once unpacked."""

    most_bytes: int
    most_pixels: int
    most_pages: int
    most_unpacked: int

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Limits":
        """The limits as the rule has them. Raises KeyError or ValueError where a figure is missing or none."""
        return cls(
            most_bytes=int(data["most_megabytes"]) * MEGABYTE,
            most_pixels=int(data["most_megapixels"]) * MEGABYTE,
            most_pages=int(data["most_pages"]),
            most_unpacked=int(data["most_unpacked_megabytes"]) * MEGABYTE,
        )

    @property
    def megabytes(self) -> int:
        return self.most_bytes // MEGABYTE
