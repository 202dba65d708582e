"""A program that reads the JSON API with a personal token."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.test import Client

from batches.models import TokenScope
from batches.services.people.tokens import create_token

BASE = "/api/v1/"


def token_of(
    user: User,
    *,
    scope: TokenScope = TokenScope.ALL,
    key_ref: str = "",
    days: int = 30,
    label: str = "Sheet",
) -> str:
    """A new token of a person, in clear."""
    new = create_token(
        user=user, form_id=uuid4(), label=label, scope=scope, key_ref=key_ref, days=days
    )
    return new.token.reveal()


def token_id_of(user: User) -> UUID:
    """The id of a token of a person, which is made where there is none."""
    if not user.tokens.exists():
        token_of(user)
    return user.tokens.get().id


@dataclass
class Program:
    """token: empty for none."""

    token: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, /, **query: Any) -> Any:
        return self.ask("GET", path, **query)

    def ask(self, method: str, path: str, /, **query: Any) -> Any:
        """path: below /api/v1/, or the whole of a `next`."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        address = path if path.startswith("/") else BASE + path
        more: dict[str, Any] = {"query_params": query} if query else {}
        return self.client.generic(method, address, headers=headers, **more)

    def read(self, path: str, /, **query: Any) -> Any:
        """The answer, which must be one."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def read_all(self, path: str, /, **query: Any) -> list[Any]:
        """The items of all pages."""
        page = self.read(path, **query)
        items = list(page["items"])
        while page["next"]:
            page = self.read(page["next"])
            items += page["items"]
        return items
