"""The counter page in Django, in one file. What is maglia's is SESSION_ENGINE and MAGLIA."""

import os
import re
import sys
from html import escape
from pathlib import Path

from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

settings.configure(
    SECRET_KEY="only for this example, which signs nothing",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_ENGINE="maglia_django.sessions",
    SESSION_COOKIE_NAME="maglia",
    MAGLIA={"url": os.environ["MAGLIA_URL"]},
    USE_TZ=True,
)

PAGE = (Path(__file__).parent.parent / "page.html").read_text()


@csrf_exempt
def counter(request):
    session = request.session
    if request.method == "POST":
        session["name"] = request.POST.get("name", "")
        session["email"] = request.POST.get("email", "")
        return back()
    session["contador"] = session.get("contador", 0) + 1
    session.save()
    shown = {
        "contador": session["contador"],
        "name": session.get("name", ""),
        "email": session.get("email", ""),
        "language": "Django",
        "host": os.environ["HOST_LETTER"],
        "session": session.session_key,
    }
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(shown)
    return HttpResponse(re.sub(r"{{(\w+)}}", lambda found: escape(str(shown[found[1]])), PAGE))


@csrf_exempt
@require_POST
def login(request):
    request.session.cycle_key()
    return back()


@csrf_exempt
@require_POST
def logout(request):
    request.session.flush()
    return back()


def back():
    # A path and not a whole address: the visitor came through the load balancer.
    return HttpResponse(status=303, headers={"Location": "/"})


urlpatterns = [
    path("", counter),
    path("login", login),
    path("logout", logout),
    path("healthz", lambda request: HttpResponse("ok")),
]

if __name__ == "__main__":
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", *sys.argv[1:]])
