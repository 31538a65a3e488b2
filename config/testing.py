"""The settings of the test suite: the real ones, with invented secrets and with what only costs time switched off."""

import os
import re

for _name in ("SECRET_KEY", "DATA_ENCRYPTION_KEYS", "DATA_INDEX_KEY", "API_KEY_PEPPER"):
    os.environ.setdefault(_name, f"only-for-tests-{_name.lower()}-" + "x" * 40)
os.environ.setdefault("DATABASE_URL", "postgresql://loandesk@localhost/loandesk")
os.environ.setdefault("REDIS_URL", "redis://localhost:6379/0")
# Workers side by side (`./dev test` starts one a core): pytest-django gives each a database, this gives each a cache.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if _WORKER:
    _number = int(_WORKER.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = re.sub(r"(db=|/)\d+$", rf"\g<1>{_number}", os.environ["REDIS_URL"])
os.environ.setdefault("HTTPS", "off")
os.environ.setdefault("LOG_LEVEL", "WARNING")

from config.settings import *

DEMO = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "evidence": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
FRESH_LOOKS_SECONDS = 0
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
# A statement sent for the second time is prepared: what is planned once serves all tests of a process (`tests/prepared.py`).
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = None if DATABASE_POOLED else 1
# The ledger refuses TRUNCATE; transactional tests clean up with it, so the tests alone may switch the guard off.
if not DATABASE_POOLED:
    DATABASES["default"]["OPTIONS"]["options"] += " -c loandesk.allow_truncate=on"
if _WORKER and "TEST_DATABASE_TEMPLATE" in os.environ:
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ["TEST_DATABASE_TEMPLATE"]}
VERIFICATION_PROCESSES = 1
