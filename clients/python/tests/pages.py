"""Pages of the test project. Each says in JSON what it has seen."""

from django.contrib.auth import authenticate, login, logout
from django.http import HttpResponse, JsonResponse
from django.urls import path


def silent(_request):
    """Does not look at the session at all."""
    return JsonResponse({})


def read(request):
    return JsonResponse(dict(request.session.items()))


def put(request):
    for key, value in request.GET.items():
        request.session[key] = value
    return JsonResponse({"key": request.session.session_key})


def nested(request):
    """Changes what is inside of a value; Django sees that only where it is told."""
    request.session["cart"].append(request.GET["book"])
    request.session.modified = "tell" in request.GET
    return JsonResponse({})


def fail(request):
    request.session["name"] = "never kept"
    return HttpResponse("a page that fails", status=500)


def unkeepable(request):
    request.session["basket"] = {1, 2}
    return JsonResponse({})


def close_at(request):
    request.session.set_expiry(int(request.GET["seconds"]))
    return JsonResponse({})


def interrupted(request):
    """While this page is at work, another request logs the visitor out."""
    from project import ask_daemon

    request.session["late"] = True
    ask_daemon("DELETE", f"/v1/sessions/{request.session.session_key}")
    return JsonResponse({})


def flush(request):
    request.session.flush()
    return JsonResponse({})


def log_in(request):
    request.session["unsaved"] = "set before the login"
    login(request, authenticate(request, username=request.GET["name"], password="secret"))
    return JsonResponse({"key": request.session.session_key})


def log_out(request):
    logout(request)
    return JsonResponse({})


def who(request):
    return JsonResponse({"user": request.user.get_username()})


urlpatterns = [
    path("silent", silent),
    path("read", read),
    path("put", put),
    path("nested", nested),
    path("fail", fail),
    path("unkeepable", unkeepable),
    path("close_at", close_at),
    path("interrupted", interrupted),
    path("flush", flush),
    path("log_in", log_in),
    path("log_out", log_out),
    path("who", who),
]
