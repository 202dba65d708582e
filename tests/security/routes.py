"""Who gets what answer at which address: the whole table.

Columns: nobody, charlie (no role), vera (views), alice (operates, owns what is asked for),
ada (admin), bob (operates, owns something else). Two lines an address: GET, POST.

in: to the sign-in, and back · door: to the admin's, which sends on to the sign-in or refuses.
Any other method is 405 for everybody. POSTs carry a key and nothing else, so most are 422.
"""

from tests.security.conftest import Console
from tests.support.api import token_id_of
from tests.support.selections import SELECTION

PEOPLE = ("nobody", "charlie", "vera", "alice", "ada", "bob")
NO_SUCH = "405 405 405 405 405 405"
NO_SUCH_IN = "in 405 405 405 405 405"
API = "401 401 401 401 401 401"  # a session opens nothing there
NOWHERE = "404 404 404 404 404 404"
READ = "in 403 200 200 200 200"
OPERATE = "in 403 403 200 200 200"
OWN = "in 403 404 200 404 404"
OWN_DONE = "in 403 404 302 404 404"
ADMIN = "door door door door {} door"
ADMIN_IN = "in door door door {} door"

ROUTES = {
    "healthz": ("200 200 200 200 200 200", NO_SUCH),
    "readyz": ("200 200 200 200 200 200", NO_SUCH),
    "metrics": ("401 401 401 401 401 401", NO_SUCH),
    "favicon.ico": ("302 302 302 302 302 302", NO_SUCH),
    "accounts/login/": ("200 302 302 302 302 302", "200 302 302 302 302 302"),
    "accounts/logout/": (NO_SUCH, "302 302 302 302 302 302"),
    "accounts/password_change/": ("in 200 200 200 200 200", "in 200 200 200 200 200"),
    "accounts/password_change/done/": ("in 200 200 200 200 200", NO_SUCH_IN),
    "": (READ, NO_SUCH_IN),
    "live/": (READ, NO_SUCH_IN),
    "api/": (NOWHERE, NOWHERE),
    "api/<path:path>": (NOWHERE, NOWHERE),
    "api/v1/openapi.json": (API, NO_SUCH),
    "api/v1/batches/": (API, NO_SUCH),
    "api/v1/batches/<ref:name>/": (API, NO_SUCH),
    "api/v1/batches/<ref:name>/status/": (API, NO_SUCH),
    "api/v1/batches/<ref:name>/observations/": (API, NO_SUCH),
    "api/v1/batches/<ref:name>/estimate/": (API, NO_SUCH),
    "api/v1/attention/": (API, NO_SUCH),
    "api/v1/operations/": (API, NO_SUCH),
    "api/v1/projects/": (API, NO_SUCH),
    "batches/": (READ, NO_SUCH_IN),
    "batches/export/": (READ, NO_SUCH_IN),
    "batches/export/told/": (READ, NO_SUCH_IN),
    "batches/live/": (NO_SUCH_IN, "in 403 400 400 400 400"),
    "batches/new/": (OPERATE, "in 403 403 422 422 422"),
    "batches/name/": (OPERATE, NO_SUCH_IN),
    "batches/<ref:name>/": (READ, NO_SUCH_IN),
    "batches/<ref:name>/live/": (READ, NO_SUCH_IN),
    "batches/<ref:name>/chart/": (READ, NO_SUCH_IN),
    "batches/<ref:name>/chart/table/": (READ, NO_SUCH_IN),
    "batches/<ref:name>/finalize/": (OPERATE, "in 403 403 422 422 422"),
    "batches/<ref:name>/prioritize/": (OPERATE, "in 403 403 422 422 422"),
    "batches/<ref:name>/note/": (OPERATE, "in 403 403 422 422 422"),
    "alarms/dismissed/": (READ, NO_SUCH_IN),
    "alarms/<int:alarm_id>/dismiss/": ("in 403 403 200 404 404", "in 403 403 422 404 404"),
    "alarms/<int:alarm_id>/take-back/": (NO_SUCH_IN, "in 403 403 302 404 404"),
    "bulks/plan/": (NO_SUCH_IN, "in 403 403 422 422 422"),
    "bulks/new/": (OPERATE, "in 403 403 422 422 422"),
    "bulks/<uuid:bulk_id>/": ("in 403 404 200 200 404", NO_SUCH_IN),
    "bulks/<uuid:bulk_id>/live/": ("in 403 404 200 200 404", NO_SUCH_IN),
    "bulks/<uuid:bulk_id>/rows/": ("in 403 404 404 404 404", NO_SUCH_IN),  # of no group
    "bulks/<uuid:bulk_id>/export/": ("in 403 404 200 200 404", NO_SUCH_IN),
    "bulks/<uuid:bulk_id>/tick/": (NO_SUCH_IN, "in 403 403 302 403 404"),
    "bulks/<uuid:bulk_id>/confirm/": ("in 403 403 302 403 404", "in 403 403 409 403 404"),
    "bulks/<uuid:bulk_id>/read-again/": (NO_SUCH_IN, "in 403 403 302 403 404"),
    "bulks/<uuid:bulk_id>/stop/": (NO_SUCH_IN, "in 403 403 302 302 404"),
    "bulks/<uuid:bulk_id>/go-on/": (NO_SUCH_IN, "in 403 403 302 403 404"),
    "bulks/<uuid:bulk_id>/retry/": (NO_SUCH_IN, "in 403 403 302 403 404"),
    "callbacks/<str:token>/": (NO_SUCH, "204 204 204 204 204 204"),
    "follows/": (READ, NO_SUCH_IN),
    "follows/edit/": (READ, "in 403 422 422 422 422"),
    "follows/mute/": (NO_SUCH_IN, "in 403 404 404 404 404"),
    "follows/events/": (READ, NO_SUCH_IN),
    "follows/bell/": ("in 403 302 302 302 302", NO_SUCH_IN),
    "follows/read/": (NO_SUCH_IN, "in 403 422 422 422 422"),
    "follows/channels/add/": (READ, "in 403 422 422 422 422"),
    "follows/channels/test/": (NO_SUCH_IN, "in 403 404 404 404 404"),
    "follows/channels/<int:channel_id>/delete/": (NO_SUCH_IN, OWN_DONE),
    "go/": (READ, NO_SUCH_IN),
    "go/results/": (READ, NO_SUCH_IN),
    "keys/": (READ, NO_SUCH_IN),
    "keys/switch/": (READ, NO_SUCH_IN),
    "keys/add/": (READ, "in 403 422 422 422 422"),
    "keys/<uuid:key_id>/check/": (NO_SUCH_IN, OWN_DONE),
    "keys/<uuid:key_id>/default/": (NO_SUCH_IN, OWN_DONE),
    "keys/<uuid:key_id>/replace/": (OWN, "in 403 404 422 404 404"),
    "keys/<uuid:key_id>/share/": (OWN, OWN_DONE),
    "keys/<uuid:key_id>/watch/": (NO_SUCH_IN, OWN_DONE),
    "keys/<uuid:key_id>/delete/": (OWN, OWN_DONE),
    "operations/": (READ, NO_SUCH_IN),
    "operations/export/": (READ, NO_SUCH_IN),
    "operations/people/": (READ, NO_SUCH_IN),
    "operations/keys/": (READ, NO_SUCH_IN),
    "operations/<uuid:operation_id>/": ("in 403 404 200 200 404", NO_SUCH_IN),
    "operations/<uuid:operation_id>/live/": ("in 403 404 200 200 404", NO_SUCH_IN),
    "operations/<uuid:operation_id>/said/": ("in 403 404 200 200 404", NO_SUCH_IN),
    "operations/<uuid:operation_id>/withdraw/": (NO_SUCH_IN, "in 403 403 302 302 404"),
    "preferences/": ("in 200 200 200 200 200", "in 422 422 422 422 422"),
    "preferences/notices/": ("in 200 200 200 200 200", "in 302 302 302 302 302"),
    "preferences/zone/": (NO_SUCH_IN, "in 422 422 422 422 422"),
    "selections/tick/": (NO_SUCH_IN, "in 403 400 400 400 400"),
    "selections/all/": (NO_SUCH_IN, "in 403 302 302 302 302"),
    "selections/begin/": (NO_SUCH_IN, "in 403 302 302 302 302"),
    "selections/undo/": (NO_SUCH_IN, "in 403 403 422 422 422"),
    "selections/<uuid:selection_id>/": (OWN, NO_SUCH_IN),
    "selections/<uuid:selection_id>/export/": (OWN, NO_SUCH_IN),
    "selections/<uuid:selection_id>/follow/": (OWN, "in 403 404 422 404 404"),
    "selections/<uuid:selection_id>/note/": (
        "in 403 403 200 404 404",
        "in 403 403 422 404 404",
    ),
    "tokens/": (READ, NO_SUCH_IN),
    "tokens/add/": (READ, "in 403 422 422 422 422"),
    "tokens/<uuid:token_id>/revoke/": (OWN, OWN_DONE),
    "projects/<project:name>/": (READ, NO_SUCH_IN),
    "projects/<project:name>/live/": (READ, NO_SUCH_IN),
    "projects/<project:name>/table/": (READ, NO_SUCH_IN),
    "projects/<project:name>/settings/": (OPERATE, "in 403 403 302 302 302"),
    "views/": (READ, NO_SUCH_IN),
    "views/menu/": (READ, NO_SUCH_IN),
    "views/save/": (READ, "in 403 422 422 422 422"),
    "views/default/": (NO_SUCH_IN, "in 403 302 302 302 302"),
    "views/<slug:slug>/update/": (NO_SUCH_IN, "in 403 404 409 404 404"),
    "views/<slug:slug>/edit/": (OWN, "in 403 404 422 404 404"),
    "views/<slug:slug>/delete/": (OWN, OWN_DONE),
    "admin/login/": ("in 403 403 403 302 403", "in 403 403 403 302 403"),
    "admin/": (ADMIN.format(200), ADMIN.format(200)),
    "admin/logout/": ("door 302 302 302 405 302", "door 302 302 302 302 302"),
    "admin/password_change/": ("in 302 302 302 302 302", "in 302 302 302 302 302"),
    "admin/password_change/done/": (ADMIN.format(200), ADMIN.format(405)),
    "admin/autocomplete/": (ADMIN.format(403), ADMIN.format(405)),
    "admin/jsi18n/": (ADMIN.format(200), ADMIN.format(405)),
    "admin/r/<path:what>": ("in 404 404 404 404 404", "in 404 404 404 404 404"),
    "admin/r/<path:content_type_id>/<path:object_id>/": (
        "in 404 404 404 404 404",  # as above, which stands in front of it
        "in 404 404 404 404 404",
    ),
    "admin/auth/user/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/auth/user/add/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/auth/user/<id>/password/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/auth/user/<path:object_id>/": (ADMIN_IN.format(302), ADMIN_IN.format(302)),
    "admin/auth/user/<path:object_id>/change/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/auth/user/<path:object_id>/delete/": (ADMIN_IN.format(403), ADMIN_IN.format(403)),
    "admin/auth/user/<path:object_id>/history/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/auth/group/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/auth/group/add/": (ADMIN_IN.format(403), ADMIN_IN.format(403)),
    "admin/auth/group/<path:object_id>/": (ADMIN_IN.format(302), ADMIN_IN.format(302)),
    "admin/auth/group/<path:object_id>/change/": (ADMIN_IN.format(200), ADMIN_IN.format(302)),
    "admin/auth/group/<path:object_id>/delete/": (ADMIN_IN.format(403), ADMIN_IN.format(403)),
    "admin/auth/group/<path:object_id>/history/": (ADMIN_IN.format(200), ADMIN_IN.format(200)),
    "admin/^(?P<app_label>auth)/$": (ADMIN.format(200), ADMIN.format(200)),
    "admin/(?P<url>.*)$": (ADMIN.format(404), ADMIN.format(404)),
}


def example(route: str, console: Console) -> str:
    """An address of this route about something of Alice's (in the admin, of Charlie's)."""
    row = "1" if "/group/" in route else str(console.people["charlie"].pk)
    arguments = {
        "<uuid:key_id>": str(console.keys["alice"].id),
        "<uuid:operation_id>": str(console.operation.id),
        "<uuid:bulk_id>": str(console.bulk.id),
        "<int:channel_id>": str(console.channel_id),
        "<uuid:selection_id>": str(SELECTION),
        "<uuid:token_id>": str(token_id_of(console.people["alice"])),
        "<path:path>": "v2/",
        "<slug:slug>": console.view.slug,
        "<ref:name>": "kitten-07",
        "<project:name>": "kittens",
        "<int:alarm_id>": str(console.alarm.id),
        "<str:token>": "0" * 40,
        "<path:content_type_id>": "1",
        "<path:object_id>": row,
        "<id>": row,
        "^(?P<app_label>auth)/$": "auth/",
        "(?P<url>.*)$": "no-such/",
        "<path:what>": "1/1/",
    }
    for name, value in arguments.items():
        route = route.replace(name, value)
    return f"/{route}"
