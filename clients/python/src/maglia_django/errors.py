"""What a page can end with when its session could not be had. Match on the class or on ``code``, not on the text."""


class MagliaError(Exception):
    """The session could not be read or kept; it is neither lost nor reset by that."""

    #: Stable, as in docs/errors.md for what the daemon answers.
    code = "MAGLIA"

    def __init__(self, message, code=None):
        super().__init__(message)
        if code is not None:
            self.code = code


class DaemonUnavailable(MagliaError):
    """The daemon of this host does not answer."""

    code = "DAEMON_UNAVAILABLE"


class SessionUnavailable(MagliaError):
    """The daemon answers, but for now nobody may answer for this session."""

    code = "SESSION_UNAVAILABLE"


class DaemonRefused(MagliaError):
    """The daemon does not take what it was asked, and would not take it the next time either."""

    code = "DAEMON_REFUSED"


class UnreadableSession(MagliaError):
    """The session is there, but what some other application keeps in it is not a JSON object."""

    code = "NOT_JSON"
