"""Every address there is: for machines, accounts, the admin; the product's own in `batches`."""

from django.contrib import admin
from django.contrib.auth import views as accounts
from django.urls import include, path

from batches.views.accounts import NewPasswordView, SignInView, SignOutView
from batches.views.admin_redirects import nothing_on_site, to_new_password, to_sign_in
from dashboard.web import health
from dashboard.web.favicon import favicon

account_urls = [
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", SignOutView.as_view(), name="logout"),
    path("password_change/", NewPasswordView.as_view(), name="password_change"),
    path(
        "password_change/done/",
        accounts.PasswordChangeDoneView.as_view(),
        name="password_change_done",
    ),
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("favicon.ico", favicon, name="favicon"),
    path("accounts/", include(account_urls)),
    path("admin/login/", to_sign_in, name="admin-login"),  # before the admin's own
    path("admin/password_change/", to_new_password, name="admin-new-password"),  # as well
    path("admin/r/<path:what>", nothing_on_site, name="admin-view-on-site"),
    path("admin/", admin.site.urls),
    path("", include("batches.urls")),
]

handler400 = "batches.views.errors.bad_request"
handler403 = "batches.views.errors.forbidden"
handler404 = "batches.views.errors.not_found"
handler500 = "batches.views.errors.server_error"
