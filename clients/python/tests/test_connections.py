"""The way to the daemon: kept connections, deadlines, and what is never sent twice."""

import http.client
import os
import select
import socket
import tempfile
import threading
import time
from contextlib import contextmanager
from unittest import TestCase, mock

from project import SOCKET, prepare, stored

prepare()

from django.test import override_settings  # noqa: E402

from maglia_django import DaemonRefused, DaemonUnavailable, MagliaError, SessionUnavailable  # noqa: E402
from maglia_django.configuration import read_configuration  # noqa: E402
from maglia_django.connections import Connections, Request  # noqa: E402
from maglia_django.daemon import Daemon  # noqa: E402
from maglia_django.sessions import SessionStore  # noqa: E402

KEY = "a" + "0" * 26

PROBE = Request("GET", "/healthz", {}, None, True)


def answer(status, body, headers=""):
    return (
        f"HTTP/1.1 {status} Whatever\r\nContent-Type: application/json\r\n{headers}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class ScriptedDaemon:
    """Answers each request on each connection with the next line of its script, and remembers what it was asked."""

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer:
            while True:
                request = self._read(peer)
                if request is None or not self.script:
                    return
                self.asked.append(request)
                self.script.pop(0)(peer)

    def _read(self, peer):
        head = b""
        while b"\r\n\r\n" not in head:
            try:
                more = peer.recv(65536)
            except OSError:
                return None
            if not more:
                return None
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        left = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
        while left > 0:
            left -= len(peer.recv(left))
        return head.split(b" HTTP")[0].decode()

    def close(self):
        # shutdown, since a close alone does not wake the thread that accepts.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def says(status, body, headers=""):
    return lambda peer: peer.sendall(answer(status, body, headers))


def hangs_up(peer):
    peer.shutdown(socket.SHUT_RDWR)


def stays_silent(_peer):
    threading.Event().wait(20)


def trickles(peer):
    """A byte now and then, each of them in time."""
    try:
        for byte in answer(200, "{}"):
            peer.sendall(bytes([byte]))
            time.sleep(0.05)
    except OSError:
        pass


FOUND = says(200, f'{{"id":"{KEY}","version":1,"data":{{}}}}')
WRITTEN = says(200, f'{{"id":"{KEY}","version":2}}')


def wait_for_news(client):
    """Until something has come over the kept connection, be it its end."""
    kept = client._connections._kept[0][0].sock
    if not select.select([kept._socket], [], [], 5)[0]:
        raise AssertionError("nothing came")


@contextmanager
def scripted(*script, timeout=5.0):
    daemon = ScriptedDaemon(*script)
    try:
        with override_settings(MAGLIA={"url": daemon.url, "timeout": timeout}):
            yield daemon
    finally:
        daemon.close()


class Keeping(TestCase):
    def test_a_connection_is_used_again(self):
        with scripted(FOUND, FOUND, WRITTEN) as daemon:
            for _ in range(2):
                SessionStore(KEY).get("name")
            session = SessionStore(KEY)
            session.clear()
            session.save()
            self.assertEqual((daemon.connections, len(daemon.asked)), (1, 3))

    def test_threads_do_not_share_one_at_the_same_time(self):
        client = Connections(read_configuration())
        together = threading.Barrier(4)
        statuses = []

        def ask():
            for _ in range(25):
                together.wait(10)
                statuses.append(client.ask(PROBE).status)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [200] * 100)
        self.assertLessEqual(len(client._kept), 4)

    def test_one_that_the_daemon_closed_meanwhile_is_not_written_into(self):
        def answers_and_hangs_up(peer):
            WRITTEN(peer)
            hangs_up(peer)

        with scripted(answers_and_hangs_up, WRITTEN) as daemon:
            client = Daemon(read_configuration())
            client.patch(KEY, {"a": "1"}, 60)
            wait_for_news(client)
            client.patch(KEY, {"a": "2"}, 60)
            self.assertEqual((daemon.connections, len(daemon.asked)), (2, 2))

    def test_one_on_which_somebody_spoke_out_of_turn_is_not_used_again(self):
        has_answered = threading.Event()

        def answers_twice(peer):
            FOUND(peer)
            has_answered.wait(10)
            peer.sendall(answer(200, '{"id":"somebody else\'s"}'))

        with scripted(answers_twice, FOUND) as daemon:
            client = Daemon(read_configuration())
            client.get(KEY)
            has_answered.set()
            wait_for_news(client)
            self.assertEqual(client.get(KEY).id, KEY)
            self.assertEqual(daemon.connections, 2)

    def test_one_that_was_idle_for_long_is_not_used_again(self):
        with scripted(FOUND, FOUND) as daemon:
            SessionStore(KEY).get("name")
            later = time.monotonic() + 31
            with mock.patch("maglia_django.connections.monotonic", lambda: later):
                SessionStore(KEY).get("name")
            self.assertEqual(daemon.connections, 2)

    def test_one_that_the_daemon_announces_to_close_is_not_kept(self):
        closing = says(200, f'{{"id":"{KEY}","version":1,"data":{{}}}}', "Connection: close\r\n")
        with scripted(closing, FOUND) as daemon:
            SessionStore(KEY).get("name")
            SessionStore(KEY).get("name")
            self.assertEqual(daemon.connections, 2)

    def test_a_child_process_does_not_use_its_parents(self):
        client = Connections(read_configuration())
        client.ask(PROBE)
        parents = client._kept[0][0]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            is_right = client.ask(PROBE).status == 200 and client._kept[0][0] is not parents
            os.write(writing, b"own" if is_right else b"shared")
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(os.read(reading, 10), b"own")
        os.close(reading)
        os.close(writing)
        # Nor did the child end it for the parent.
        self.assertEqual(client.ask(PROBE).status, 200)
        self.assertIs(client._kept[0][0], parents)

    def test_a_request_that_is_torn_out_of_its_work_leaves_no_connection_behind(self):
        client = Connections(read_configuration())
        client.ask(PROBE)
        with mock.patch.object(http.client.HTTPConnection, "getresponse", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                client.ask(PROBE)
        self.assertEqual(len(client._kept), 0)


class Repeating(TestCase):
    def lost(self, action, *script):
        """What was asked where the kept connection breaks under `action`, and what it ended with."""
        with scripted(FOUND, hangs_up, *script) as daemon:
            client = Daemon(read_configuration())
            client.get(KEY)
            try:
                result = action(client)
            except MagliaError as error:
                result = error
            return [line.split(" ")[0] for line in daemon.asked[1:]], result

    def test_a_read_is_asked_again_on_a_new_connection(self):
        asked, found = self.lost(lambda client: client.get(KEY), FOUND)
        self.assertEqual((asked, found.id), (["GET", "GET"], KEY))

    def test_so_is_what_can_be_done_twice(self):
        for name, action in {
            "mint": lambda client: client.mint({}, 60),
            "touch": lambda client: client.touch(KEY, 60),
            "destroy": lambda client: client.destroy(KEY),
        }.items():
            with self.subTest(name):
                asked, result = self.lost(action, WRITTEN)
                self.assertEqual(len(asked), 2)
                self.assertNotIsInstance(result, MagliaError)

    def test_a_write_is_never_sent_twice_and_says_that_it_is_in_doubt(self):
        for name, action in {
            "put": lambda client: client.put(KEY, {}, 60),
            "patch": lambda client: client.patch(KEY, {}, 60),
            "rotate": lambda client: client.rotate(KEY),
        }.items():
            with self.subTest(name):
                asked, result = self.lost(action, WRITTEN)
                self.assertEqual(len(asked), 1)
                self.assertIsInstance(result, DaemonUnavailable)
                self.assertIn("may or may not", str(result))

    def test_nothing_is_asked_a_third_time(self):
        asked, result = self.lost(lambda client: client.get(KEY), hangs_up, FOUND)
        self.assertEqual(asked, ["GET", "GET"])
        self.assertIsInstance(result, DaemonUnavailable)


class Unavailable(TestCase):
    def assert_fails(self, timeout, text):
        started_at = time.monotonic()
        with self.assertRaisesRegex(DaemonUnavailable, text) as raised:
            SessionStore(KEY).get("name")
        # Nobody is kept waiting much longer than was agreed; the rest is for a busy machine.
        self.assertLess(time.monotonic() - started_at, timeout + 2)
        self.assertNotIn(KEY, str(raised.exception))

    def test_a_daemon_that_does_not_run_is_named_with_its_url_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with override_settings(MAGLIA={"url": url, "timeout": 10}):
            self.assert_fails(0, f"daemon at {url} does not answer: Connection refused")

    def test_so_is_a_unix_socket_that_is_not_there_or_that_nobody_listens_on(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/http.sock"
            with override_settings(MAGLIA={"url": f"unix://{path}", "timeout": 10}):
                self.assert_fails(0, "No such file")
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.bind(path)
                self.assert_fails(0, "Connection refused")

    def test_a_daemon_that_takes_the_request_and_stays_silent_is_given_up(self):
        with scripted(stays_silent, timeout=0.3):
            self.assert_fails(0.3, "no answer within 0.3 s")

    def test_so_is_one_that_answers_a_byte_now_and_then(self):
        with scripted(trickles, timeout=0.3):
            self.assert_fails(0.3, "no answer within 0.3 s")

    def test_a_write_into_every_new_session_fails_as_well(self):
        with scripted(stays_silent, timeout=0.3):
            session = SessionStore()
            session["name"] = "Ana"
            with self.assertRaises(DaemonUnavailable):
                session.save()


class Answers(TestCase):
    def test_s0_an_answer_for_another_session_is_not_used(self):
        other = "b" * 27
        found = says(200, f'{{"id":"{other}","version":1,"data":{{"name":"Eva"}}}}')
        with scripted(found):
            with self.assertRaisesRegex(MagliaError, "another session"):
                SessionStore(KEY).get("name")

    def test_s3_nobody_could_be_asked_is_an_error_and_not_an_empty_session(self):
        for status in (429, 503, 504):
            body = '{"code":"OWNER_UNREACHABLE","message":"the owner cannot be reached"}'
            with self.subTest(status), scripted(says(status, body)):
                with self.assertRaisesRegex(SessionUnavailable, "the owner cannot be reached") as raised:
                    SessionStore(KEY).get("name")
                self.assertEqual(raised.exception.code, "OWNER_UNREACHABLE")

    def test_something_else_that_listens_there_is_told_from_a_daemon(self):
        for status, body in [(200, "<html>"), (404, "<html>"), (404, "{}"), (200, "[]"), (500, '"oops"')]:
            with self.subTest(f"{status} {body}"), scripted(says(status, body)):
                with self.assertRaisesRegex(DaemonRefused, "no maglia daemon"):
                    SessionStore(KEY).get("name")

    def test_a_daemon_that_demands_a_token_is_shown_it(self):
        refusal = says(401, '{"code":"UNAUTHORIZED","message":"no token"}')
        with scripted(refusal):
            with self.assertRaisesRegex(DaemonRefused, "token_file"):
                SessionStore(KEY).get("name")

    def test_the_unix_socket_leads_to_the_same_sessions(self):
        with override_settings(MAGLIA={"url": f"unix://{SOCKET}", "timeout": 5}):
            session = SessionStore()
            session["name"] = "Ana"
            session.save()
            self.assertEqual(SessionStore(session.session_key)["name"], "Ana")
        self.assertEqual(stored(session.session_key)["data"], {"name": "Ana"})
