"""Operations: the list, one operation, its message."""

from django.urls import path

from batches.views import operations, operations_export

app_name = "operations"
urlpatterns = [
    path("", operations.list_operations, name="list"),
    # the route has the name of its filter: `operations_presenter` makes the address from that
    path("export/", operations_export.export_list, name="export"),
    path("people/", operations.list_choices, {"name": "person"}, name="person"),
    path("keys/", operations.list_choices, {"name": "sent_with"}, name="sent_with"),
    path("<uuid:operation_id>/", operations.show_operation, name="detail"),
    path("<uuid:operation_id>/live/", operations.operation_live, name="detail-live"),
    path("<uuid:operation_id>/said/", operations.operation_message, name="said"),
    path("<uuid:operation_id>/withdraw/", operations.withdraw, name="withdraw"),
]
