"""The everyday operations of pylibmc: python3 operations_pylibmc.py PROTOCOL ADDRESS…, PROTOCOL being binary or text.

Every operation goes to the next address, round and round, so that with several nodes what one took another must give.
Prints {operation: what came of it}; test/clients/everyday-operations.test.ts knows what should.
"""

import json
import os
import sys
import time
from itertools import cycle

import pylibmc

clients = cycle(
    [
        pylibmc.Client([address], binary=sys.argv[1] == "binary", behaviors={"cas": True, "tcp_nodelay": True})
        for address in sys.argv[2:]
    ]
)
run = os.urandom(6).hex()


def to():
    return next(clients)


def key(name):
    return f"pylibmc-{run}-{name}"


def tried(operation):
    try:
        return bool(operation())
    except pylibmc.Error:
        return False


all_bytes = bytes(range(256))
large = os.urandom(900_000)
seen = {}

to().set(key("a"), "value")
seen["set and get"] = to().get(key("a"))
seen["get of nothing"] = to().get(key("none")) is None
seen["add of a new key"] = to().add(key("b"), b"1")
seen["add of a key that is there"] = to().add(key("b"), b"2")
seen["replace of nothing"] = tried(lambda: to().replace(key("none"), b"1"))
seen["replace"] = to().replace(key("b"), b"3") and to().get(key("b")) == b"3"
to().set(key("c"), b"middle")
to().append(key("c"), b">")
to().prepend(key("c"), b"<")
seen["append and prepend"] = to().get(key("c")).decode()
seen["append to nothing"] = tried(lambda: to().append(key("none"), b"x"))
to().set(key("cas"), b"first")
_, cas = to().gets(key("cas"))
seen["cas"] = to().cas(key("cas"), b"second", cas)
seen["cas after another write"] = tried(lambda: to().cas(key("cas"), b"third", cas)) or to().get(key("cas")) != b"second"
to().set(key("n"), 10)
seen["incr"] = to().incr(key("n"), 5)
seen["decr"] = to().decr(key("n"), 3)
seen["decr below zero"] = to().decr(key("n"), 100)
seen["incr of nothing"] = tried(lambda: to().incr(key("none"), 1))
seen["touch"] = to().touch(key("a"), 100)
seen["touch of nothing"] = to().touch(key("none"), 100)
seen["delete"] = to().delete(key("a"))
seen["delete of nothing"] = to().delete(key("a"))
seen["get after delete"] = bool(to().get(key("a")))
seen["set after delete"] = to().set(key("a"), b"again") and to().get(key("a")) == b"again"
for name in ("m1", "m2", "m3"):
    to().set(key(name), name)
many = to().get_multi([key(name) for name in ("m1", "m2", "none", "m3")])
seen["multi-get"] = ",".join(value for _, value in sorted(many.items()))
seen["large value"] = to().set(key("large"), large) and to().get(key("large")) == large
seen["too large a value"] = tried(lambda: to().set(key("limit"), b"x" * (2 * 1_048_576)))
seen["go on after too large a value"] = to().set(key("a"), b"on") and to().get(key("a")) == b"on"
seen["all byte values"] = to().set(key("bytes"), all_bytes) and to().get(key("bytes")) == all_bytes
seen["empty value"] = to().get(key("empty")).decode() if to().set(key("empty"), b"") else "not stored"
to().set(key("brief"), b"here", time=1)
seen["expiry"] = to().get(key("brief")) == b"here"
gives_up_at = time.monotonic() + 10
while to().get(key("brief")) is not None:
    if time.monotonic() > gives_up_at:
        seen["expiry"] = "still there"
        break
    time.sleep(0.02)
stats = to().get_stats()[0][1]
seen["version"] = stats.get("version", stats.get(b"version"))
seen["flush"] = tried(lambda: to().flush_all()) and to().get(key("b")) is None

print(json.dumps(seen, indent=1, default=lambda value: value.decode()))
