"""Mistakes in the settings, each with a text that says what is expected."""

import importlib
import os
import tempfile
from pathlib import Path
from unittest import TestCase

from project import SOCKET, URL, prepare

prepare()

from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.test import override_settings  # noqa: E402

from maglia_django import sessions  # noqa: E402
from maglia_django.configuration import read_configuration, read_token  # noqa: E402


class Settings(TestCase):
    def test_all_have_a_default(self):
        with override_settings(MAGLIA={}):
            found = read_configuration()
        self.assertEqual((found.host, found.port, found.socket_path), ("127.0.0.1", 7420, None))
        self.assertEqual((found.timeout, found.token_file, found.merge), (1.0, None, True))

    def test_the_url_names_a_host_and_port_or_a_unix_socket(self):
        for url, expected in {
            "http://127.0.0.1:7420": ("127.0.0.1", 7420, None),
            "http://localhost/": ("localhost", 7420, None),
            "http://[::1]:80": ("::1", 80, None),
            "unix:///run/maglia/http.sock": ("localhost", 7420, "/run/maglia/http.sock"),
        }.items():
            with self.subTest(url), override_settings(MAGLIA={"url": url}):
                found = read_configuration()
                self.assertEqual((found.host, found.port, found.socket_path), expected)

    def test_a_mistake_is_named_with_what_is_expected(self):
        for wrong, text in [
            ("http://127.0.0.1:7420", "MAGLIA is .*; expected a dictionary"),
            ({"ulr": "http://127.0.0.1"}, "no setting 'ulr'. Is 'url' meant?"),
            ({"retries": 3}, "no setting 'retries'. There are 'url'"),
            ({"url": None}, r"MAGLIA\['url'\] is None"),
            ({"url": "127.0.0.1:7420"}, r"MAGLIA\['url'\].*expected http://"),
            ({"url": "http://"}, r"MAGLIA\['url'\].*expected http://"),
            ({"url": "http://127.0.0.1:port"}, r"MAGLIA\['url'\].*expected http://"),
            ({"url": "http://127.0.0.1:99999"}, r"MAGLIA\['url'\].*expected http://"),
            ({"url": "http://127.0.0.1/v1"}, "with nothing behind it"),
            ({"url": "https://127.0.0.1"}, "speaks no TLS"),
            ({"url": "http://me:secret@127.0.0.1"}, "token_file"),
            ({"url": "redis://127.0.0.1"}, "expected http://"),
            ({"url": "unix://run/maglia.sock"}, "an absolute path"),
            ({"url": "unix:///" + "x" * 200}, "at most 107 bytes"),
            ({"timeout": 0}, r"MAGLIA\['timeout'\] is 0; expected a number of seconds"),
            ({"timeout": "1"}, r"MAGLIA\['timeout'\] is '1'"),
            ({"timeout": True}, r"MAGLIA\['timeout'\] is True"),
            ({"timeout": float("inf")}, r"MAGLIA\['timeout'\] is inf"),
            ({"merge": "yes"}, r"MAGLIA\['merge'\] is 'yes'; expected True or False"),
            ({"token_file": 7}, r"MAGLIA\['token_file'\] is 7"),
        ]:
            with self.subTest(wrong), override_settings(MAGLIA=wrong):
                with self.assertRaisesRegex(ImproperlyConfigured, text):
                    sessions.SessionStore()

    def test_another_serializer_than_json_is_refused(self):
        with override_settings(SESSION_SERIALIZER="django.contrib.sessions.serializers.PickleSerializer"):
            with self.assertRaisesRegex(ImproperlyConfigured, "SESSION_SERIALIZER"):
                sessions.SessionStore()

    def test_a_mistake_shows_when_the_server_starts(self):
        try:
            with override_settings(MAGLIA={"token_file": "/does/not/exist"}):
                with self.assertRaisesRegex(ImproperlyConfigured, "No such file"):
                    importlib.reload(sessions)
        finally:
            importlib.reload(sessions)

    def test_settings_that_change_are_taken_up_by_the_next_session(self):
        self.assertTrue(SOCKET, "MAGLIA_SOCKET names the daemon's unix socket")
        with override_settings(MAGLIA={"url": f"unix://{SOCKET}"}):
            session = sessions.SessionStore()
            session["name"] = "Ana"
            session.save()
        with override_settings(MAGLIA={"url": URL}):
            self.assertEqual(sessions.SessionStore(session.session_key)["name"], "Ana")


class Token(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = Path(directory.name) / "token"

    def test_is_read_without_the_newline_at_its_end(self):
        self.file.write_text("a-token-of-16-bytes\n")
        self.assertEqual(read_token(str(self.file)), "a-token-of-16-bytes")

    def test_file_may_be_given_as_a_path(self):
        with override_settings(MAGLIA={"token_file": self.file}):
            self.assertEqual(read_configuration().token_file, os.fspath(self.file))

    def test_that_cannot_be_sent_is_a_mistake_and_is_not_shown(self):
        for content in ["", "\n", "two words", "line\nbreak", "ñ"]:
            with self.subTest(content):
                self.file.write_text(content)
                with self.assertRaisesRegex(ImproperlyConfigured, "token_file") as raised:
                    read_token(str(self.file))
                if content.strip():
                    self.assertNotIn(content, str(raised.exception))
