"""The calls of the daemon's HTTP door that the session store needs; ``/openapi.json`` of a daemon describes them."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Dict, Mapping, Optional, Union

from .configuration import Configuration, read_token
from .connections import Connections, Request
from .errors import DaemonRefused, MagliaError, SessionUnavailable, UnreadableSession
from .longest_life import LongestLife
from .session_json import object_text

#: Statuses by which the daemon says that it would have answered, and may do so the next time.
PASSING = frozenset([429, 503, 504])


@dataclass(frozen=True)
class Found:
    """A session that is there."""

    id: str
    version: int
    data: Dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A session as it stands after a write."""

    id: str
    version: int


@dataclass(frozen=True)
class Gone:
    """There is no such session, and nothing will bring it back."""

    #: As in docs/errors.md: owner-dead, expired, evicted, destroyed, unknown, malformed, store-lost, restarted, left.
    reason: str


@dataclass(frozen=True)
class Conflict:
    """Somebody wrote the session since it had the version that was named."""


class _LifeTooLong(DaemonRefused):
    """Nothing was done, because the daemon gives no life longer than ``most``."""

    def __init__(self, message, code, most):
        super().__init__(message, code)
        self.most = most


class Daemon:
    """The daemon of this host. Every call ends within the configured timeout, or raises a MagliaError."""

    def __init__(self, configuration: Configuration):
        self._connections = Connections(configuration)
        self._url = configuration.url
        self._longest_life = LongestLife()
        self._headers = {"accept": "application/json"}
        if configuration.token_file is not None:
            self._headers["authorization"] = f"Bearer {read_token(configuration.token_file)}"

    def mint(self, texts: Mapping[str, str], ttl_seconds: int) -> Written:
        """A new session with this data. Where the answer is lost, nobody knows the id: no harm in minting once more."""
        members = {"data": object_text(texts)}
        return _written(self._call_with_life("POST", "/v1/sessions", members, ttl_seconds, is_repeatable=True))

    def get(self, session_id: str) -> Union[Found, Gone]:
        answer = self._call("GET", f"/v1/sessions/{session_id}", is_repeatable=True)
        return answer if isinstance(answer, Gone) else _found(answer, session_id, "id")

    def open(self, session_id: str, ttl_seconds: int) -> Found:
        """The session, or the fresh one that every request of an orphan's visitor gets in its place."""
        members = {"id": json.dumps(session_id)}
        answer = self._call_with_life("POST", "/v1/sessions/open", members, ttl_seconds, is_repeatable=True)
        if isinstance(answer, Gone):
            raise self._not_maglia()
        return _found(answer, session_id, "id" if answer.get("state") == "found" else "previous")

    def put(
        self, session_id: str, texts: Mapping[str, str], ttl_seconds: int, if_version: Optional[int] = None
    ) -> Union[Written, Gone, Conflict]:
        headers = {} if if_version is None else {"if-match": f'"{if_version}"'}
        members = {"data": object_text(texts)}
        answer = self._call_with_life("PUT", f"/v1/sessions/{session_id}", members, ttl_seconds, headers)
        return answer if isinstance(answer, (Gone, Conflict)) else _written(answer, session_id)

    def patch(self, session_id: str, texts: Mapping[str, str], ttl_seconds: int) -> Union[Written, Gone]:
        """A JSON merge patch (RFC 7396), applied by the owner."""
        members = {"data": object_text(texts)}
        answer = self._call_with_life("PATCH", f"/v1/sessions/{session_id}", members, ttl_seconds)
        return answer if isinstance(answer, Gone) else _written(answer, session_id)

    def touch(self, session_id: str, ttl_seconds: int) -> Union[Written, Gone]:
        path = f"/v1/sessions/{session_id}/touch"
        answer = self._call_with_life("POST", path, {}, ttl_seconds, is_repeatable=True)
        return answer if isinstance(answer, Gone) else _written(answer, session_id)

    def rotate(self, session_id: str) -> Union[Written, Gone]:
        """A new id for the same data; the old one is dead on every node from now on, for readers as well."""
        answer = self._call("POST", f"/v1/sessions/{session_id}/rotate", '{"graceSeconds":0}')
        if isinstance(answer, Gone):
            return answer
        _check(answer, "previous", session_id)
        return _written(answer)

    def destroy(self, session_id: str) -> None:
        self._call("DELETE", f"/v1/sessions/{session_id}", is_repeatable=True)

    def _call_with_life(self, method, path, members, ttl_seconds, headers=None, is_repeatable=False):
        """Once more where the life was too long for the daemon, which then has done nothing."""
        asked = self._longest_life.cut(ttl_seconds)
        try:
            return self._call(method, path, _body(members, asked), headers, is_repeatable)
        except _LifeTooLong as refused:
            if refused.most >= asked:
                raise
            self._longest_life.learn(refused.most)
        return self._call(method, path, _body(members, self._longest_life.cut(ttl_seconds)), headers, is_repeatable)

    def _call(self, method, path, body=None, headers=None, is_repeatable=False):
        sent = {**self._headers, **(headers or {})}
        if body is not None:
            sent["content-type"] = "application/json"
        content = None if body is None else body.encode("ascii")
        response = self._connections.ask(Request(method, path, sent, content, is_repeatable))
        if response.status == 204:
            return {}
        answer = self._parse(response.body)
        if 200 <= response.status < 300:
            return answer
        code, message = answer.get("code"), answer.get("message")
        if not isinstance(code, str):
            raise self._not_maglia()
        if code == "SESSION_MISS":
            return Gone(str(answer.get("reason", "unknown")))
        if code == "MALFORMED_ID":
            return Gone("malformed")
        if code == "VERSION_CONFLICT":
            return Conflict()
        if code == "NOT_JSON":
            raise _unreadable()
        if response.status in PASSING:
            raise SessionUnavailable(f"The session cannot be had now ({code}): {message}", code)
        if code == "UNAUTHORIZED":
            message = "it demands its token; MAGLIA['token_file'] is missing or names another one"
        text = f"The maglia daemon at {self._url} refused ({code}): {message}"
        if answer.get("field") == "ttlSeconds" and isinstance(answer.get("most"), int):
            raise _LifeTooLong(text, code, answer["most"])
        raise DaemonRefused(text, code)

    def _parse(self, body):
        try:
            answer = json.loads(body)
        except ValueError:
            raise self._not_maglia() from None
        if not isinstance(answer, dict):
            raise self._not_maglia()
        return answer

    def _not_maglia(self):
        return DaemonRefused(f"What answers at {self._url} is no maglia daemon: MAGLIA['url'] names something else.")


@lru_cache(maxsize=8)
def daemon_for(configuration: Configuration) -> Daemon:
    """One for the whole process, so that requests share its connections."""
    return Daemon(configuration)


def _body(members, ttl_seconds):
    """``members`` are JSON texts by name."""
    return object_text({**members, "ttlSeconds": str(ttl_seconds)})


def _found(answer, session_id, field):
    _check(answer, field, session_id)
    data = answer.get("data")
    if not isinstance(data, dict):
        raise _unreadable()
    written = _written(answer)
    return Found(written.id, written.version, data)


def _written(answer, session_id=None):
    if session_id is not None:
        _check(answer, "id", session_id)
    return Written(answer["id"], answer["version"])


def _check(answer, field, session_id):
    """What is answered for an id is of that id, or it is not used at all (S0)."""
    if answer.get(field) != session_id:
        raise MagliaError("The daemon answered for another session than it was asked for.", "WRONG_SESSION")


def _unreadable():
    return UnreadableSession(
        "What is kept in this session is not a JSON object: some other application writes its own format into it, such "
        "as PHP's. Have it write JSON."
    )
