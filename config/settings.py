"""All settings. Values that differ between machines come from the environment through `config.env`, nothing else does.

Secrets have no default anywhere: `./dev` makes and keeps them for one machine, a server gets them from its operator.
"""

from __future__ import annotations

import os
from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env
from config.celery import BEAT_TABLE
from config.logs import LOG_PROCESSORS, logging_table

# Names are looked up by single characters, each with all its readings: the dictionary of phrases is not loaded.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

BASE_DIR = Path(__file__).resolve().parent.parent

# --- the machine ----------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)
DEMO_PASSWORD = env.text("DEMO_PASSWORD", example="loandesk-demo", default="loandesk-demo")
HTTPS = env.flag("HTTPS", default=not DEBUG)
SECRET_KEY = env.secret("SECRET_KEY", example="a-random-text-of-fifty-or-more-characters", least=50)
DATA_ENCRYPTION_KEYS = env.secrets("DATA_ENCRYPTION_KEYS", example="oldest-random-key-32-characters,newest-key-…")
DATA_INDEX_KEY = env.secret("DATA_INDEX_KEY", example="a-random-text-of-32-or-more-characters")
API_KEY_PEPPER = env.secret("API_KEY_PEPPER", example="a-random-text-of-32-or-more-characters")
FIRST_ADMIN_TOKEN = env.text("FIRST_ADMIN_TOKEN", example="a-random-text", default="")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", example="loandesk.example", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", example="https://loandesk.example", default=[])
_DATABASE = env.database("DATABASE_URL")
# A pooler that lends a connection for one transaction (PgBouncer): nothing may be set for a session, nor kept in one.
DATABASE_POOLED = env.flag("DATABASE_POOLED", default=False)
# Queries follow foreign keys from the row they look for. Trying all orders of eight or nine joins took PostgreSQL 15 ms of
# planning for a loan page, four times as long as with five, and found the same plan.
_JOINS_AS_WRITTEN = {} if DATABASE_POOLED else {"options": "-c join_collapse_limit=5"}
# A statement sent for the sixth time is prepared: PostgreSQL reads and plans it no more, a fifth less from application to
# payment. A pooler must know of prepared statements (PgBouncer from 1.21 on), or they stay off.
_PREPARED = {
    "server_side_binding": True,
    "prepare_threshold": 5 if env.flag("DATABASE_PREPARED_STATEMENTS", default=not DATABASE_POOLED) else None,
}
DATABASES = {
    "default": {
        **_DATABASE,
        "OPTIONS": _JOINS_AS_WRITTEN | _PREPARED | _DATABASE["OPTIONS"],
        "CONN_MAX_AGE": env.number("DATABASE_CONNECTION_SECONDS", default=60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "DISABLE_SERVER_SIDE_CURSORS": DATABASE_POOLED,
    }
}
# A streaming replica for pages that may be a little behind; without one everything is read from DATABASE_URL.
REPLICA_PLACES = ("/app/",)
REPLICA_PLACES_BELOW = ("/app/books/", "/app/audit/", "/admin/")
DATABASE_REPLICA_LAG_SECONDS = env.number("DATABASE_REPLICA_LAG_SECONDS", default=30)
if env.text("DATABASE_REPLICA_URL", example="postgresql://loandesk:password@replica.example:5432/loandesk", default=""):
    _REPLICA = env.database("DATABASE_REPLICA_URL")
    _FOR_PAGES = {"prepare_threshold": None}  # see core.middleware
    _PATIENT = {"connect_timeout": "2"}  # then the primary answers
    DATABASES["replica"] = DATABASES["default"] | _REPLICA | {
        "OPTIONS": _JOINS_AS_WRITTEN | _PREPARED | _FOR_PAGES | _PATIENT | _REPLICA["OPTIONS"],
        "TEST": {"MIRROR": "default"},
    }  # fmt: skip
    DATABASE_ROUTERS = ["core.replica.Router"]
REDIS_URL, CELERY_BROKER_URL = env.redis("REDIS_URL")

# --- what is installed, ground floor first --------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "simple_history",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "axes",
    "csp",
    "core",
    "staff",
    "audit",
    "partners",
    "casework",
    "ledger",
    "borrowers",
    "messaging",
    "loans",
    "risk",
    "debt_collections",
    "operations",
    "desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.content_policy.AdminContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.PageReads",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.AuditContext",
    "desk.middleware.FreshCounts",
    "staff.web.errors.RefusalPages",
    "core.replica.ReadsFromReplica",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "staff.web.context.person",
                "desk.navigation.navigation",
                "core.replica.for_pages",
            ],
        },
    }
]

# --- language, time -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", example="Asia/Shanghai", default="Asia/Shanghai")

# --- people and passwords -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "staff.backends.StaffBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/app/"
LOGOUT_REDIRECT_URL = "/login/"
AXES_ENABLE_ADMIN = False  # the record of failed sign-ins is only looked at: staff/admin.py
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "staff.web.sign_in.locked_out"

