"""A socket on which a whole exchange ends in time; a socket's own timeout begins anew with each byte that comes."""

import io
import socket
from time import monotonic

#: A socket with no time left would not wait at all, which is another thing than a timeout.
SHORTEST_WAIT_SECONDS = 0.001


def seconds_left(deadline: float) -> float:
    return max(deadline - monotonic(), SHORTEST_WAIT_SECONDS)


class DeadlineSocket:
    """What http.client asks of a socket, all of it until ``deadline`` (monotonic)."""

    def __init__(self, sock: socket.socket, deadline: float):
        self._socket = sock
        self.deadline = deadline

    def sendall(self, data):
        # The limit is for all of the data, since Python 3.5.
        self._socket.settimeout(seconds_left(self.deadline))
        self._socket.sendall(data)

    def makefile(self, _mode):
        return io.BufferedReader(_DeadlineReader(self))

    def unbuffered(self):
        # The socket's own file holds it open until it is closed too, as http.client expects.
        return self._socket.makefile("rb", buffering=0)

    def wait_no_longer(self):
        self._socket.settimeout(seconds_left(self.deadline))

    def is_quiet(self) -> bool:
        """Whether the connection is open and nobody has said anything on it since the last answer."""
        try:
            self._socket.setblocking(False)
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self):
        self._socket.close()


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock):
        super().__init__()
        self._socket = sock
        self._file = sock.unbuffered()

    def readable(self):
        return True

    def readinto(self, buffer):
        self._socket.wait_no_longer()
        count = self._file.readinto(buffer)
        if monotonic() > self._socket.deadline:
            raise socket.timeout("timed out")
        return count

    def close(self):
        self._file.close()
        super().close()
