"""Batches that a person has ticked."""

from django.urls import path

from batches.views.selections import show, ticks, together

app_name = "selections"
urlpatterns = [
    path("tick/", ticks.tick, name="tick"),
    path("all/", ticks.select_all, name="all"),
    path("begin/", ticks.begin, name="begin"),
    path("undo/", together.undo, name="undo"),
    path("<uuid:selection_id>/", show.show, name="show"),
    path("<uuid:selection_id>/export/", show.export, name="export"),
    path("<uuid:selection_id>/follow/", together.follow, name="follow"),
    path("<uuid:selection_id>/note/", together.note, name="note"),
]
