"""The entry point of the asynchronous web server."""

import os

from django.core.asgi import get_asgi_application

import config  # noqa: F401  (puts collections/ on the import path)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
