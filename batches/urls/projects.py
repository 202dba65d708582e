"""Projects: one project, and what is set for it here."""

from django.urls import path, register_converter

from batches.refs import ProjectRefConverter
from batches.views.overview import project, settings

register_converter(ProjectRefConverter, "project")

app_name = "projects"
urlpatterns = [
    path("<project:name>/", project.show_project, name="detail"),
    path("<project:name>/live/", project.project_live, name="detail-live"),
    path("<project:name>/table/", project.burn_up_table, name="table"),
    path("<project:name>/settings/", settings.edit_settings, name="settings"),
]
