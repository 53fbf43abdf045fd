"""A web site in Django whose sessions are in the mesh. Run as `python3 app.py PORT`; MAGLIA is its setting, as JSON."""

import json
import os
import sys
from socketserver import ThreadingMixIn
from urllib.request import urlopen
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

settings.configure(
    DEBUG=True,
    SECRET_KEY="only for these tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    AUTHENTICATION_BACKENDS=[__name__ + ".OnePerson"],
    SESSION_ENGINE="maglia_django.sessions",
    MAGLIA=json.loads(os.environ["MAGLIA"]),
)
django.setup()

from django.contrib.auth import authenticate, login, logout  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.signals import user_logged_in  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

# There is no database; nobody needs to know when somebody was here.
user_logged_in.disconnect(dispatch_uid="update_last_login")


class OnePerson:
    """Everybody is Ana, on every host."""

    def authenticate(self, request):
        return self.get_user(1)

    def get_user(self, pk):
        return User(pk=pk, username="ana", password="the same on every host")


def wait_at(gate):
    urlopen(gate).read()


def count(request):
    request.session["contador"] = request.session.get("contador", 0) + 1
    return read(request)


def read(request):
    return JsonResponse({"contador": 0, **dict(request.session.items())})


def put(request):
    """Reads the session, waits at the gate if there is one, and only then writes."""
    request.session.get("anything")
    if "gate" in request.GET:
        wait_at(request.GET["gate"])
    request.session[request.GET["key"]] = json.loads(request.GET["value"])
    return JsonResponse({})


def slow(request):
    """Holds the session that it has read until the gate opens."""
    request.session.get("contador")
    wait_at(request.GET["gate"])
    return count(request)


def slow_cycle_key(request):
    request.session.get("contador")
    wait_at(request.GET["gate"])
    request.session.cycle_key()
    return read(request)


def flush(request):
    request.session.flush()
    return JsonResponse({})


def cycle_key(request):
    request.session.cycle_key()
    return read(request)


def log_in(request):
    login(request, authenticate(request))
    return read(request)


def log_out(request):
    logout(request)
    return JsonResponse({})


def plain(_request):
    return JsonResponse({})


def who(request):
    return JsonResponse({"user": request.user.get_username()})


urlpatterns = [
    path("count", count),
    path("read", read),
    path("put", put),
    path("slow", slow),
    path("slow_cycle_key", slow_cycle_key),
    path("flush", flush),
    path("cycle_key", cycle_key),
    path("log_in", log_in),
    path("log_out", log_out),
    path("plain", plain),
    path("who", who),
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
