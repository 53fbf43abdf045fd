"""Requests of one visitor that overlap: each keeps what it has changed, key by key."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest import TestCase

from project import URL, ask_daemon, change_elsewhere, prepare, stored

prepare()

from django.contrib.sessions.backends.base import UpdateError  # noqa: E402
from django.test import override_settings  # noqa: E402

from maglia_django.sessions import SessionStore  # noqa: E402

OVERLAPPING = 50


def new_key(**data):
    session = SessionStore()
    session.update(data)
    session.save()
    return session.session_key


def overlap(key, change):
    """As many requests that all read the session before the first of them writes it."""
    all_have_read = Barrier(OVERLAPPING)

    def request(n):
        session = SessionStore(key)
        session.get("anything")
        all_have_read.wait(20)
        change(session, n)
        session.save()

    with ThreadPoolExecutor(OVERLAPPING) as pool:
        list(pool.map(request, range(OVERLAPPING)))


def two_readers(key):
    first, second = SessionStore(key), SessionStore(key)
    first.get("anything")
    second.get("anything")
    return first, second


class Merge(TestCase):
    def test_50_requests_at_the_same_time_that_each_set_a_different_key_lose_none(self):
        key = new_key(name="Ana")
        overlap(key, lambda session, n: session.update({f"key{n}": n}))
        self.assertEqual(stored(key)["data"], {"name": "Ana", **{f"key{n}": n for n in range(OVERLAPPING)}})

    def test_also_where_the_values_are_dictionaries_or_none(self):
        key = new_key(name="Ana")
        values = [None, {"n": None}, {"n": 1}, {}]
        expected = {f"key{n}": values[n % 4] for n in range(OVERLAPPING)}
        overlap(key, lambda session, n: session.update({f"key{n}": expected[f"key{n}"]}))
        self.assertEqual(stored(key)["data"], {"name": "Ana", **expected})

    def test_a_key_that_one_deletes_stays_deleted_when_the_other_saves(self):
        key = new_key(name="Ana", email="-")
        first, second = two_readers(key)
        del first["email"]
        second["name"] = "Eva"
        first.save()
        second.save()
        self.assertEqual(stored(key)["data"], {"name": "Eva"})

    def test_of_two_who_set_the_same_key_the_later_one_wins(self):
        key = new_key()
        first, second = two_readers(key)
        first["name"], second["name"] = "first", "second"
        second.save()
        first.save()
        self.assertEqual(stored(key)["data"], {"name": "first"})

    def test_a_dictionary_is_replaced_as_a_whole_never_mixed_with_somebody_elses(self):
        key = new_key(address={"street": "Gran Via 1", "zip": "28013"})
        first, second = two_readers(key)
        first["address"] = {"street": "Rambla 2", "door": "B"}
        second["address"] = {"street": "Gran Via 3", "zip": "28013"}
        first.save()
        second.save()
        self.assertEqual(stored(key)["data"], {"address": {"street": "Gran Via 3", "zip": "28013"}})

    def test_keys_of_other_applications_are_left_alone(self):
        key = new_key(name="Ana")
        session = SessionStore(key)
        session["name"] = "Eva"
        change_elsewhere(key, {"_express": {"cookie": {"path": "/"}}})
        session.save()
        session["list"] = [1, None, {"a": None}]
        session["inner"] = {"a": None}
        session.save()
        expected = {"name": "Eva", "list": [1, None, {"a": None}], "inner": {"a": None}}
        self.assertEqual(stored(key)["data"], {"_express": {"cookie": {"path": "/"}}, **expected})

    def test_what_others_have_written_meanwhile_survives_a_new_key(self):
        key = new_key(name="Ana")
        session = SessionStore(key)
        session["mine"] = True
        change_elsewhere(key, {"theirs": True})
        session.cycle_key()
        session.save()
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana", "mine": True, "theirs": True})

    def test_a_second_save_sends_only_what_has_changed_since_the_first(self):
        key = new_key(name="Ana")
        session = SessionStore(key)
        session["name"] = "Eva"
        session.save()
        change_elsewhere(key, {"name": "Mia"})
        session["email"] = "-"
        session.save()
        self.assertEqual(stored(key)["data"], {"name": "Mia", "email": "-"})

    def test_numbers_and_truth_values_that_python_takes_for_the_same_are_changes(self):
        key = new_key(one=1, nothing=[0])
        session = SessionStore(key)
        session["one"] = True
        session["nothing"] = [False]
        session.save()
        data = stored(key)["data"]
        self.assertIs(data["one"], True)
        self.assertIs(data["nothing"][0], False)

    def test_switched_off_the_last_request_replaces_everything(self):
        with override_settings(MAGLIA={"url": URL, "timeout": 5.0, "merge": False}):
            key = new_key(name="Ana")
            session = SessionStore(key)
            session["mine"] = True
            change_elsewhere(key, {"theirs": True})
            session.save()
        self.assertEqual(stored(key)["data"], {"name": "Ana", "mine": True})

    def test_s5_the_session_is_not_brought_back_between_reading_and_writing_anew(self):
        key = new_key(name="Ana")
        session = SessionStore(key)
        session["address"] = {"door": None}
        change_elsewhere(key, {"theirs": True})
        ask_daemon("DELETE", f"/v1/sessions/{key}")
        with self.assertRaises(UpdateError):
            session.save()
        self.assertIsNone(stored(key))
