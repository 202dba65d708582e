"""What a person follows, what they were told, and on which channels."""

from django.urls import path

from batches.views import channels, follows, told

app_name = "follows"
urlpatterns = [
    path("", follows.show, name="list"),
    path("edit/", follows.edit, name="edit"),
    path("mute/", follows.mute, name="mute"),
    path("events/", told.events, name="events"),
    path("bell/", told.bell, name="bell"),
    path("read/", told.read, name="read"),
    path("channels/add/", channels.add, name="channel-add"),
    path("channels/test/", channels.test, name="channel-test"),
    path("channels/<int:channel_id>/delete/", channels.delete, name="channel-delete"),
]
