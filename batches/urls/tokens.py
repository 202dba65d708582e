"""A person's tokens for the JSON API."""

from django.urls import path

from batches.views import tokens

app_name = "tokens"
urlpatterns = [
    path("", tokens.list_tokens, name="list"),
    path("add/", tokens.add, name="add"),
    path("<uuid:token_id>/revoke/", tokens.revoke, name="revoke"),
]
