"""The process that looks at one file: nothing of ours is in its environment, and it opens, writes and starts nothing.

All that it needs is loaded before it sets its bounds, and these before it reads the first byte of the file.
"""

import json
import resource
import sys
from io import BytesIO

from django.conf import settings
from django.utils.translation import gettext
from PIL import Image
from pypdf import PdfWriter

from casework.examining.content import ContentType
from casework.examining.limits import Limits
from casework.examining.work import Bounds, Order, Work, done

# Asked for by name while a file is read, when nothing can be loaded any more.
ENCODINGS = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "cp1252", "mac-roman", "gbk", "big5")


def main() -> None:
    settings.configure(USE_I18N=False)  # words are translated where they are shown
    warm_up()
    told = json.loads(sys.stdin.buffer.readline())
    bind(Bounds(**told["bounds"]))
    outcome = done(Order.of(told["order"]), sys.stdin.buffer.read())
    sys.stdout.buffer.write(outcome.as_words())
    sys.stdout.buffer.flush()


def warm_up() -> None:
    """Libraries load much of themselves only once it is needed: so it is needed here, on files of our own."""
    gettext(settings.LANGUAGE_CODE)
    for name in ENCODINGS:
        "x".encode(name).decode(name)
    Image.preinit()
    exif = Image.Exif()
    exif[0x0112] = 6
    limits = Limits(most_bytes=100_000, most_pixels=1_000, most_pages=1, most_unpacked=100_000)
    for kind, name in ((ContentType.JPEG, "JPEG"), (ContentType.PNG, "PNG")):
        held = BytesIO()
        Image.new("P", (2, 2)).convert("RGB").save(held, name, exif=exif.tobytes())
        done(Order(Work.REDRAW, kind, limits), held.getvalue())
        done(Order(Work.DRAW, kind, page=1), held.getvalue())
    writer, held = PdfWriter(), BytesIO()
    writer.add_blank_page(2, 2)
    writer.write(held)
    done(Order(Work.REWRITE, ContentType.PDF, limits), held.getvalue())


def bind(bounds: Bounds) -> None:
    """From here on there is no more than this, and no way back. Without files there is no network either."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_seconds, bounds.cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
