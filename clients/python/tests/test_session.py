"""What Django documents of a session, one by one, over a real daemon."""

from unittest import TestCase

from project import TWO_WEEKS, ask_daemon, prepare, stored

prepare()

from django.contrib.sessions.backends.base import CreateError, UpdateError  # noqa: E402
from django.core.management import call_command  # noqa: E402

from maglia_django.sessions import MINTED_FORM, SessionStore  # noqa: E402

NEVER_MINTED = "a" + "0" * 26


def new_session(**data):
    session = SessionStore()
    session.update(data)
    session.save()
    return session


def again(session):
    """The same session in the visitor's next request."""
    return SessionStore(session.session_key)


class NewSession(TestCase):
    def test_has_no_key_before_it_is_saved(self):
        session = SessionStore()
        self.assertIsNone(session.session_key)
        session["name"] = "Ana"
        self.assertIsNone(session.session_key)

    def test_gets_an_id_of_the_local_daemon_when_it_is_saved(self):
        session = new_session(name="Ana")
        self.assertTrue(MINTED_FORM.fullmatch(session.session_key))
        self.assertEqual(stored(session.session_key)["owner"], session.session_key[0])

    def test_is_one_flat_json_object_to_other_applications(self):
        session = new_session(name="Ana", contador=3)
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana", "contador": 3})

    def test_is_neither_accessed_nor_modified(self):
        session = SessionStore()
        self.assertFalse(session.accessed)
        self.assertFalse(session.modified)

    def test_create_saves_it_once_with_empty_data_under_a_unique_key(self):
        first, second = SessionStore(), SessionStore()
        first.create()
        second.create()
        self.assertNotEqual(first.session_key, second.session_key)
        self.assertEqual(stored(first.session_key)["data"], {})
        self.assertTrue(first.modified)

    def test_save_with_must_create_makes_it(self):
        session = SessionStore()
        session["name"] = "Ana"
        session.save(must_create=True)
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana"})

    def test_save_with_must_create_under_a_key_that_exists_is_a_create_error(self):
        with self.assertRaises(CreateError):
            again(new_session()).save(must_create=True)

    def test_nothing_is_created_under_a_key_that_no_daemon_minted(self):
        with self.assertRaises(CreateError):
            SessionStore(NEVER_MINTED).save(must_create=True)
        self.assertIsNone(stored(NEVER_MINTED))


class Key(TestCase):
    def test_cannot_be_set(self):
        session = new_session()
        with self.assertRaises(AttributeError):
            session.session_key = "a" * 27

    def test_of_a_form_that_no_daemon_mints_is_none(self):
        for strange in ["", "short", "a" * 32, "../../../../healthz/aaaaaaa", "a" * 26 + "\n", "é" * 27]:
            with self.subTest(strange):
                self.assertIsNone(SessionStore(strange).session_key)

    def test_that_is_unknown_gives_an_empty_session_without_key(self):
        session = SessionStore(NEVER_MINTED)
        self.assertEqual(dict(session.items()), {})
        self.assertIsNone(session.session_key)
        self.assertFalse(session.modified)

    def test_that_is_unknown_is_replaced_by_a_new_one_when_the_session_is_saved(self):
        session = SessionStore(NEVER_MINTED)
        session["name"] = "Ana"
        session.save()
        self.assertNotEqual(session.session_key, NEVER_MINTED)
        self.assertEqual(again(session)["name"], "Ana")

    def test_of_an_unmapped_letter_is_unknown(self):
        session = SessionStore("Z" + "0" * 26)
        self.assertNotIn("name", session)
        self.assertIsNone(session.session_key)


