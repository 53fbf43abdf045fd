"""How long what Django keeps in a memcached is there, as its cache back ends and its two session engines over them tell.

Run as `python3 lives.py BACKEND OPTIONS WRITING_DOOR READING_DOOR`, OPTIONS being JSON; prints what was found as JSON.
"""

import json
import sys
import warnings

import django
from django.conf import settings

BACKEND, OPTIONS, WRITING_DOOR, READING_DOOR = sys.argv[1:]

#: Any of three hosts owns a key: with so many each owns some.
KEYS = 12
DAY = 86_400


def cache_at(door):
    return {
        "BACKEND": "django.core.cache.backends.memcached." + BACKEND,
        "LOCATION": door,
        "OPTIONS": json.loads(OPTIONS),
    }


settings.configure(
    SECRET_KEY="only for these tests",
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    CACHES={"default": cache_at(WRITING_DOOR), "other": cache_at(READING_DOOR)},
)
django.setup()

from django.contrib.sessions.backends import cache as cache_engine  # noqa: E402
from django.contrib.sessions.backends import cached_db as cached_db_engine  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
writing, reading = caches["default"], caches["other"]


def left(name, write):
    """How many of the keys are there, on the other host, after `write` has done something with each."""
    keys = [f"{name}-{n}" for n in range(KEYS)]
    for key in keys:
        write(key)
    return sum(reading.get(key) == "value" for key in keys)


def touched(timeout):
    def write(key):
        writing.set(key, "value", 600)
        writing.touch(key, timeout)

    return write


def grown(key):
    writing.set(key, "value", 600)
    try:
        writing.set(key, "x" * 1_500_000, 600)
    except Exception as error:  # Django 3.2 lets the client's own error out.
        warnings.warn(repr(error))


def add_over_expired(key):
    """What is over must not be in the way of what is added, nor come back."""
    writing.set(key, "former", -1)
    writing.add(key, "value", 600)


def in_session(engine, expiry):
    """How many sessions of this expiry are there, on the other host, right after they were saved."""
    found = 0
    for _ in range(KEYS):
        session = engine.SessionStore()
        session["state"] = "kept"
        session.save()
        session.set_expiry(expiry)
        session.save()
        again = engine.SessionStore(session.session_key)
        again._cache = reading
        found += again.get("state") == "kept"
    return found


def after_logout(engine):
    """How often an ended session, or the id from before a login, is found again."""
    found = 0
    for _ in range(KEYS):
        session = engine.SessionStore()
        session["state"] = "kept"
        session.save()
        before = session.session_key
        session.cycle_key()
        session.save()
        after = session.session_key
        session.flush()
        for key in (before, after):
            again = engine.SessionStore(key)
            again._cache = reading
            found += again.get("state") == "kept"
    return found


def not_in_database(engine):
    """How many sessions are in the cache and no longer in the database, which asks for nothing while the cache has them."""
    session = engine.SessionStore()
    session["state"] = "kept"
    session.save()
    Session.objects.all().delete()
    again = engine.SessionStore(session.session_key)
    again._cache = reading
    return int(again.get("state") == "kept")


found = {
    "set, no end": left("none", lambda key: writing.set(key, "value", None)),
    "set, 600 s": left("usual", lambda key: writing.set(key, "value", 600)),
    "set, 40 days": left("long", lambda key: writing.set(key, "value", 40 * DAY)),
    "set, 0": left("zero", lambda key: writing.set(key, "value", 0)),
    "set, -1": left("past", lambda key: writing.set(key, "value", -1)),
    "set, -10": left("past10", lambda key: writing.set(key, "value", -10)),
    "set, minus 29 days": left("past29d", lambda key: writing.set(key, "value", -29 * DAY)),
    "set over another, -1": left("over", lambda key: (writing.set(key, "value", 600), writing.set(key, "value", -1))),
    "add, -1": left("add", lambda key: writing.add(key, "value", -1)),
    "add, over what is over": left("readd", add_over_expired),
    "touch, 600 s": left("touch", touched(600)),
    "touch, 0": left("touch0", touched(0)),
    "touch, -1": left("touch-1", touched(-1)),
    "too large": left("grown", grown),
}
for name, engine in (("cache", cache_engine), ("cached_db", cached_db_engine)):
    found[f"{name}: an hour"] = in_session(engine, 3600)
    found[f"{name}: 40 days"] = in_session(engine, 40 * DAY)
    found[f"{name}: as long as the browser"] = in_session(engine, 0)
    found[f"{name}: -5 s"] = in_session(engine, -5)
    found[f"{name}: logged out"] = after_logout(engine)
found["cached_db: only in the cache"] = not_in_database(cached_db_engine)
print(json.dumps(found))
