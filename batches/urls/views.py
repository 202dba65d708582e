"""Saved views of the list of batches."""

from django.urls import path

from batches.views import saved_views

app_name = "views"
urlpatterns = [
    path("", saved_views.list_all, name="list"),
    path("menu/", saved_views.menu, name="menu"),
    path("save/", saved_views.save, name="save"),
    path("default/", saved_views.default, name="default"),
    # a slug is never alone in an address here, so that it may be any word above
    path("<slug:slug>/update/", saved_views.update, name="update"),
    path("<slug:slug>/edit/", saved_views.edit, name="edit"),
    path("<slug:slug>/delete/", saved_views.delete, name="delete"),
]