class Dictionary(TestCase):
    def setUp(self):
        self.session = again(new_session(name="Ana", cart=["book"]))

    def test_item_get_and_contains(self):
        self.assertEqual(self.session["name"], "Ana")
        self.assertEqual(self.session.get("name"), "Ana")
        self.assertEqual(self.session.get("email", "none"), "none")
        self.assertIn("name", self.session)
        self.assertTrue(self.session.has_key("name"))
        self.assertFalse(self.session.has_key("email"))
        with self.assertRaises(KeyError):
            self.session["email"]

    def test_keys_values_and_items_can_be_iterated(self):
        self.assertEqual(sorted(self.session.keys()), ["cart", "name"])
        self.assertEqual([*self.session.values()], ["Ana", ["book"]])
        self.assertEqual(dict(self.session.items()), {"name": "Ana", "cart": ["book"]})

    def test_reading_marks_it_accessed_but_not_modified(self):
        self.session.get("name")
        self.assertTrue(self.session.accessed)
        self.assertFalse(self.session.modified)

    def test_setting_and_deleting_mark_it_modified_and_are_kept(self):
        self.session["email"] = "ana@example.org"
        self.assertTrue(self.session.modified)
        del self.session["name"]
        self.session.save()
        self.assertEqual(stored(self.session.session_key)["data"], {"cart": ["book"], "email": "ana@example.org"})

    def test_pop_takes_a_key_out(self):
        self.assertEqual(self.session.pop("name"), "Ana")
        self.assertTrue(self.session.modified)
        self.session.save()
        self.assertNotIn("name", again(self.session))

    def test_pop_of_a_missing_key_does_not_mark_it_modified(self):
        self.assertEqual(self.session.pop("email", "none"), "none")
        with self.assertRaises(KeyError):
            self.session.pop("email")
        self.assertFalse(self.session.modified)

    def test_setdefault_sets_only_what_is_missing(self):
        self.assertEqual(self.session.setdefault("name", "Eva"), "Ana")
        self.assertFalse(self.session.modified)
        self.assertEqual(self.session.setdefault("email", "-"), "-")
        self.assertTrue(self.session.modified)

    def test_update_sets_several_keys(self):
        self.session.update({"name": "Eva", "contador": 1})
        self.session.save()
        self.assertEqual(stored(self.session.session_key)["data"], {"name": "Eva", "cart": ["book"], "contador": 1})

    def test_a_value_that_was_changed_inside_is_kept_when_it_is_saved(self):
        self.session["cart"].append("pen")
        self.assertFalse(self.session.modified)
        self.session.save()
        self.assertEqual(again(self.session)["cart"], ["book", "pen"])

    def test_clear_empties_it_and_keeps_the_key(self):
        key = self.session.session_key
        self.session.clear()
        self.session.save()
        self.assertEqual(self.session.session_key, key)
        self.assertEqual(stored(key)["data"], {})

    def test_clear_after_reading_empties_it_too(self):
        self.assertIn("name", self.session)
        self.session.clear()
        self.session.save()
        self.assertEqual(stored(self.session.session_key)["data"], {})

    def test_the_test_cookie_is_set_checked_and_deleted(self):
        self.session.set_test_cookie()
        self.session.save()
        later = again(self.session)
        self.assertTrue(later.test_cookie_worked())
        later.delete_test_cookie()
        later.save()
        self.assertFalse(again(self.session).test_cookie_worked())


class Emptiness(TestCase):
    def test_a_new_session_is_empty_until_something_is_in_it(self):
        session = SessionStore()
        self.assertTrue(session.is_empty())
        session["name"] = "Ana"
        self.assertFalse(session.is_empty())

    def test_a_session_with_a_key_is_not_empty_even_without_data(self):
        session = new_session(name="Ana")
        session.clear()
        self.assertFalse(session.is_empty())

    def test_an_unknown_session_is_empty_once_it_was_looked_at(self):
        session = SessionStore(NEVER_MINTED)
        session.get("name")
        self.assertTrue(session.is_empty())

    def test_a_flushed_session_is_empty(self):
        session = new_session(name="Ana")
        session.flush()
        self.assertTrue(session.is_empty())


