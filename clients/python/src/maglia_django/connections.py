"""
HTTP/1.1 to the daemon of this host, over TCP or a unix socket.

A connection is used by one thread at a time and kept for the next call. One on which anything went wrong is closed and
never used again: a late answer must not be taken for the answer to somebody else's question (S0).
"""

import http.client
import os
import socket
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Mapping, Optional

from .configuration import Configuration
from .deadline_socket import DeadlineSocket, seconds_left
from .errors import DaemonUnavailable

#: Well below the 75 seconds after which the daemon closes an idle connection: we never write into a closing one.
MAX_IDLE_SECONDS = 30

#: Further connections are closed after use.
MAX_KEPT = 32


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Optional[bytes]
    #: Whether doing it twice is the same as doing it once. Only then is it sent again where a kept connection broke.
    is_repeatable: bool


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes


class TcpConnection(http.client.HTTPConnection):
    """The standard library's client, with one deadline for each exchange."""

    def begin(self, deadline: float) -> None:
        """Until when the next exchange has to end, dialling included."""
        self.timeout = seconds_left(deadline)
        if self.sock is None:
            self.connect()
            self.sock = DeadlineSocket(self.sock, deadline)
        else:
            self.sock.deadline = deadline


class UnixConnection(TcpConnection):
    """The same over a unix socket."""

    def __init__(self, path: str):
        super().__init__("localhost")
        self._path = path

    def connect(self):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(self.timeout)
            sock.connect(self._path)
        except BaseException:
            sock.close()
            raise
        self.sock = sock


class Connections:
    """The connections of this process to one daemon."""

    def __init__(self, configuration: Configuration):
        self._configuration = configuration
        self._process = os.getpid()
        #: ``(connection, when it was last used)``, the latest on the right. A deque needs no lock.
        self._kept = deque()

    def ask(self, request: Request) -> Response:
        """
        :raises DaemonUnavailable: within ``timeout`` seconds, which is for the whole call
        """
        deadline = monotonic() + self._configuration.timeout
        kept = self._take_kept()
        if kept is not None:
            try:
                return self._exchange(kept, request, deadline)
            except (ConnectionError, http.client.BadStatusLine) as error:
                # The daemon was restarted since, most likely. What is left of a write may have been done all the same.
                if not request.is_repeatable:
                    raise self._unavailable(error, request) from error
            except (OSError, http.client.HTTPException) as error:
                raise self._unavailable(error, request) from error
        try:
            return self._exchange(self._new_connection(), request, deadline)
        except (OSError, http.client.HTTPException) as error:
            raise self._unavailable(error, request) from error

    def __del__(self):
        # Settings that were changed, as tests do, leave these to the garbage collector.
        _close_all(self._kept)

    def _exchange(self, connection, request, deadline):
        try:
            connection.begin(deadline)
            connection.request(request.method, request.path, body=request.body, headers=dict(request.headers))
            answer = connection.getresponse()
            response = Response(answer.status, answer.read())
        except BaseException:
            connection.close()
            raise
        if answer.will_close:
            connection.close()
        else:
            self._keep(connection)
        return response

    def _take_kept(self):
        if self._process != os.getpid():
            # A fork shares its parent's sockets: two processes would read each other's answers.
            inherited, self._kept = self._kept, deque()
            self._process = os.getpid()
            _close_all(inherited)
        while True:
            try:
                connection, used_at = self._kept.pop()
            except IndexError:
                return None
            if monotonic() - used_at < MAX_IDLE_SECONDS and connection.sock.is_quiet():
                return connection
            connection.close()

    def _keep(self, connection):
        if len(self._kept) >= MAX_KEPT:
            connection.close()
        else:
            self._kept.append((connection, monotonic()))

    def _new_connection(self):
        configuration = self._configuration
        if configuration.socket_path is not None:
            return UnixConnection(configuration.socket_path)
        return TcpConnection(configuration.host, configuration.port)

    def _unavailable(self, error, request):
        configuration = self._configuration
        if isinstance(error, (socket.timeout, TimeoutError)):
            why = f"no answer within {configuration.timeout:g} s"
        elif isinstance(error, http.client.RemoteDisconnected):
            why = "it closed the connection without an answer"
        else:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        doubt = "" if request.is_repeatable else " What was to be written may or may not be."
        return DaemonUnavailable(
            f"The maglia daemon at {configuration.url} does not answer: {why}.{doubt} Is it running on this host, and "
            "is MAGLIA['url'] where it listens (doors.http of the daemon)? `maglia status` tells."
        )


def _close_all(kept):
    for connection, _ in kept:
        connection.close()
