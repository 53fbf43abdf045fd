"""The engine in asynchronous code: through sync_to_async everywhere, and through Django's own methods since 5.1."""

import asyncio
from unittest import TestCase

from project import TWO_WEEKS, prepare, stored

prepare()

import django  # noqa: E402
from asgiref.sync import sync_to_async  # noqa: E402
from django.contrib.sessions.backends.base import UpdateError  # noqa: E402

from maglia_django.sessions import SessionStore  # noqa: E402

NEVER_MINTED = "a" + "0" * 26


class EveryDjango(TestCase):
    def test_the_synchronous_methods_work_through_sync_to_async(self):
        async def request():
            session = SessionStore()
            session["name"] = "Ana"
            await sync_to_async(session.save)()
            later = SessionStore(session.session_key)
            return session.session_key, await sync_to_async(later.get)("name")

        key, name = asyncio.run(request())
        self.assertEqual(name, "Ana")
        self.assertEqual(stored(key)["data"], {"name": "Ana"})

    def test_acycle_key_rotates_in_one_step_and_keeps_unsaved_changes(self):
        first = SessionStore()
        first["name"] = "Ana"
        first.save()
        session = SessionStore(first.session_key)
        session["email"] = "-"
        asyncio.run(session.acycle_key())
        session.save()
        self.assertIsNone(stored(first.session_key))
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana", "email": "-"})

    def test_s5_acycle_key_of_a_destroyed_session_carries_nothing_on(self):
        session = SessionStore()
        session["name"] = "Ana"
        session.save()
        SessionStore().delete(session.session_key)
        asyncio.run(session.acycle_key())
        self.assertEqual(stored(session.session_key)["data"], {})


# Only there; an older Django has no such methods that could be tried.
if django.VERSION >= (5, 1):

    class SinceDjango51(TestCase):
        def run_with_session(self, steps):
            async def request():
                session = SessionStore()
                await session.aset("name", "Ana")
                await session.asave()
                return await steps(SessionStore(session.session_key))

            return asyncio.run(request())

        def test_aget_aset_apop_aupdate_and_asetdefault(self):
            async def steps(session):
                self.assertEqual(await session.aget("name"), "Ana")
                self.assertTrue(await session.ahas_key("name"))
                await session.aupdate({"one": 1, "two": 2})
                self.assertEqual(await session.apop("one"), 1)
                self.assertEqual(await session.asetdefault("three", 3), 3)
                await session.asave()
                return session.session_key

            key = self.run_with_session(steps)
            self.assertEqual(stored(key)["data"], {"name": "Ana", "two": 2, "three": 3})

        def test_an_unknown_key_is_an_empty_session_without_key(self):
            async def steps(_session):
                session = SessionStore(NEVER_MINTED)
                return dict(await session.aitems()), session.session_key

            self.assertEqual(self.run_with_session(steps), ({}, None))

        def test_aflush_adelete_and_aexists(self):
            async def steps(session):
                key = session.session_key
                self.assertTrue(await session.aexists(key))
                await session.aflush()
                self.assertFalse(await session.aexists(key))
                self.assertIsNone(session.session_key)

            self.run_with_session(steps)

        def test_acreate_and_aclear_expired(self):
            async def steps(session):
                await session.acreate()
                await SessionStore.aclear_expired()
                return session.session_key

            self.assertIsNotNone(stored(self.run_with_session(steps)))

        def test_aset_expiry_and_its_questions(self):
            async def steps(session):
                self.assertEqual(await session.aget_expiry_age(), TWO_WEEKS)
                await session.aset_expiry(600)
                self.assertEqual(await session.aget_expiry_age(), 600)
                self.assertFalse(await session.aget_expire_at_browser_close())
                await session.asave()
                return session.session_key

            self.assertAlmostEqual(stored(self.run_with_session(steps))["ttlSeconds"], 600, delta=5)

        def test_the_test_cookie(self):
            async def steps(session):
                await session.aset_test_cookie()
                self.assertTrue(await session.atest_cookie_worked())
                await session.adelete_test_cookie()
                self.assertFalse(await session.atest_cookie_worked())

            self.run_with_session(steps)

        def test_s5_asave_after_the_session_was_deleted_is_an_update_error(self):
            async def steps(session):
                await session.aset("late", True)
                await SessionStore().adelete(session.session_key)
                with self.assertRaises(UpdateError):
                    await session.asave()
                return session.session_key

            self.assertIsNone(stored(self.run_with_session(steps)))
