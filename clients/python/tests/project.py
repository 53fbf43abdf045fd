"""
A small Django project for the tests, over the daemon at MAGLIA_URL (http://127.0.0.1:7420 without it) that listens on
the unix socket MAGLIA_SOCKET as well.
"""

import http.client
import json
import os
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command

URL = os.environ.get("MAGLIA_URL", "http://127.0.0.1:7420")
SOCKET = os.environ.get("MAGLIA_SOCKET", "")

TWO_WEEKS = 1209600


def prepare():
    """Sets Django up, once for all test modules."""
    if settings.configured:
        return
    settings.configure(
        SECRET_KEY="only for these tests",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="pages",
        USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        SESSION_ENGINE="maglia_django.sessions",
        SESSION_COOKIE_AGE=TWO_WEEKS,
        MAGLIA={"url": URL, "timeout": 5.0},
        # The pages that fail here are meant to.
        LOGGING={"version": 1, "loggers": {"django.request": {"level": "CRITICAL"}}},
    )
    django.setup()
    call_command("migrate", verbosity=0)


def ask_daemon(method, path, body=None):
    """What another application on this host sees and does; `(status, answer)`."""
    parts = urlsplit(URL)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    try:
        headers = {} if body is None else {"content-type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        content = response.read()
        return response.status, json.loads(content) if content else {}
    finally:
        connection.close()


def stored(session_key):
    """The session as the daemon has it: `id`, `version`, `ttlSeconds`, `data`; None where there is none."""
    status, answer = ask_daemon("GET", f"/v1/sessions/{session_key}")
    return answer if status == 200 else None


def change_elsewhere(session_key, patch):
    """As a request of the same visitor does that another application answers."""
    status, answer = ask_daemon("PATCH", f"/v1/sessions/{session_key}", {"data": patch})
    if status != 200:
        raise AssertionError(f"the daemon answered {status} {answer}")
