# The image of the web server, the worker and beat; which of them runs is the command. PostgreSQL and Redis are apart.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes --no-deps -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/files
RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin loandesk \
    && mkdir -p /srv/static /srv/files && chown loandesk:loandesk /srv/files
COPY --from=packages /opt/venv /opt/venv
WORKDIR /srv/loandesk
COPY . .
# Collecting static files needs settings but no secrets worth the name: these four exist only during this line.
RUN SECRET_KEY=only-while-building-only-while-building-only-while-building-x \
    DATA_ENCRYPTION_KEYS=only-while-building-only-while-building \
    DATA_INDEX_KEY=only-while-building-only-while-building \
    API_KEY_PEPPER=only-while-building-only-while-building \
    DATABASE_URL=postgresql://nobody@nowhere/nothing REDIS_URL=redis://nowhere/0 \
    python manage.py collectstatic --no-input --verbosity 0
USER loandesk
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--timeout", "120", "--access-logfile", "-"]
