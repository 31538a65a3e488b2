#!/usr/bin/env python
"""Django's command line for Loandesk. Settings come from the environment; `./dev manage` fills it for one machine."""

import os
import sys

from django.core.management import execute_from_command_line

import config  # noqa: F401  (puts collections/ on the import path before anything else is imported)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    execute_from_command_line(sys.argv)
