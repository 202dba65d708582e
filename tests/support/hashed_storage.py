"""A storage as it ships, but for the compressing."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from dashboard.web.static import ManifestStorage


class HashedStorage(ManifestStaticFilesStorage):
    """Compressing takes ten seconds and changes no answer that a test looks at."""

    patterns = ManifestStorage.patterns
