"""Names for versions of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import checks
from .errors import NotFoundError

if TYPE_CHECKING:
    from .table import Table


@checks.guarded()
class Tags:
    """Names for versions; a tagged version is not pruned."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list(self) -> dict[str, dict[str, int]]:
        """All tags: name -> {"version": number}."""
        return {tag["name"]: {"version": tag["version"]} for tag in self._table._native.tags()}

    def get_version(self, tag: str) -> int:
        """The version of a tag.

        Raises:
            NotFoundError: there is no such tag.
        """
        try:
            return self.list()[checks.text(tag, "the tag")]["version"]
        except KeyError:
            raise NotFoundError(f"tag '{tag}' does not exist") from None

    def create(self, tag: str, version: int) -> None:
        """Names a version.

        Raises:
            AlreadyExistsError: the tag is there. NotFoundError: the version is not.
        """
        self._table._native.create_tag(tag, version)

    def update(self, tag: str, version: int) -> None:
        """Gives a tag to another version.

        Raises:
            NotFoundError: there is no such tag, or no such version.
        """
        self._table._native.update_tag(tag, version)

    def delete(self, tag: str) -> None:
        """Removes a tag; its version may then be pruned.

        Raises:
            NotFoundError: there is no such tag.
        """
        self._table._native.delete_tag(tag)
