"""The search over everything."""

from django.urls import path

from batches.views.palette import search

app_name = "go"
urlpatterns = [
    path("", search.show, name="page"),
    path("results/", search.results, name="results"),
]
