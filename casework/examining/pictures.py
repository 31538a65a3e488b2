"""Pictures: held to their end, and drawn anew, so that nothing but what is seen of them is kept."""

import warnings
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from casework.examining.content import ContentType
from casework.examining.jpegs import end_of_jpeg, without_index
from casework.examining.limits import MEGABYTE, Limits
from casework.examining.refusals import EvidenceBomb, EvidenceBroken, EvidencePolyglot, EvidenceTypeRefused
from casework.examining.trailers import is_of_a_phone

_FORMATS = {ContentType.JPEG: "JPEG", ContentType.PNG: "PNG"}
_QUALITY = 90
# Where programs that open a file by what they find in it look first.
_LOOKED_AT = 1024


def redrawn(data: bytes, found: ContentType, limits: Limits) -> bytes:
    """The picture as it is seen, upright, without anything else the file told: place, device, thumbnail, comments.

    Raises EvidencePolyglot, EvidenceBomb, EvidenceBroken, EvidenceTypeRefused, EvidenceUnreadable.
    """
    end = end_of_jpeg(data) if found is ContentType.JPEG else _end_of_png(data)
    if found is ContentType.JPEG and end < len(data) and is_of_a_phone(data[end:]):
        data = without_index(data[:end])
        end = len(data)
    if end != len(data) or b"%PDF-" in data[:_LOOKED_AT]:
        raise EvidencePolyglot(found=found.words)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is held against the rule's own limit below
            with Image.open(BytesIO(data), formats=[_FORMATS[found]]) as picture:
                _require_small(picture, limits)
                return _drawn(picture, found)
    except (EvidenceBomb, EvidenceTypeRefused, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise EvidenceBomb(most=_pixels(limits)) from None
    except Exception as error:  # whatever a decoder stumbles over, the file is not one to keep
        raise EvidenceBroken from error


def _require_small(picture: Image.Image, limits: Limits) -> None:
    if picture.width * picture.height > limits.most_pixels:
        raise EvidenceBomb(most=_pixels(limits))
    if getattr(picture, "n_frames", 1) > 1:
        raise EvidenceTypeRefused(found=_("a picture that moves"))


def _pixels(limits: Limits) -> str:
    return f"{limits.most_pixels // MEGABYTE} MP"


def _drawn(picture: Image.Image, found: ContentType) -> bytes:
    upright = _of_eight_bits(ImageOps.exif_transpose(picture))
    if found is ContentType.PNG and _see_through(upright):
        plain = _without_what_is_behind(upright.convert("RGBA"))
    else:
        plain = upright.convert("RGB")
    plain.info.clear()  # or comments and colour profiles are written again
    kept = BytesIO()
    if found is ContentType.JPEG:
        plain.save(kept, "JPEG", quality=_QUALITY)
    else:
        plain.save(kept, "PNG")
    return kept.getvalue()


def _of_eight_bits(picture: Image.Image) -> Image.Image:
    """Grey of 16 bits brought to 8 by its scale: the library cuts it off instead, which makes nearly all of it white."""
    if not picture.mode.startswith("I"):
        return picture
    picture.info.pop("transparency", None)  # told in 16 bits
    return picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L")


def _without_what_is_behind(picture: Image.Image) -> Image.Image:
    """Where nothing is seen, nothing is: a colour may stand behind full transparency all the same."""
    seen = picture.getchannel("A").point(lambda alpha: 255 if alpha else 0)
    return Image.composite(picture, Image.new("RGBA", picture.size, (255, 255, 255, 0)), seen)


def _see_through(picture: Image.Image) -> bool:
    return picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info


def _end_of_png(data: bytes) -> int:
    """The place after the last chunk; 0 where a chunk says more than is there. Raises EvidenceBroken without an end."""
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        kind, place = data[place + 4 : place + 8], place + 12 + length
        if kind == b"IEND":
            return place
    raise EvidenceBroken
