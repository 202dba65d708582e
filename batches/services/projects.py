"""The vendor's projects, where it tells them; the product lives without where it does not."""

from batches.refonte import Project
from batches.services import vendor
from batches.services.page_key import PageKey
from batches.services.readings import last_known, projects_query, read


def known_projects(*, key: PageKey) -> tuple[Project, ...]:
    """Projects under a key, kept for 10 minutes; empty where the vendor does not say."""
    reading = read(
        key=key,
        query=projects_query(),
        kind=vendor.Kind.POLL,
        deadline=vendor.new_deadline(),
    )
    return reading.data or ()


def remembered_projects(*, key: PageKey) -> tuple[Project, ...]:
    """The same as last answered, asking nobody: for a page whose time went into a write."""
    return last_known(key=key, query=projects_query()).data or ()
