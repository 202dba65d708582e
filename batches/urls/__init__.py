"""The product's addresses, grouped by noun."""

from django.urls import URLPattern, URLResolver, include, path

from batches.views import batches

urlpatterns: list[URLPattern | URLResolver] = [
    path("", batches.overview, name="overview"),
    path("batches/", include("batches.urls.batches")),
    path("keys/", include("batches.urls.keys")),
    path("operations/", include("batches.urls.operations")),
    path("preferences/", include("batches.urls.preferences")),
]
