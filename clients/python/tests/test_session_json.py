"""What a session can hold, and what is said of the rest."""

import datetime
import decimal
import enum
from unittest import TestCase

from project import ask_daemon, prepare, stored

prepare()

from maglia_django import DaemonRefused, UnreadableSession  # noqa: E402
from maglia_django.sessions import SessionStore  # noqa: E402


class Colour(enum.IntEnum):
    RED = 1


def kept(value):
    """What a later request reads."""
    session = SessionStore()
    session["value"] = value
    session.save()
    return SessionStore(session.session_key)["value"]


class Values(TestCase):
    def test_json_values_come_back_as_they_were(self):
        texts = ["", "Ana", "ñandú 🧶", "\ud800", "\0"]
        numbers = [0, -1, 2**53 - 1, -(2**53) + 1, 1.5, 1e300]
        for value in [*texts, *numbers, True, False, None, [], {}, [[], {}], {"a": {"b": [None, {"c": None}]}}, {"": 1}]:
            with self.subTest(repr(value)):
                self.assertEqual(kept(value), value)
                self.assertIs(type(kept(value)), type(value))

    def test_tuples_are_lists_and_keys_of_dictionaries_are_texts_afterwards(self):
        self.assertEqual(kept((1, (2,))), [1, [2]])
        self.assertEqual(kept({1: "a", None: "b", "1.5": "c"}), {"1": "a", "null": "b", "1.5": "c"})
        self.assertEqual(kept(Colour.RED), 1)

    def test_a_session_key_that_is_a_number_is_a_text_afterwards(self):
        session = SessionStore()
        session[7] = "seven"
        session.save()
        self.assertEqual(SessionStore(session.session_key)["7"], "seven")

    def test_a_value_that_json_cannot_hold_is_a_type_error_that_names_the_key(self):
        loop = []
        loop.append(loop)
        deep = []
        for _ in range(100_000):
            deep = [deep]
        for value in [
            {1},
            object(),
            b"bytes",
            datetime.datetime.now(),
            decimal.Decimal("1.5"),
            float("nan"),
            [float("inf")],
            {"inner": {1: {2}}},
            {(1, 2): 3},
            loop,
            deep,
        ]:
            with self.subTest(type(value)):
                session = SessionStore()
                session["fine"] = 1
                session["basket"] = value
                with self.assertRaisesRegex(TypeError, r"session\['basket'\]"):
                    session.save()
                self.assertIsNone(session.session_key)

    def test_a_session_key_that_json_cannot_hold_is_a_type_error(self):
        session = SessionStore()
        session[(1, 2)] = "pair"
        with self.assertRaisesRegex(TypeError, r"\(1, 2\)"):
            session.save()

    def test_an_integer_that_other_languages_would_round_is_a_type_error(self):
        for value in [2**53 + 1, -(2**60), [10**400], {"n": 10**5000}]:
            with self.subTest(str(value)[:20] if isinstance(value, int) else "inner"):
                with self.assertRaisesRegex(TypeError, r"session\['value'\]"):
                    kept(value)

    def test_an_integer_beyond_that_which_is_exact_everywhere_is_kept(self):
        self.assertEqual(kept(10**20), 10**20)

    def test_nothing_of_the_session_is_written_when_one_value_cannot_be(self):
        session = SessionStore()
        session["name"] = "Ana"
        session.save()
        session["name"] = "Eva"
        session["basket"] = {1}
        with self.assertRaises(TypeError):
            session.save()
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana"})

    def test_what_another_application_has_put_there_does_not_hinder_a_save(self):
        session = SessionStore()
        session.save()
        path = f"/v1/sessions/{session.session_key}"
        # 2^53 + 1 is rounded on the way in; what matters is that its key was not ours.
        ask_daemon("PUT", path, {"data": {"big": 2**60, "name": "Ana"}})
        later = SessionStore(session.session_key)
        later["name"] = "Eva"
        later.save()
        self.assertEqual(stored(session.session_key)["data"]["name"], "Eva")


class OtherFormats(TestCase):
    def setUp(self):
        self.session = SessionStore()
        self.session.save()

    def test_a_session_that_is_no_json_object_is_an_error_and_not_a_reset(self):
        path = f"/v1/sessions/{self.session.session_key}"
        ask_daemon("PUT", path, {"data": ["not", "an", "object"]})
        with self.assertRaises(UnreadableSession):
            SessionStore(self.session.session_key).get("name")
        self.assertEqual(stored(self.session.session_key)["data"], ["not", "an", "object"])

    def test_neither_is_it_written_over_where_it_was_one_when_it_was_read(self):
        ask_daemon("PUT", f"/v1/sessions/{self.session.session_key}", {"data": "text"})
        self.session["name"] = "Ana"
        with self.assertRaises(UnreadableSession):
            self.session.save()

    def test_what_the_daemon_does_not_take_says_why(self):
        self.session["cart"] = "x" * 3_000_000
        with self.assertRaisesRegex(DaemonRefused, "TOO_LARGE"):
            self.session.save()
        self.assertEqual(stored(self.session.session_key)["data"], {})
