"""API keys: a person's own ones, and the switch from one to another."""

from django.urls import path

from batches.views import key_switch, keys

app_name = "keys"
urlpatterns = [
    path("", keys.list_keys, name="list"),
    path("add/", keys.add, name="add"),
    path("switch/", key_switch.switch, name="switch"),
    # by id and not by ref: the ref changes when the key is replaced
    path("<uuid:key_id>/check/", keys.check, name="check"),
    path("<uuid:key_id>/default/", keys.default, name="default"),
    path("<uuid:key_id>/replace/", keys.replace, name="replace"),
    path("<uuid:key_id>/share/", keys.share, name="share"),
    path("<uuid:key_id>/watch/", keys.watch, name="watch"),
    path("<uuid:key_id>/delete/", keys.delete, name="delete"),
]
