"""A visitor with a cookie, through Django's own middleware and login."""

import json
import socket
from unittest import TestCase

from project import TWO_WEEKS, URL, ask_daemon, change_elsewhere, prepare, stored

prepare()

from django.contrib.auth.models import User  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from maglia_django import DaemonUnavailable  # noqa: E402

NEVER_MINTED = "a" + "0" * 26


class Visitor:
    def __init__(self, key=None, **options):
        self._client = Client(**options)
        if key is not None:
            self._client.cookies["sessionid"] = key

    @property
    def key(self):
        """What the cookie says; None where there is none, or where it was taken back."""
        cookie = self._client.cookies.get("sessionid")
        return cookie.value or None if cookie is not None else None

    def visit(self, url):
        """The answer, with `told`: the cookie that it sets, if any."""
        response = self._client.get(url)
        response.told = response.cookies.get("sessionid")
        response.body = json.loads(response.content) if response["Content-Type"] == "application/json" else None
        return response


class Cookies(TestCase):
    def test_a_page_that_does_not_use_the_session_sets_no_cookie_and_asks_no_daemon(self):
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with override_settings(MAGLIA={"url": url}):
            response = Visitor(NEVER_MINTED).visit("/silent")
        self.assertEqual(response.status_code, 200)
        self.assertIsNone(response.told)
        self.assertFalse(response.has_header("Vary"))

    def test_a_page_that_only_reads_sets_no_cookie_and_varies_by_it(self):
        response = Visitor().visit("/read")
        self.assertIsNone(response.told)
        self.assertEqual(response["Vary"], "Cookie")

    def test_a_page_that_writes_sets_one_that_the_next_page_reads(self):
        visitor = Visitor()
        told = visitor.visit("/put?name=Ana").told
        self.assertEqual(told.value, visitor.key)
        self.assertEqual(told["max-age"], TWO_WEEKS)
        self.assertEqual(visitor.visit("/read").body, {"name": "Ana"})

    def test_an_unknown_cookie_is_taken_back_by_a_page_that_reads(self):
        visitor = Visitor(NEVER_MINTED)
        response = visitor.visit("/read")
        self.assertEqual((response.status_code, response.body), (200, {}))
        self.assertEqual(response.told["max-age"], 0)

    def test_an_unknown_cookie_is_replaced_by_a_page_that_writes(self):
        for key in [NEVER_MINTED, "Z" + "0" * 26, "x" * 32, "no id"]:
            with self.subTest(key):
                visitor = Visitor(key)
                self.assertEqual(visitor.visit("/put?name=Ana").status_code, 200)
                self.assertNotEqual(visitor.key, key)
                self.assertEqual(stored(visitor.key)["data"], {"name": "Ana"})

    def test_a_flushed_session_takes_the_cookie_back(self):
        visitor = Visitor()
        visitor.visit("/put?name=Ana")
        key = visitor.key
        self.assertEqual(visitor.visit("/flush").told["max-age"], 0)
        self.assertIsNone(stored(key))

    def test_expiry_0_makes_it_a_cookie_of_the_browser_session(self):
        told = Visitor().visit("/close_at?seconds=0").told
        self.assertEqual((told["max-age"], told["expires"]), ("", ""))

    def test_another_expiry_is_the_cookies_and_the_daemons(self):
        visitor = Visitor()
        self.assertEqual(visitor.visit("/close_at?seconds=600").told["max-age"], 600)
        self.assertAlmostEqual(stored(visitor.key)["ttlSeconds"], 600, delta=5)


class Saving(TestCase):
    def setUp(self):
        self.visitor = Visitor()
        self.visitor.visit("/put?name=Ana")

    def test_a_page_that_only_reads_leaves_the_session_as_it_is(self):
        before = stored(self.visitor.key)
        self.visitor.visit("/read")
        self.assertEqual(stored(self.visitor.key)["version"], before["version"])

    def test_save_every_request_extends_the_life_and_sends_the_cookie_each_time(self):
        ask_daemon("POST", f"/v1/sessions/{self.visitor.key}/touch", {"ttlSeconds": 60})
        with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
            self.assertEqual(self.visitor.visit("/silent").told["max-age"], TWO_WEEKS)
        self.assertAlmostEqual(stored(self.visitor.key)["ttlSeconds"], TWO_WEEKS, delta=5)

    def test_what_changes_inside_of_a_value_is_kept_only_where_django_is_told(self):
        change_elsewhere(self.visitor.key, {"cart": []})
        self.visitor.visit("/nested?book=Platero")
        self.assertEqual(stored(self.visitor.key)["data"]["cart"], [])
        self.visitor.visit("/nested?book=Platero&tell")
        self.assertEqual(stored(self.visitor.key)["data"]["cart"], ["Platero"])

    def test_a_page_that_fails_keeps_nothing(self):
        self.assertEqual(self.visitor.visit("/fail").status_code, 500)
        self.assertEqual(stored(self.visitor.key)["data"], {"name": "Ana"})

    def test_a_value_that_json_cannot_hold_is_an_error_that_names_it(self):
        with self.assertRaisesRegex(TypeError, r"session\['basket'\]"):
            self.visitor.visit("/unkeepable")
        self.assertEqual(stored(self.visitor.key)["data"], {"name": "Ana"})

    def test_s5_a_page_whose_session_was_ended_meanwhile_is_400_and_brings_nothing_back(self):
        self.assertEqual(self.visitor.visit("/interrupted").status_code, 400)
        self.assertIsNone(stored(self.visitor.key))


