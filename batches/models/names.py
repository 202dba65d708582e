"""Names in the database: looked up by digest, searched in a folded copy.

A name has up to 1,024 characters of four bytes, and a row of a PostgreSQL index up to 2,704 bytes.
So no index has a name in it: unique keys and look-ups use the digest.
"""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement

DIGEST_LENGTH = 64
FORMAT_CHARACTER = "Cf"  # zero width, byte order mark, direction marks: invisible, never typed


def name_digest(name: str) -> str:
    """sha256 of a name, in hex. Names are equal only where every code point is."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()


def name_digests(names: Iterable[str]) -> list[str]:
    return [name_digest(name) for name in names]


def fold(text: str) -> str:
    """A name, or a part of one, as a search compares it: NFC, no case, no format characters.

    Up to three times as long as the text: some letters have no single lower-case form.
    """
    visible = (char for char in text if unicodedata.category(char) != FORMAT_CHARACTER)
    composed = unicodedata.normalize("NFC", "".join(visible))
    return unicodedata.normalize("NFC", composed.casefold())  # folding may take letters apart


class _Derived:
    """A column made from another one at every write, single or bulk.

    `QuerySet.update` of the other column does not update it.
    """

    source = "name"

    def pre_save(self, instance: models.Model, add: bool) -> str:
        value = self.derive(getattr(instance, self.source))
        setattr(instance, self.attname, value)  # type: ignore[attr-defined]  # of the field
        return value

    def derive(self, text: str) -> str:
        raise NotImplementedError

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # of the field
        return name, path, args, kwargs | {"source": self.source}


class DigestField(_Derived, models.CharField):  # type: ignore[type-arg]  # generic in stubs only
    """The digest of a name in the same row."""

    def __init__(self, *args: Any, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        super().__init__(*args, **({"max_length": DIGEST_LENGTH, "editable": False} | kwargs))

    def derive(self, text: str) -> str:
        return name_digest(text)


class FoldedField(_Derived, models.TextField):  # type: ignore[type-arg]  # as above
    """A name in the same row, folded."""

    def __init__(self, *args: Any, source: str = "name", **kwargs: Any) -> None:
        self.source = source
        super().__init__(*args, **({"editable": False} | kwargs))

    def derive(self, text: str) -> str:
        return fold(text)


class SearchIndex(models.Index):
    """The order of a list, newest first and the undated last, with the folded name at its end.

    On PostgreSQL without the name, as one may be too long for an index; its rows are read instead.
    """

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **kwargs: Any,
    ) -> Statement:
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using, **kwargs)
        may_be_undated = bool(getattr(model._meta.get_field("created_at"), "null", False))
        # PostgreSQL reads an index only for the very order of nulls that a query asks for
        newest_first = models.F("created_at").desc(nulls_last=may_be_undated or None)
        short = models.Index(
            *self._narrowing, newest_first, name=self.name, condition=self.condition
        )
        return short.create_sql(model, schema_editor, using, **kwargs)

    @property
    def _narrowing(self) -> list[str]:
        """The fields before the time, each asked for with one value."""
        names = [name for name, _ in self.fields_orders]
        return names[: names.index("created_at")]
