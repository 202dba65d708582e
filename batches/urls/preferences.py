"""A person's preferences."""

from django.urls import path

from batches.views import preferences

app_name = "preferences"
urlpatterns = [
    path("", preferences.edit, name="edit"),
    path("notices/", preferences.notices, name="notices"),
    # posted by `zone.js` where the browser is in another zone than the page
    path("zone/", preferences.browser_zone, name="zone"),
]
