"""Reading a `.env` file, if nobody else could have written it.

Its variables lead libpq to servers, and to files with certificates and passwords. As
ssh does with its own configuration, the file is judged, where it is a link its target,
and not the folders above it.
"""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from io import TextIOWrapper
from typing import TYPE_CHECKING

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read_env_file(path: Path) -> dict[str, str | None]:
    """Read the variables of a `.env` file.

    Args:
        path: The file.

    Returns:
        The values by name, as they are written: `$` and `{…}` stand for themselves;
        empty where there is no such file.

    Raises:
        SchemaError: The file cannot be read, the message names the line; or it, or the
            link to it, belongs to another user than the present one and root; or others
            may write it.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SchemaError(
            f"cannot read {path.absolute()} ({error}); mend the file or remove it"
        ) from None


def _read(path: Path) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    with open_env_file(path) as file, TextIOWrapper(file, "utf-8-sig") as stream:
        from dotenv.parser import parse_stream  # noqa: PLC0415 - where there is a file

        for line in parse_stream(stream):
            if line.error or "\0" in line.original.string:
                raise ValueError(f"line {line.original.line} is no NAME=value")
            if line.key:
                values[line.key] = line.value
    return values


def open_env_file(path: Path) -> BinaryIO:
    """Open a `.env` file for reading, if nobody else could have written it.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be opened.
        SchemaError: Somebody else could have written it.
    """
    # One that waits for its writer, as a named pipe, would keep the command waiting.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        _refuse_strangers(path, os.fstat(descriptor))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _refuse_strangers(path: Path, opened: os.stat_result) -> None:
    if stat.S_ISDIR(opened.st_mode):
        raise IsADirectoryError("it is a folder")
    if not stat.S_ISREG(opened.st_mode):
        raise ValueError("it is no file")
    if not _is_ours(opened):
        raise _of_another(path, opened.st_uid, "chown")
    if not _is_ours(link := path.lstat()):
        raise _of_another(path, link.st_uid, "chown -h")
    if opened.st_mode & _BY_OTHERS:
        name = shlex.quote(str(path.absolute()))
        raise SchemaError(
            f"{path.absolute()} may be written by others than its owner, and would be "
            f"believed: chmod go-w {name}"
        )


def _is_ours(status: os.stat_result) -> bool:
    return status.st_uid in {0, os.geteuid()}


def _of_another(path: Path, owner: int, chown: str) -> SchemaError:
    name, ours = shlex.quote(str(path.absolute())), shlex.quote(_user(os.geteuid()))
    return SchemaError(
        f"{path.absolute()} belongs to {_user(owner)}, and would be believed: "
        f"{chown} {ours} {name} if it is right, or remove it and set the variables in "
        "the environment"
    )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
