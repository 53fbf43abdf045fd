"""A visitor's counter in the session: Django's cache sessions, over the memcached back end that BACKEND names.

Run as `python3 app.py PORT`; DOOR is the memcached to use.
"""

import json
import os
import sys
from socketserver import ThreadingMixIn
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

# What a client waits for one answer at most.
PATIENCE_SECONDS = 0.75
OPTIONS = {
    "PyMemcacheCache": {"timeout": PATIENCE_SECONDS, "connect_timeout": PATIENCE_SECONDS, "no_delay": True},
    "PyLibMCCache": {
        # Who the application is (USER_NAME, PASSWORD), which pylibmc can say in the binary protocol only.
        **(
            {"binary": True, "username": os.environ["USER_NAME"], "password": os.environ["PASSWORD"]}
            if "USER_NAME" in os.environ
            else {}
        ),
        "behaviors": {
            "tcp_nodelay": True,
            "connect_timeout": int(PATIENCE_SECONDS * 1000),
            "send_timeout": int(PATIENCE_SECONDS * 1_000_000),
            "receive_timeout": int(PATIENCE_SECONDS * 1_000_000),
        },
    },
}

settings.configure(
    SECRET_KEY="only for these tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    # What an error page does not say.
    LOGGING={
        "version": 1,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}},
    },
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=[__name__ + ".tell_id", "django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    CACHES={
        "default": {
            "BACKEND": "django.core.cache.backends.memcached." + os.environ["BACKEND"],
            "LOCATION": os.environ["DOOR"],
            "OPTIONS": OPTIONS[os.environ["BACKEND"]],
        }
    },
)
django.setup()

from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


def tell_id(get_response):
    """Adds the id, which a new session only has once the session middleware has saved it."""

    def middleware(request):
        response = get_response(request)
        if response.status_code == 200:
            response.content = json.dumps({**json.loads(response.content), "id": request.session.session_key})
        return response

    return middleware


def raise_counter(request):
    request.session["counter"] = request.session.get("counter", 0) + 1
    return JsonResponse({"counter": request.session["counter"]})


def count(request):
    return raise_counter(request)


def read(request):
    return JsonResponse({"counter": request.session.get("counter", 0)})


def slow(request):
    """Answered when the test says so: until then this request holds the session that it has read."""
    request.session.get("counter")
    urlopen(request.GET["gate"]).read()
    return raise_counter(request)


def destroy(request):
    request.session.flush()
    return JsonResponse({"counter": 0})


def regenerate(request):
    request.session.cycle_key()
    return JsonResponse({"counter": request.session.get("counter", 0)})


def mint(request):
    """Makes many sessions at once, as their first visits would."""
    ids = []
    for _ in range(int(request.GET["count"])):
        session = SessionStore()
        session["counter"] = 1
        session.save()
        ids.append(session.session_key)
    return JsonResponse({"ids": ids})


urlpatterns = [
    path("count", count),
    path("read", read),
    path("slow", slow),
    path("destroy", destroy),
    path("regenerate", regenerate),
    path("mint", mint),
]


class ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


with make_server(
    "127.0.0.1", int(sys.argv[1]), get_wsgi_application(), server_class=ThreadingServer, handler_class=QuietHandler
) as server:
    server.serve_forever()
