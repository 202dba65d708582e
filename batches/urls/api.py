"""The JSON API. `dashboard/web/health.py` answers it before sessions are read."""

from django.urls import path

from batches.api.guards import unknown_address
from batches.api.routes import ENDPOINTS

app_name = "api"
urlpatterns = [
    *(
        path(f"v1/{route.replace('{ref}', '<ref:name>')}", view, name=view.__name__)
        for route, view in ENDPOINTS.items()
    ),
    path("", unknown_address, {"path": ""}, name="root"),
    path("<path:path>", unknown_address, name="unknown"),
]
