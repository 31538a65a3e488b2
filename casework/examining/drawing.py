"""What is shown of kept evidence: pictures, drawn here. Nothing that the file holds is run, there or in the browser."""

import threading
from io import BytesIO

import pypdfium2
from PIL import Image

from casework.examining.content import ContentType

WIDEST, HIGHEST = 1200, 3600
# PDFium is not made for several threads of one process at once.
_one_at_a_time = threading.Lock()


def page_picture(data: bytes, content_type: str, page: int) -> bytes:
    """The ``page`` (from 1) of kept bytes as a PNG or JPEG. Raises IndexError for a page it has not."""
    if content_type == ContentType.PDF:
        return _pdf_page(data, page)
    if page != 1:
        raise IndexError(page)
    with Image.open(BytesIO(data), formats=["JPEG", "PNG"]) as picture:
        picture.thumbnail((WIDEST, HIGHEST))
        return _saved(picture)


def _pdf_page(data: bytes, page: int) -> bytes:
    with _one_at_a_time:
        document = pypdfium2.PdfDocument(data)
        try:
            if not 1 <= page <= len(document):
                raise IndexError(page)
            sheet = document[page - 1]
            width, height = sheet.get_size()
            scale = min(WIDEST / max(width, 1), HIGHEST / max(height, 1), 2.0)
            return _saved(sheet.render(scale=scale, may_draw_forms=False).to_pil())
        finally:
            document.close()


def _saved(picture: Image.Image) -> bytes:
    drawn = BytesIO()
    if picture.mode == "RGBA":
        picture.save(drawn, "PNG")
    else:
        picture.convert("RGB").save(drawn, "JPEG", quality=85)
    return drawn.getvalue()


def picture_type(drawn: bytes) -> str:
    """The content type of what ``page_picture`` drew."""
    return (ContentType.PNG if drawn.startswith(b"\x89PNG") else ContentType.JPEG).value
