"""The versions of releases: v0.3, whose package is 0.3.0."""

from __future__ import annotations

import re
from typing import NamedTuple

from dataforeman_schema.errors import SchemaError

_FORM = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?")
_FILE = re.compile(r"\d+_v(\d+)_(\d+)(?:_(\d+))?_release\.py")


class ReleaseVersion(NamedTuple):
    """The version of a release, in the order of releases.

    Attributes:
        major: 0 is the beta.
        minor: The release's number.
        patch: 0, or the number of its correction.
    """

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> ReleaseVersion:
        """Read v0.3, 0.3 or 0.3.1.

        Raises:
            SchemaError: It is none of these.
        """
        if found := _FORM.fullmatch(text):
            return cls(*(int(number or 0) for number in found.groups()))
        raise SchemaError(f"{text!r} is no version; write it as v0.3 or v0.3.1")

    @classmethod
    def of_file(cls, name: str) -> ReleaseVersion | None:
        """Read the version in the name of a revision's file; None: it has none."""
        found = _FILE.fullmatch(name)
        return found and cls(*(int(number or 0) for number in found.groups()))

    def __str__(self) -> str:
        return f"v{'.'.join(map(str, self if self.patch else self[:2]))}"

    @property
    def package(self) -> str:
        """The version of the package, such as 0.3.0."""
        return ".".join(map(str, self))

    @property
    def message(self) -> str:
        """What the revision of the release is for, after which its file is named."""
        return f"{self} release"
