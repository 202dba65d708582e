"""The product's addresses, grouped by noun."""

from django.urls import URLPattern, URLResolver, include, path

from batches.views.overview.overview import overview_live, show_overview

urlpatterns: list[URLPattern | URLResolver] = [
    path("", show_overview, name="overview"),
    path("live/", overview_live, name="overview-live"),
    path("", include("batches.urls.batches")),
    # behind the one above, which registers the converter of batches
    path("api/", include("batches.urls.api")),
    path("bulks/", include("batches.urls.bulks")),
    path("callbacks/", include("batches.urls.callbacks")),
    path("follows/", include("batches.urls.follows")),
    path("go/", include("batches.urls.go")),
    path("keys/", include("batches.urls.keys")),
    path("operations/", include("batches.urls.operations")),
    path("preferences/", include("batches.urls.preferences")),
    path("selections/", include("batches.urls.selections")),
    path("tokens/", include("batches.urls.tokens")),
    path("projects/", include("batches.urls.projects")),
    path("views/", include("batches.urls.views")),
]
