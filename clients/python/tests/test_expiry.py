"""When a session ends, as Django documents it; and that the daemon is told."""

from datetime import datetime, timedelta
from datetime import timezone as zone
from unittest import TestCase

from project import TWO_WEEKS, change_elsewhere, prepare, stored

prepare()

from django.test import override_settings  # noqa: E402
from django.utils import timezone  # noqa: E402

from django.contrib.sessions.backends import cache, db  # noqa: E402

from maglia_django.daemon import daemon_for  # noqa: E402
from maglia_django.sessions import SessionStore  # noqa: E402

HOUR = timedelta(hours=1)

YEAR = 31_536_000

# A test may take that long between two looks at the clock.
LEEWAY = 5


def saved(expiry):
    session = SessionStore()
    session.set_expiry(expiry)
    session.save()
    return SessionStore(session.session_key)


class Expiry(TestCase):
    def assert_age(self, session, seconds):
        self.assertAlmostEqual(session.get_expiry_age(), seconds, delta=LEEWAY)
        self.assertAlmostEqual(stored(session.session_key)["ttlSeconds"], seconds, delta=LEEWAY)

    def test_is_the_cookie_age_of_the_settings_by_default(self):
        session = SessionStore()
        session.save()
        self.assert_age(session, TWO_WEEKS)
        self.assertFalse(session.get_expire_at_browser_close())
        date = session.get_expiry_date()
        self.assertLess(abs(date - timezone.now() - timedelta(seconds=TWO_WEEKS)).total_seconds(), LEEWAY)

    def test_an_integer_is_seconds_of_inactivity(self):
        session = saved(600)
        self.assert_age(session, 600)
        self.assertFalse(session.get_expire_at_browser_close())

    def test_0_ends_it_with_the_browser_and_lives_at_the_daemon_as_long_as_usual(self):
        session = saved(0)
        self.assertTrue(session.get_expire_at_browser_close())
        self.assert_age(session, TWO_WEEKS)

    def test_none_goes_back_to_the_settings(self):
        session = saved(600)
        session.set_expiry(None)
        session.save()
        self.assert_age(SessionStore(session.session_key), TWO_WEEKS)
        self.assertEqual(stored(session.session_key)["data"], {})

    def test_a_datetime_is_the_moment_at_which_it_ends(self):
        moment = timezone.now() + HOUR
        session = saved(moment)
        self.assertEqual(session.get_expiry_date(), moment)
        self.assert_age(session, 3600)
        self.assertFalse(session.get_expire_at_browser_close())

    def test_a_timedelta_is_a_moment_from_now(self):
        session = saved(HOUR)
        self.assert_age(session, 3600)
        self.assertLess(abs(session.get_expiry_date() - timezone.now() - HOUR).total_seconds(), LEEWAY)

    def test_a_datetime_without_zone_does_where_the_site_has_none(self):
        with override_settings(USE_TZ=False):
            moment = datetime.now() + HOUR
            session = saved(moment)
            self.assertEqual(session.get_expiry_date(), moment)
            self.assert_age(session, 3600)

    def test_a_site_with_zones_reads_what_a_site_without_has_set(self):
        with override_settings(USE_TZ=False, TIME_ZONE="UTC"):
            session = saved(datetime.now(zone.utc).replace(tzinfo=None) + HOUR)
        with override_settings(TIME_ZONE="UTC"):
            self.assertAlmostEqual(SessionStore(session.session_key).get_expiry_age(), 3600, delta=LEEWAY)

    def test_a_session_whose_moment_has_passed_is_gone(self):
        session = saved(timezone.now() + HOUR)
        session["name"] = "Ana"
        session.save()
        past = timezone.now() - HOUR
        # By another application, so that the daemon still holds it for a while.
        change_elsewhere(session.session_key, {"_session_expiry": past.isoformat()})
        later = SessionStore(session.session_key)
        self.assertNotIn("name", later)
        self.assertIsNone(later.session_key)
        self.assertIsNone(stored(session.session_key))

    def test_a_moment_in_the_past_ends_it_with_the_next_request(self):
        session = saved(timedelta(seconds=-10))
        self.assertEqual(dict(session.items()), {})
        self.assertIsNone(session.session_key)

    def test_it_can_be_asked_for_another_moment_and_another_expiry_without_loading(self):
        session = SessionStore("a" + "0" * 26)
        start = datetime(2030, 1, 1, tzinfo=zone.utc)
        self.assertEqual(session.get_expiry_age(modification=start, expiry=start + HOUR), 3600)
        self.assertEqual(session.get_expiry_age(expiry=60), 60)
        self.assertEqual(session.get_expiry_age(expiry=None), TWO_WEEKS)
        self.assertEqual(session.get_expiry_date(modification=start, expiry=60), start + timedelta(seconds=60))
        self.assertEqual(session.get_expiry_date(expiry=start), start)
        self.assertFalse(session.accessed)

    def test_changing_only_the_expiry_keeps_the_data(self):
        session = SessionStore()
        session["name"] = "Ana"
        session.save()
        session.set_expiry(60)
        session.save()
        self.assert_age(session, 60)
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana", "_session_expiry": 60})

    def test_saving_an_unchanged_session_extends_its_life_and_leaves_its_version(self):
        with override_settings(SESSION_COOKIE_AGE=100):
            session = SessionStore()
            session.save()
        before = stored(session.session_key)
        SessionStore(session.session_key).save()
        self.assert_age(session, TWO_WEEKS)
        self.assertEqual(stored(session.session_key)["version"], before["version"])

    @override_settings(SESSION_EXPIRE_AT_BROWSER_CLOSE=True)
    def test_the_setting_ends_every_session_with_the_browser_unless_it_has_its_own_expiry(self):
        self.assertTrue(SessionStore().get_expire_at_browser_close())
        self.assertFalse(saved(600).get_expire_at_browser_close())


