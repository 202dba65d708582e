"""Batches: the list, one of them, what is done to them. Segments beside <ref>: `refs.RESERVED`."""

from django.urls import path, register_converter

from batches.refs import BatchRefConverter
from batches.views.actions import forms
from batches.views.batches import export, pages

register_converter(BatchRefConverter, "ref")

app_name = "batches"
urlpatterns = [
    path("", pages.list_batches, name="list"),
    path("live/", pages.list_live, name="list-live"),
    path("export/", export.export_batches, name="export"),
    path("new/", forms.create, name="create"),
    path("name/", forms.check_new_name, name="check-name"),
    path("<ref:name>/", pages.show_batch, name="detail"),
    path("<ref:name>/live/", pages.batch_live, name="detail-live"),
    path("<ref:name>/finalize/", forms.finalize, name="finalize"),
    path("<ref:name>/prioritize/", forms.prioritize, name="prioritize"),
]
