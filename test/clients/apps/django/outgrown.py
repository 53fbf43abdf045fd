"""A session of Django's cached_db that outgrows what the cache takes.

Run as `python3 outgrown.py BACKEND SAVING_DOOR LOADING_DOOR`; prints what each load finds as one JSON list.
"""

import json
import sys
import warnings

import django
from django.conf import settings

BACKEND, SAVING_DOOR, LOADING_DOOR = sys.argv[1:]


def cache_at(door):
    return {"BACKEND": "django.core.cache.backends.memcached." + BACKEND, "LOCATION": door}


settings.configure(
    SECRET_KEY="only for these tests",
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.cached_db",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    CACHES={"default": cache_at(SAVING_DOOR), "other": cache_at(LOADING_DOOR)},
)
django.setup()

from django.contrib.sessions.backends.cached_db import SessionStore  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)


def save(session):
    try:
        session.save()
    except Exception as error:  # Django 3.2 lets the client's own error out, once the database has the session.
        warnings.warn(repr(error))


def load(session_key, cache):
    session = SessionStore(session_key)
    session._cache = caches[cache]
    try:
        return session.get("state")
    except Exception as error:  # As above, when it puts the large row back into the cache.
        return "failed: " + type(error).__name__


found = []
for _ in range(4):
    session = SessionStore()
    session["state"] = "old"
    session.save()
    found.append(load(session.session_key, "other"))
    session["state"], session["big"] = "new", "x" * 1_500_000
    save(session)
    found += [load(session.session_key, cache) for cache in ("default", "other", "default")]
print(json.dumps(found))
