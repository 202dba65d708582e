"""Projects: what is open in each."""

from datetime import datetime

from batches.api import answers
from batches.api.cursors import next_address, read_place
from batches.api.guards import ApiRequest, endpoint
from batches.api.queries import PageQuery
from batches.services.stored.ages import age_of
from batches.services.stored.projects import StoredProject, list_projects


@endpoint(summary="Projects of a key", query=PageQuery, answer=answers.ProjectList)
def show_projects(request: ApiRequest, query: PageQuery) -> answers.ProjectList:
    """By name: those in Refonte's last list, and those with open batches, with their sums.

    Batches of which Refonte does not say the project are last, under a null.
    """
    found = list_projects(key=request.key)
    projects = list(found.projects)
    if query.cursor:
        passed = read_place(request, request.key.ref, query.cursor)
        projects = [one for one in projects if _place(one) > passed]
    page, more = projects[: query.limit], projects[query.limit :]
    return answers.ProjectList(
        key=request.key.ref,
        answered_at=request.now,
        listed_at=found.listed_at,
        items=tuple(_project(one, request.now) for one in page),
        next=next_address(request, request.key.ref, _place(page[-1]) if more else None),
    )


def _place(project: StoredProject) -> list[object]:
    """Among all, as JSON holds it."""
    return [project.name is None, project.name or ""]


def _project(project: StoredProject, now: datetime) -> answers.Project:
    # without any open batch there is nothing whose age could matter
    is_empty = not project.staging and not project.in_progress
    age = age_of(project.oldest_at, now=now)
    return answers.Project(
        name=project.name,
        staging=project.staging,
        in_progress=project.in_progress,
        tasks=answers.ProjectTasks(
            total=project.total,
            total_is_at_least=project.is_at_least,
            settled=project.settled,
            uncounted_batches=project.uncounted,
            as_of=age.as_of,
            age_seconds=age.seconds,
            is_stale=age.is_stale and not is_empty,
        ),
        is_listed=project.is_listed,
    )
