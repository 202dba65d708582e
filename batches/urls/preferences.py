"""A person's preferences."""

from django.urls import path

from batches.views import preferences

app_name = "preferences"
urlpatterns = [
    path("", preferences.edit, name="edit"),
    path("zone/", preferences.browser_zone, name="zone"),
]