class Login(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.users = [User.objects.create_user(name, password="secret") for name in ("ana", "eva")]

    @classmethod
    def tearDownClass(cls):
        for user in cls.users:
            user.delete()

    def setUp(self):
        self.visitor = Visitor()
        self.visitor.visit("/put?cart=Platero")
        self.before = self.visitor.key

    def test_gives_a_new_key_and_keeps_what_the_visitor_had_before(self):
        self.visitor.visit("/log_in?name=ana")
        self.assertNotEqual(self.visitor.key, self.before)
        data = stored(self.visitor.key)["data"]
        self.assertEqual((data["cart"], data["unsaved"]), ("Platero", "set before the login"))
        self.assertEqual(data["_auth_user_id"], str(self.users[0].pk))
        self.assertEqual(self.visitor.visit("/who").body, {"user": "ana"})

    def test_leaves_the_old_key_dead(self):
        self.visitor.visit("/log_in?name=ana")
        self.assertIsNone(stored(self.before))
        self.assertEqual(Visitor(self.before).visit("/who").body, {"user": ""})

    def test_of_somebody_else_begins_with_an_empty_session(self):
        self.visitor.visit("/log_in?name=ana")
        anas = self.visitor.key
        self.visitor.visit("/log_in?name=eva")
        self.assertIsNone(stored(anas))
        data = stored(self.visitor.key)["data"]
        self.assertEqual(data["_auth_user_id"], str(self.users[1].pk))
        self.assertNotIn("cart", data)

    def test_of_the_same_person_again_keeps_the_key(self):
        self.visitor.visit("/log_in?name=ana")
        key = self.visitor.key
        self.visitor.visit("/log_in?name=ana")
        self.assertEqual(self.visitor.key, key)

    def test_logout_destroys_the_session(self):
        self.visitor.visit("/log_in?name=ana")
        key = self.visitor.key
        other_tab = Visitor(key)
        self.visitor.visit("/log_out")
        self.assertIsNone(stored(key))
        self.assertEqual(other_tab.visit("/who").body, {"user": ""})

    def test_sessions_of_the_test_client_work(self):
        client = Client()
        session = client.session
        session["name"] = "Ana"
        session.save()
        client.force_login(self.users[0])
        data = stored(client.session.session_key)["data"]
        self.assertEqual((data["name"], data["_auth_user_id"]), ("Ana", str(self.users[0].pk)))


class DaemonDown(TestCase):
    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            self.url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        visitor = Visitor()
        visitor.visit("/put?name=Ana")
        self.key = visitor.key

    def test_is_an_exception_that_says_so(self):
        with override_settings(MAGLIA={"url": self.url}):
            for page in ["/read", "/put?name=Eva", "/flush", "/log_out"]:
                with self.subTest(page), self.assertRaisesRegex(DaemonUnavailable, f"daemon at {self.url}"):
                    Visitor(self.key).visit(page)

    def test_is_a_500_page_that_names_it_to_developers(self):
        with override_settings(MAGLIA={"url": self.url}, DEBUG=True):
            response = Visitor(self.key, raise_request_exception=False).visit("/read")
        self.assertEqual(response.status_code, 500)
        self.assertIn(b"DaemonUnavailable", response.content)
        self.assertIn(f"The maglia daemon at {self.url} does not answer".encode(), response.content)

    def test_takes_no_cookie_back_so_that_the_session_goes_on_when_the_daemon_is_there_again(self):
        with override_settings(MAGLIA={"url": self.url}):
            visitor = Visitor(self.key, raise_request_exception=False)
            self.assertIsNone(visitor.visit("/read").told)
        with override_settings(MAGLIA={"url": URL, "timeout": 5.0}):
            self.assertEqual(visitor.visit("/read").body, {"name": "Ana"})
