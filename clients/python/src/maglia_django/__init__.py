"""Django sessions in a maglia mesh: ``SESSION_ENGINE = "maglia_django.sessions"``."""

from .errors import DaemonRefused, DaemonUnavailable, MagliaError, SessionUnavailable, UnreadableSession

__all__ = ["DaemonRefused", "DaemonUnavailable", "MagliaError", "SessionUnavailable", "UnreadableSession"]
