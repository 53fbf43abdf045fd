"""A life that is longer than the daemon gives is cut to the longest that it does give."""

import logging

#: No daemon can be told to keep sessions for longer: ten years.
ANY_DAEMONS_LONGEST_SECONDS = 315_360_000

logger = logging.getLogger("maglia_django")


class LongestLife:
    """
    The longest life that the daemon gives (its ``session.maxTtlSeconds``), as far as is known. A page does not fail for
    ``set_expiry()`` with ten years: that works with Django's own engines. It is said once.
    """

    def __init__(self):
        self._seconds = ANY_DAEMONS_LONGEST_SECONDS
        self._has_warned = False

    def cut(self, wanted_seconds):
        if wanted_seconds <= self._seconds:
            return wanted_seconds
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "A session was to live %d seconds; the maglia daemon gives at most %d, and such lives are cut to that: "
                "shorten SESSION_COOKIE_AGE or the expiry, or raise session.maxTtlSeconds of the daemons.",
                wanted_seconds,
                self._seconds,
            )
        return self._seconds

    def learn(self, seconds):
        """The daemon has said what its longest is."""
        self._seconds = seconds