# --- what the browser is told ---------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", default=False) else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", default=31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "staff.web.errors.stale_form"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- files ----------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.text("STATIC_ROOT", example="/var/lib/loandesk/static", default=str(BASE_DIR / "staticfiles"))
MEDIA_ROOT = env.text("MEDIA_ROOT", example="/var/lib/loandesk/files", default=str(BASE_DIR / "artefacts" / "files"))
# Where sealed evidence lies: a folder, or another storage of Django by its class and options, such as S3 by django-storages.
EVIDENCE_FILES = env.text(
    "EVIDENCE_FILES", example="/var/lib/loandesk/evidence", default=str(Path(MEDIA_ROOT) / "evidence")
)
_FOLDER = "django.core.files.storage.FileSystemStorage"
_EVIDENCE_STORAGE = env.text("EVIDENCE_STORAGE", example="storages.backends.s3.S3Storage", default=_FOLDER)
_EVIDENCE_OPTIONS = env.mapping("EVIDENCE_STORAGE_OPTIONS", example='{"bucket_name": "evidence"}')
_IN_FOLDER = {"location": EVIDENCE_FILES, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
# What one process that looks at a file of evidence may use.
EVIDENCE_CPU_SECONDS = env.number("EVIDENCE_CPU_SECONDS", default=20, least=1)
EVIDENCE_SECONDS = env.number("EVIDENCE_SECONDS", default=40, least=1)
EVIDENCE_MEMORY_MB = env.number("EVIDENCE_MEMORY_MB", default=2_000, least=200)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "evidence": {
        "BACKEND": _EVIDENCE_STORAGE,
        "OPTIONS": _EVIDENCE_OPTIONS or (_IN_FOLDER if _EVIDENCE_STORAGE == _FOLDER else {}),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- cache and background work --------------------------------------------------------------------------------------
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
}
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
# The parts of the night have a queue of their own: what is due meanwhile does not wait behind hundreds of them, and machines
# may be added for the night alone.
CELERY_TASK_ROUTES = {"operations.close_chunk": {"queue": "night"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Who wakes a worker tries once and waits a moment at most: a broker that is down must hold up no payment. The worker and
# beat try again by settings of their own.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 6 * 3600, "max_retries": 0, "socket_connect_timeout": 1, "socket_timeout": 3,
}  # fmt: skip
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = BEAT_TABLE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
FRESH_LOOKS_SECONDS = 1  # a process wakes a worker for loans that changed at most this often
BROKER_REST_SECONDS = 30  # so long a process does not try to reach a broker that did not answer

# --- the business ---------------------------------------------------------------------------------------------------
DEFAULT_MARKET = env.text("DEFAULT_MARKET", example="CN", default="CN")
END_OF_DAY_CHUNK_SIZE = env.number("END_OF_DAY_CHUNK_SIZE", default=20_000, least=1)
END_OF_DAY_WORKERS = env.number("END_OF_DAY_WORKERS", default=1, least=1)
END_OF_DAY_FAN_OUT = env.flag("END_OF_DAY_FAN_OUT", default=False)
VERIFICATION_PROCESSES = env.number("VERIFICATION_PROCESSES", default=os.cpu_count() or 1, least=1)

# --- the bank that pays loans out -----------------------------------------------------------------------------------
DEBIT_ADAPTER = env.text(
    "DEBIT_ADAPTER", example="house.banking.OurDebits", default="loans.banking.debits.SimulatedDebits"
)
HOLDER_CHECK_ADAPTER = env.text(
    "HOLDER_CHECK_ADAPTER",
    example="house.banking.OurHolderCheck",
    default="borrowers.holder_checks.SimulatedHolderCheck",
)
BANK_ADAPTER = env.text(
    "BANK_ADAPTER", example="loans.banking.iso20022.FileBank", default="loans.banking.simulator.SimulatedBank"
)
BANK_FILES = env.text("BANK_FILES", example="/var/lib/loandesk/bank", default=str(BASE_DIR / "artefacts" / "bank"))
BANK_DEBTOR = {
    "name": env.text("BANK_DEBTOR_NAME", example="Example Lending Ltd", default="Loandesk"),
    "account": env.text("BANK_DEBTOR_ACCOUNT", example="6222000000000000", default="0000000000000000"),
    "bank": env.text("BANK_DEBTOR_BANK", example="Example Bank", default="Simulated Bank"),
}

# --- messages to borrowers and staff --------------------------------------------------------------------------------
MESSAGING_CHANNELS = {
    kind: f"messaging.channels.{adapter}"
    for kind, _colon, adapter in (
        pair.partition(":")
        for pair in env.words("MESSAGING_CHANNELS", example="sms:simulator,email:smtp", default=["sms:simulator"])
    )
}
MESSAGING_SIMULATOR_SECONDS = env.number("MESSAGING_SIMULATOR_SECONDS", default=120)
MESSAGING_SIGNATURE = env.text("MESSAGING_SIGNATURE", example="Loandesk", default="Loandesk")
globals().update(env.email("EMAIL_URL", default="console://"))
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", example="loans@loandesk.example", default="loandesk@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- the API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "partners.api.problems.answer_problem",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Loandesk API",
    "DESCRIPTION": "Consumer loans from application to recovery, for partners' programs.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/api/v1", "description": "This installation"}],
    "PREPROCESSING_HOOKS": ["partners.api.schema.tidy_paths"],
    "POSTPROCESSING_HOOKS": [],  # choices stand where they are used; names made up for them would change too easily
}

# --- the admin ------------------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Loandesk",
    "SITE_HEADER": _("Loandesk configuration"),
    "SITE_URL": "/app/",
    "SHOW_HISTORY": True,
    "ENVIRONMENT": "core.replica.for_admin",
    # The accent of the desk (static/core/tokens.css), so that the two surfaces are one house.
    "COLORS": {
        "primary": {
            "50": "#eef8fb",
            "100": "#d6eef4",
            "200": "#b2dfea",
            "300": "#8ad6e9",
            "400": "#67c7df",
            "500": "#2b8fab",
            "600": "#155e75",
            "700": "#155e75",
            "800": "#0e4a5e",
            "900": "#0d3d4e",
            "950": "#082733",
        }
    },
}

# --- logs -----------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", example="INFO", default="INFO").upper()
LOGGING = logging_table(level=LOG_LEVEL, readable=DEBUG)
structlog.configure(
    processors=[*LOG_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
