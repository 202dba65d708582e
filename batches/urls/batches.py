"""Batches: the list, one of them, what is done to them. Segments beside <ref>: `refs.RESERVED`."""

from django.urls import path, register_converter

from batches.refs import BatchRefConverter
from batches.views import actions, batches, export

register_converter(BatchRefConverter, "ref")

app_name = "batches"
urlpatterns = [
    path("", batches.list_batches, name="list"),
    path("live/", batches.list_live, name="list-live"),
    path("export/", export.export_batches, name="export"),
    path("new/", actions.create, name="create"),
    path("name/", actions.check_new_name, name="check-name"),
    path("<ref:name>/", batches.show_batch, name="detail"),
    path("<ref:name>/live/", batches.batch_live, name="detail-live"),
    path("<ref:name>/finalize/", actions.finalize, name="finalize"),
    path("<ref:name>/prioritize/", actions.prioritize, name="prioritize"),
]
