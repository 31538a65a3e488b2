"""Where the parts are put together: settings, addresses, Celery and the servers' entry points.

`collections/` is a plain folder that holds the package `debt_collections`; it goes on the import path here, the one
place that manage.py, the web server, Celery and the tests all pass through.
"""

import sys
from pathlib import Path

_COLLECTIONS = str(Path(__file__).resolve().parent.parent / "collections")
if _COLLECTIONS not in sys.path:
    sys.path.insert(1, _COLLECTIONS)
