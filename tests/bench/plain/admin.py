"""The changelist that a list of 100 rows is measured against."""

from typing import TYPE_CHECKING

from django.contrib import admin

from tests.bench.plain.models import Entry

if TYPE_CHECKING:  # django-stubs make the class generic, Django itself does not
    Base = admin.ModelAdmin[Entry]
else:
    Base = admin.ModelAdmin


@admin.register(Entry)
class EntryAdmin(Base):
    list_display = ("name", "project", "status", "priority", "created_at")
    list_per_page = 100
