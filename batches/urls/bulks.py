"""Bulks: plans, the page of one, what people do with it."""

from django.urls import path

from batches.views.bulks import begin, confirm, control, create, detail, export

app_name = "bulks"
urlpatterns = [
    path("plan/", begin.plan, name="plan"),
    path("new/", create.create, name="create"),
    path("<uuid:bulk_id>/", detail.show_bulk, name="detail"),
    path("<uuid:bulk_id>/live/", detail.bulk_live, name="detail-live"),
    path("<uuid:bulk_id>/rows/", detail.bulk_rows, name="rows"),
    path("<uuid:bulk_id>/export/", export.export_bulk, name="export"),
    path("<uuid:bulk_id>/tick/", confirm.tick, name="tick"),
    path("<uuid:bulk_id>/confirm/", confirm.confirm, name="confirm"),
    path("<uuid:bulk_id>/read-again/", confirm.read_again, name="read-again"),
    path("<uuid:bulk_id>/stop/", control.stop, name="stop"),
    path("<uuid:bulk_id>/go-on/", control.go_on, name="go-on"),
    path("<uuid:bulk_id>/retry/", begin.retry, name="retry"),
]
