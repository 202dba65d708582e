"""Batches: the list, one batch, its forms; alarms of batches."""

from django.urls import include, path, register_converter

from batches.refs import BatchRefConverter
from batches.views import attention
from batches.views.actions import create, finalize, note, prioritize
from batches.views.batches import chart, detail, export, live
from batches.views.batches.list import list_batches

register_converter(BatchRefConverter, "ref")

app_name = "batches"
of_batches = [
    path("", list_batches, name="list"),
    path("live/", live.list_live, name="list-live"),
    path("export/", export.export_batches, name="export"),
    path("export/told/", export.export_told, name="export-told"),
    path("new/", create.create, name="create"),
    path("name/", create.check_new_name, name="check-name"),
    # a batch named like a segment above gets another ref: `refs.RESERVED`, compared by a test
    path("<ref:name>/", detail.show_batch, name="detail"),
    path("<ref:name>/live/", live.batch_live, name="detail-live"),
    path("<ref:name>/chart/", chart.chart_data, name="chart"),
    path("<ref:name>/chart/table/", chart.chart_table, name="chart-table"),
    path("<ref:name>/finalize/", finalize.finalize, name="finalize"),
    path("<ref:name>/prioritize/", prioritize.prioritize, name="prioritize"),
    path("<ref:name>/note/", note.note, name="note"),
]
urlpatterns = [
    path("batches/", include(of_batches)),
    path("alarms/dismissed/", attention.dismissed, name="dismissed"),
    path("alarms/<int:alarm_id>/dismiss/", attention.dismiss, name="dismiss"),
    path("alarms/<int:alarm_id>/take-back/", attention.take_back, name="take-back"),
]
