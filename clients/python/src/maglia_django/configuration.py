"""``settings.MAGLIA``, read strictly: a mistake in it is found when the server starts, not by the first visitor."""

from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from os import fspath
from typing import Optional
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DEFAULTS = {"url": "http://127.0.0.1:7420", "timeout": 1.0, "token_file": None, "merge": True}

DEFAULT_PORT = 7420

#: The longest path of a unix socket that Linux takes.
MAX_SOCKET_PATH_BYTES = 107

JSON_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"


@dataclass(frozen=True)
class Configuration:
    """Where the daemon is, and how it is asked."""

    url: str
    host: str
    port: int
    #: Instead of host and port, where the daemon listens on a unix socket.
    socket_path: Optional[str]
    #: Seconds that one call may take, from dialling to the last byte.
    timeout: float
    token_file: Optional[str]
    merge: bool


def read_configuration() -> Configuration:
    """
    The settings as they are now.

    :raises ImproperlyConfigured: naming the setting, and what is expected of it
    """
    if settings.SESSION_SERIALIZER != JSON_SERIALIZER:
        raise ImproperlyConfigured(
            "maglia keeps sessions as JSON, so that PHP and Node.js read them as well: take SESSION_SERIALIZER "
            f"({settings.SESSION_SERIALIZER!r}) out of the settings."
        )
    given = getattr(settings, "MAGLIA", {})
    if not isinstance(given, dict):
        raise _wrong("MAGLIA", given, 'a dictionary such as {"url": "http://127.0.0.1:7420"}')
    for key in given:
        if key not in DEFAULTS:
            raise ImproperlyConfigured(f"MAGLIA has no setting {key!r}. {_meant(key)}")
    chosen = {**DEFAULTS, **given}
    host, port, socket_path = _endpoint(chosen["url"])
    return Configuration(
        url=chosen["url"],
        host=host,
        port=port,
        socket_path=socket_path,
        timeout=_timeout(chosen["timeout"]),
        token_file=_token_file(chosen["token_file"]),
        merge=_merge(chosen["merge"]),
    )


def read_token(token_file: str) -> str:
    """
    The token that the daemon's door demands (``doors.tokenFile`` of the daemon), without the newline at its end.

    :raises ImproperlyConfigured: where there is none that could be sent
    """
    expected = "the path of a file with the daemon's token, which this user may read"
    try:
        with open(token_file, encoding="ascii") as file:
            token = file.read().strip()
    except OSError as error:
        # Without the path: now and then somebody writes the token itself where the path belongs.
        raise ImproperlyConfigured(f"MAGLIA['token_file']: {error.strerror}; expected {expected}.") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"MAGLIA['token_file']: not ASCII text; expected {expected}.") from None
    if not token or len(token.split()) != 1:
        raise ImproperlyConfigured(f"MAGLIA['token_file']: one word is expected in it; it should be {expected}.")
    return token


def _endpoint(url):
    if not isinstance(url, str):
        raise _wrong("MAGLIA['url']", url, "a text")
    if url.startswith("unix://"):
        return _unix_endpoint(url)
    expected = "http://<host>[:<port>] or unix:///<path of a socket>"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("MAGLIA['url']", url, expected) from None
    if parts.scheme == "https":
        raise _wrong("MAGLIA['url']", url, f"{expected}: the daemon is on this host and speaks no TLS")
    if parts.scheme != "http" or not parts.hostname:
        raise _wrong("MAGLIA['url']", url, expected)
    if parts.username is not None:
        raise ImproperlyConfigured("MAGLIA['url'] has a user in it; the daemon knows none: see MAGLIA['token_file'].")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _wrong("MAGLIA['url']", url, f"{expected}, with nothing behind it")
    return parts.hostname, DEFAULT_PORT if port is None else port, None


def _unix_endpoint(url):
    path = url[len("unix://") :]
    if not path.startswith("/") or "\0" in path:
        raise _wrong("MAGLIA['url']", url, "unix:// and an absolute path, such as unix:///run/maglia/http.sock")
    if len(path.encode()) > MAX_SOCKET_PATH_BYTES:
        raise _wrong("MAGLIA['url']", url, f"a path of at most {MAX_SOCKET_PATH_BYTES} bytes")
    return "localhost", DEFAULT_PORT, path


def _timeout(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or value <= 0:
        raise _wrong("MAGLIA['timeout']", value, "a number of seconds above 0, such as 1.0")
    return float(value)


def _token_file(value):
    if value is None:
        return None
    try:
        return fspath(value)
    except TypeError:
        raise _wrong("MAGLIA['token_file']", value, "the path of a file, or None") from None


def _merge(value):
    if not isinstance(value, bool):
        raise _wrong("MAGLIA['merge']", value, "True or False")
    return value


def _wrong(setting, found, expected):
    return ImproperlyConfigured(f"{setting} is {found!r}; expected {expected}.")


def _meant(key):
    near = get_close_matches(str(key), DEFAULTS, n=1)
    return f"Is {near[0]!r} meant?" if near else f"There are {', '.join(map(repr, DEFAULTS))}."