class Ending(TestCase):
    def test_flush_destroys_the_session_and_its_key(self):
        session = new_session(name="Ana")
        before = session.session_key
        session.flush()
        self.assertIsNone(session.session_key)
        self.assertEqual(dict(session.items()), {})
        self.assertEqual(ask_daemon("GET", f"/v1/sessions/{before}")[1]["reason"], "destroyed")

    def test_what_is_set_after_a_flush_is_in_a_new_session(self):
        session = new_session(name="Ana")
        before = session.session_key
        session.flush()
        session["name"] = "Eva"
        session.save()
        self.assertNotEqual(session.session_key, before)
        self.assertEqual(stored(session.session_key)["data"], {"name": "Eva"})

    def test_delete_ends_the_current_session_or_the_one_that_is_named(self):
        current, other = new_session(), new_session()
        current.delete(other.session_key)
        self.assertIsNone(stored(other.session_key))
        self.assertIsNotNone(stored(current.session_key))
        current.delete()
        self.assertIsNone(stored(current.session_key))

    def test_delete_of_what_does_not_exist_does_nothing(self):
        SessionStore().delete()
        SessionStore().delete(NEVER_MINTED)
        SessionStore().delete("no id at all")

    def test_s5_a_save_after_the_session_was_deleted_is_an_update_error_and_brings_nothing_back(self):
        session = again(new_session(name="Ana"))
        session["late"] = True
        SessionStore().delete(session.session_key)
        with self.assertRaises(UpdateError):
            session.save()
        self.assertIsNone(stored(session.session_key))

    def test_s5_that_holds_for_every_way_of_writing(self):
        ways = {
            "patch": lambda session: session.update({"late": 1}),
            "put if unchanged": lambda session: session.update({"late": {"a": None}}),
            "put": lambda session: session.clear(),
            "touch": lambda session: session.get("name"),
        }
        for name, change in ways.items():
            with self.subTest(name):
                session = again(new_session(name="Ana"))
                change(session)
                SessionStore().delete(session.session_key)
                with self.assertRaises(UpdateError):
                    session.save()
                self.assertIsNone(stored(session.session_key))

    def test_clear_expired_has_nothing_to_do(self):
        session = new_session(name="Ana")
        SessionStore.clear_expired()
        call_command("clearsessions")
        self.assertEqual(again(session)["name"], "Ana")

    def test_exists_tells_whether_a_key_leads_to_a_session(self):
        session = new_session()
        self.assertTrue(SessionStore().exists(session.session_key))
        session.delete()
        self.assertFalse(SessionStore().exists(session.session_key))
        self.assertFalse(SessionStore().exists("no id at all"))
        self.assertFalse(SessionStore().exists(None))


class CycleKey(TestCase):
    def test_gives_a_new_key_to_the_same_data(self):
        session = again(new_session(name="Ana", cart=["book"]))
        before = session.session_key
        session.cycle_key()
        self.assertNotEqual(session.session_key, before)
        self.assertTrue(session.modified)
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana", "cart": ["book"]})

    def test_leaves_the_old_key_dead_at_once_for_readers_and_writers(self):
        session = new_session(name="Ana")
        before = session.session_key
        session.cycle_key()
        self.assertEqual(ask_daemon("GET", f"/v1/sessions/{before}")[1]["reason"], "destroyed")
        self.assertEqual(ask_daemon("PUT", f"/v1/sessions/{before}", {"data": {}})[0], 404)

    def test_keeps_changes_that_were_not_saved_yet(self):
        session = again(new_session(name="Ana", cart=["book"], old=1))
        session["email"] = "ana@example.org"
        session["cart"].append("pen")
        del session["old"]
        session.cycle_key()
        session.save()
        self.assertEqual(
            stored(session.session_key)["data"], {"name": "Ana", "cart": ["book", "pen"], "email": "ana@example.org"}
        )

    def test_keeps_an_emptied_session_empty(self):
        session = again(new_session(name="Ana"))
        session.clear()
        session.cycle_key()
        session.save()
        self.assertEqual(stored(session.session_key)["data"], {})

    def test_of_a_session_that_was_never_saved_makes_one(self):
        session = SessionStore()
        session["name"] = "Ana"
        session.cycle_key()
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana"})

    def test_of_an_unknown_key_makes_an_empty_one(self):
        session = SessionStore(NEVER_MINTED)
        session.cycle_key()
        self.assertEqual(stored(session.session_key)["data"], {})

    def test_s5_of_a_session_that_was_destroyed_meanwhile_does_not_carry_its_data_on(self):
        session = again(new_session(name="Ana", _auth_user_id="1"))
        self.assertEqual(session["name"], "Ana")
        SessionStore().delete(session.session_key)
        session.cycle_key()
        session.save()
        self.assertEqual(dict(session.items()), {})
        self.assertEqual(stored(session.session_key)["data"], {})

    def test_keeps_the_life_that_the_session_was_given(self):
        session = new_session(name="Ana")
        session.cycle_key()
        self.assertAlmostEqual(stored(session.session_key)["ttlSeconds"], TWO_WEEKS, delta=5)
