"""
Django's session engine over a maglia daemon: ``SESSION_ENGINE = "maglia_django.sessions"``.

    a page is asked for     load    GET       the session; of an orphan: open, which gives all its visitor's requests
                                              one and the same new session
    the page has changed it save    PATCH     the keys that this request changed, and no others
                                    PUT       where a patch cannot say it; only if nobody wrote meanwhile
                                    touch     nothing changed, it only lives on
    the first change        create  mint      a new id, of this host
    login, logout           cycle_key, delete rotate, destroy: the old id stays dead on every host
"""

import re
from datetime import datetime, timedelta
from random import uniform
from time import sleep

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.utils import timezone

from .configuration import read_configuration
from .daemon import Gone, Written, daemon_for
from .errors import SessionUnavailable
from .session_json import difference, stored_texts, to_texts

MINTED_FORM = re.compile(r"[0-9a-zA-Z][0-9a-z]{26}")

#: Nobody is there to answer for the session: another host has to take the visitor over.
ORPHANED = frozenset({"owner-dead", "left"})

EXPIRY_KEY = "_session_expiry"

#: With the pauses between them about three seconds; fifty requests that collide need four or five each.
MAX_WRITE_ATTEMPTS = 24

SHORTEST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.3


class SessionStore(SessionBase):
    """A session in the mesh."""

    def __init__(self, session_key=None):
        self._configuration = read_configuration()
        self._daemon = daemon_for(self._configuration)
        #: What was read or written last, None while nothing was: then a save replaces whatever there is.
        self._known = None
        #: The version that consists of exactly that; None where others may have added to it.
        self._version = None
        super().__init__(session_key)

    def load(self):
        found = self._daemon.get(self.session_key)
        if isinstance(found, Gone) and found.reason in ORPHANED:
            found = self._daemon.open(self.session_key, self.get_session_cookie_age())
            # The cookie has to change even if this page only reads: for that Django wants a modified session.
            self.modified = self.modified or found.id != self.session_key
        if isinstance(found, Gone):
            return self._begin_afresh()
        if self._is_over(found.data):
            self._daemon.destroy(found.id)
            return self._begin_afresh()
        self._session_key = found.id
        self._known, self._version = stored_texts(found.data), found.version
        return found.data

    def create(self):
        texts = to_texts(self._get_session(no_load=True))
        minted = self._daemon.mint(texts, self._ttl_seconds())
        self._session_key = minted.id
        self._known, self._version = texts, minted.version
        self.modified = True

    def save(self, must_create=False):
        if self.session_key is None:
            self.create()
            return
        if must_create:
            # Ids are drawn by the daemon: nothing is made under one that somebody brings along.
            raise CreateError
        data = self._get_session()
        # Loading has found that there is no such session.
        if self.session_key is None:
            raise UpdateError
        if isinstance(self._write(to_texts(data, self._known or {})), Gone):
            raise UpdateError

    def delete(self, session_key=None):
        session_key = self.session_key if session_key is None else session_key
        if self._validate_session_key(session_key):
            self._daemon.destroy(session_key)

    def exists(self, session_key):
        if not self._validate_session_key(session_key):
            return False
        found = self._daemon.get(session_key)
        return not isinstance(found, Gone) and not self._is_over(found.data)

    def cycle_key(self):
        """
        A new id for the same data. What this request has changed and not saved yet is saved under the new id when the
        request ends.

        Where the session was destroyed meanwhile, by a logout for instance, or its owner has died, it is reset as a
        whole: carrying on with what was read would bring it back under another name.
        """
        # Reads the session; where there is none, there is no key afterwards.
        self._get_session()
        rotated = None if self.session_key is None else self._daemon.rotate(self.session_key)
        if isinstance(rotated, Written):
            self._session_key = rotated.id
            # Others may have written between our reading and this.
            self._version = None
            self.modified = True
            return
        if isinstance(rotated, Gone):
            self._session_cache = {}
        self.create()

    async def acycle_key(self):
        # Django's own would mint and delete in two steps.
        await sync_to_async(self.cycle_key)()

    @classmethod
    def clear_expired(cls):
        """Nothing to do: the daemons let expired sessions go by themselves."""

    def set_expiry(self, value):
        if isinstance(value, timedelta):
            value = timezone.now() + value
        # As Django does since 4.1; before, JSON could not hold a moment.
        super().set_expiry(value.isoformat() if isinstance(value, datetime) else value)

    def get_expiry_age(self, **kwargs):
        return super().get_expiry_age(**self._with_moment(kwargs))

    def get_expiry_date(self, **kwargs):
        return super().get_expiry_date(**self._with_moment(kwargs))

    def _with_moment(self, arguments):
        # Not looked at where it is given: Django promises that this does not load the session.
        expiry = arguments["expiry"] if "expiry" in arguments else self.get(EXPIRY_KEY)
        return {**arguments, "expiry": _moment(expiry) if isinstance(expiry, str) else expiry}

    def _validate_session_key(self, key):
        return isinstance(key, str) and MINTED_FORM.fullmatch(key) is not None

    def _begin_afresh(self):
        self._session_key = None
        return {}

    def _is_over(self, data):
        """
        Whether the moment is past at which the application wanted it to end; others may have touched it since. Seconds
        below 0 were past when they were set, as for Django's own engines; 0 means until the browser is closed.
        """
        expiry = data.get(EXPIRY_KEY)
        if isinstance(expiry, str):
            return self.get_expiry_age(expiry=expiry) <= 0
        return isinstance(expiry, (int, float)) and expiry < 0

    def _ttl_seconds(self):
        # The daemon takes 0 for "as long as usual". What should be over already is over in a second, or when read.
        return max(1, int(self.get_expiry_age()))

    def _write(self, texts):
        """Written or Gone; `texts` is all of the session as this request has it."""
        ttl_seconds = self._ttl_seconds()
        if self._known is not None:
            changes = difference(self._known, texts)
            if not changes:
                return self._daemon.touch(self.session_key, ttl_seconds)
            if self._configuration.merge:
                return self._merge(changes, texts, ttl_seconds)
        written = self._daemon.put(self.session_key, texts, ttl_seconds)
        if isinstance(written, Written):
            self._known, self._version = texts, written.version
        return written

    def _merge(self, changes, texts, ttl_seconds):
        if changes.is_patch:
            written = self._daemon.patch(self.session_key, changes.as_patch(), ttl_seconds)
            if isinstance(written, Written):
                self._known, self._version = texts, None
            return written

        whole, version = texts, self._version
        for attempt in range(MAX_WRITE_ATTEMPTS):
            if version is None:
                found = self._daemon.get(self.session_key)
                if isinstance(found, Gone):
                    return found
                whole, version = changes.applied_to(stored_texts(found.data)), found.version
            written = self._daemon.put(self.session_key, whole, ttl_seconds, if_version=version)
            if isinstance(written, Written):
                self._known, self._version = texts, written.version if whole is texts else None
                return written
            if isinstance(written, Gone):
                return written
            version = None
            # Apart from each other, or all who have failed fail once more, but for one.
            sleep(uniform(0, min(SHORTEST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)))
        raise SessionUnavailable("Too many requests write this session at the same time.", "VERSION_CONFLICT")


def _moment(text):
    """As this site has its moments; another site that shares the session may set USE_TZ differently."""
    moment = datetime.fromisoformat(text)
    if settings.USE_TZ == timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment) if settings.USE_TZ else timezone.make_naive(moment)


# The middleware imports this when the server starts: that is when a mistake in the settings should be found.
daemon_for(read_configuration())
