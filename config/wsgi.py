"""The entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application

import config  # noqa: F401  (puts collections/ on the import path)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
