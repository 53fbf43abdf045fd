"""The everyday operations of pymemcache: python3 operations_pymemcache.py ADDRESS….

Every operation goes to the next address, round and round, so that with several nodes what one took another must give.
Prints {operation: what came of it}; test/clients/everyday-operations.test.ts knows what should.
"""

import json
import os
import sys
import time
from itertools import cycle

from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheError

clients = cycle(
    [
        Client(address, default_noreply=False, timeout=10, connect_timeout=10, allow_unicode_keys=True)
        for address in sys.argv[1:]
    ]
)
run = os.urandom(6).hex()


def to():
    return next(clients)


def key(name):
    return f"pymemcache-{run}-{name}"


def tried(operation):
    try:
        return bool(operation())
    except MemcacheError:
        return False


all_bytes = bytes(range(256))
large = os.urandom(900_000)
seen = {}

to().set(key("a"), "value")
seen["set and get"] = to().get(key("a")).decode()
seen["get of nothing"] = to().get(key("none")) is None
seen["add of a new key"] = to().add(key("b"), "1")
seen["add of a key that is there"] = to().add(key("b"), "2")
seen["replace of nothing"] = to().replace(key("none"), "1")
seen["replace"] = to().replace(key("b"), "3") and to().get(key("b")) == b"3"
to().set(key("c"), "middle")
to().append(key("c"), ">")
to().prepend(key("c"), "<")
seen["append and prepend"] = to().get(key("c")).decode()
seen["append to nothing"] = to().append(key("none"), "x")
to().set(key("cas"), "first")
_, cas = to().gets(key("cas"))
seen["cas"] = to().cas(key("cas"), "second", cas)
seen["cas after another write"] = to().cas(key("cas"), "third", cas) is not False or to().get(key("cas")) != b"second"
seen["cas of nothing"] = to().cas(key("none"), "x", cas) is None
to().set(key("n"), "10")
seen["incr"] = to().incr(key("n"), 5)
seen["decr"] = to().decr(key("n"), 3)
seen["decr below zero"] = to().decr(key("n"), 100)
seen["incr of nothing"] = bool(to().incr(key("none"), 1))
seen["incr of a text"] = tried(lambda: to().incr(key("a"), 1))
seen["touch"] = to().touch(key("a"), 100)
seen["touch of nothing"] = to().touch(key("none"), 100)
seen["delete"] = to().delete(key("a"))
seen["delete of nothing"] = to().delete(key("a"))
seen["get after delete"] = bool(to().get(key("a")))
seen["set after delete"] = to().set(key("a"), "again") and to().get(key("a")) == b"again"
for name in ("m1", "m2", "m3"):
    to().set(key(name), name)
many = to().get_many([key(name) for name in ("m1", "m2", "none", "m3")])
seen["multi-get"] = ",".join(value.decode() for _, value in sorted(many.items()))
seen["large value"] = to().set(key("large"), large) and to().get(key("large")) == large
seen["too large a value"] = tried(lambda: to().set(key("limit"), b"x" * (2 * 1_048_576)))
seen["go on after too large a value"] = to().set(key("a"), "on") and to().get(key("a")) == b"on"
seen["all byte values"] = to().set(key("bytes"), all_bytes) and to().get(key("bytes")) == all_bytes
seen["empty value"] = to().get(key("empty")).decode() if to().set(key("empty"), "") else "not stored"
seen["a key in another script"] = to().set(key("ключ"), "x") and to().get(key("ключ")) == b"x"
client = to()
for n in range(20):
    client.set(key(f"quiet{n}"), str(n), noreply=True)
# The same connection answers in order: when this comes back, all of those are done.
client.get(key("none"))
seen["quiet sets"] = all(to().get(key(f"quiet{n}")) == str(n).encode() for n in range(20))
to().set(key("brief"), "here", expire=1)
seen["expiry"] = to().get(key("brief")) == b"here"
gives_up_at = time.monotonic() + 10
while to().get(key("brief")) is not None:
    if time.monotonic() > gives_up_at:
        seen["expiry"] = "still there"
        break
    time.sleep(0.02)
seen["version"] = to().version().decode()
seen["stats"] = b"curr_connections" in to().stats()
seen["flush"] = tried(lambda: to().flush_all()) and to().get(key("b")) is None

print(json.dumps(seen, indent=1))
