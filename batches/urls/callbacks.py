"""What Refonte calls. `dashboard/web/health.py` answers it before sessions are read."""

from django.urls import path

from batches.views.callbacks import receive

app_name = "callbacks"
urlpatterns = [path("<str:token>/", receive, name="receive")]