class AsDjangosOwnEngines(TestCase):
    """The same, asked of Django's own engines side by side."""

    def test_an_expiry_in_the_past_ends_it_at_once_and_0_does_not(self):
        for expiry, is_there in [(-5, False), (-1, False), (0, True), (600, True)]:
            for engine in (db, cache, None):
                with self.subTest(expiry=expiry, engine=engine):
                    store = SessionStore if engine is None else engine.SessionStore
                    session = store()
                    session["name"] = "Ana"
                    session.set_expiry(expiry)
                    session.save()
                    later = store(session.session_key)
                    self.assertEqual(later.get("name"), "Ana" if is_there else None)
                    self.assertEqual(later.session_key is None, not is_there)

    def test_one_that_is_over_does_not_exist(self):
        for engine in (cache, None):
            with self.subTest(engine=engine):
                store = SessionStore if engine is None else engine.SessionStore
                session = store()
                session.set_expiry(-5)
                session.save()
                self.assertFalse(store().exists(session.session_key))


class LongerThanTheDaemonGives(TestCase):
    """The daemon keeps nothing for longer than a year; Django's own engines take ten."""

    def setUp(self):
        # As in a process that has just started.
        daemon_for.cache_clear()
        self.addCleanup(daemon_for.cache_clear)

    def assert_cut(self, save):
        with self.assertLogs("maglia_django", "WARNING") as log:
            keys = [save() for _ in range(3)]
        self.assertEqual(len(log.output), 1)
        self.assertIn(f"gives at most {YEAR}", log.output[0])
        for key in keys:
            self.assertAlmostEqual(stored(key)["ttlSeconds"], YEAR, delta=LEEWAY)

    def test_ten_years_are_cut_to_one_with_one_warning(self):
        self.assert_cut(lambda: saved(timedelta(days=3650)).session_key)

    def test_2_to_the_31_seconds_are_too(self):
        self.assert_cut(lambda: saved(2**31 - 1).session_key)

    def test_a_cookie_age_of_the_settings_is_too(self):
        def save():
            session = SessionStore()
            session.save()
            return session.session_key

        with override_settings(SESSION_COOKIE_AGE=10 * YEAR):
            self.assert_cut(save)

    def test_every_way_to_write_cuts(self):
        def change_and_touch():
            session = SessionStore()
            session["name"] = "Ana"
            session.save()
            session.set_expiry(10 * YEAR)
            session.save()
            session["tree"] = {"a": None}
            session.save()
            SessionStore(session.session_key).save()
            session.cycle_key()
            session.save()
            return session.session_key

        self.assert_cut(change_and_touch)

    def test_django_still_has_what_the_application_said(self):
        with self.assertLogs("maglia_django", "WARNING"):
            session = saved(10 * YEAR)
        self.assertEqual(session.get_expiry_age(), 10 * YEAR)
