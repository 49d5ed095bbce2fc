"""From environment variables and .env to libpq keywords."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import (
    META_VARIABLES,
    TSDB_VARIABLES,
    Variables,
    load_env_file,
    read_settings,
)

SECRET = "s3cret"  # what must never be printed


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        (META_VARIABLES, "postgres@localhost:5432/dataforeman"),
        (TSDB_VARIABLES, "tsdb@localhost:5433/telemetry"),
    ],
)
def test_defaults(variables: Variables, place: str) -> None:
    """Without variables a database is where the guide says."""
    assert str(read_settings(variables, {})) == place


def test_single_variables() -> None:
    """Each variable sets its own keyword and the password is not printed."""
    settings = read_settings(
        TSDB_VARIABLES,
        {
            "TSDB_HOST": "tsdb.plant",
            "TSDB_PORT": "6000",
            "TSDB_USER": "reader",
            "TSDB_PASSWORD": SECRET,
            "TSDB_DATABASE": "readings",
        },
    )
    assert str(settings) == "reader@tsdb.plant:6000/readings"
    assert settings.keywords["password"] == SECRET
    assert SECRET not in repr(settings)


def test_empty_counts_as_not_set() -> None:
    """Compose passes a variable without a value as an empty text."""
    settings = read_settings(META_VARIABLES, {"PGHOST": "", "DATABASE_URL": ""})
    assert str(settings) == "postgres@localhost:5432/dataforeman"


def test_url_overrides_whole() -> None:
    """Single variables do not fill the gaps that a URL leaves."""
    settings = read_settings(
        META_VARIABLES,
        {
            "DATABASE_URL": "postgresql://db.plant/config",
            "PGUSER": "someone",
            "PGPASSWORD": SECRET,
            "PGPORT": "6000",
        },
    )
    assert str(settings) == "postgres@db.plant:5432/config"
    assert settings.keywords["password"] == ""


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"]
)
def test_url_of_any_driver(scheme: str) -> None:
    """A URL written for another driver or tool leads to the same place."""
    url = f"{scheme}://u:p%40ss@h:1234/d"
    settings = read_settings(META_VARIABLES, {"DATABASE_URL": url})
    assert str(settings) == "u@h:1234/d"
    assert settings.keywords["password"] == "p@ss"


def test_url_of_several_hosts() -> None:
    """Libpq's failover parameters reach libpq."""
    url = "postgresql://u@a:1,b:2/d?target_session_attrs=read-write&sslmode=require"
    keywords = read_settings(META_VARIABLES, {"DATABASE_URL": url}).keywords
    assert (keywords["host"], keywords["port"]) == ("a,b", "1,2")
    assert keywords["target_session_attrs"] == "read-write"
    assert keywords["sslmode"] == "require"


@pytest.mark.parametrize(
    ("hosts", "ports"),
    [
        ("a,b", "5432,5432"),
        ("a:1,b", "1,5432"),
        ("a,b:2", "5432,2"),
        ("[::1],[::2]:2,c", "5432,2,5432"),
    ],
)
def test_url_of_several_hosts_without_ports(hosts: str, ports: str) -> None:
    """Each host of a URL that has no port of its own has PostgreSQL's."""
    url = f"postgresql://u@{hosts}/d"
    assert read_settings(TSDB_VARIABLES, {"TSDB_URL": url}).keywords["port"] == ports


def test_url_without_a_port() -> None:
    """A URL without a port means PostgreSQL's own, for either database."""
    settings = read_settings(TSDB_VARIABLES, {"TSDB_URL": "postgres://h/d"})
    assert str(settings) == "tsdb@h:5432/d"


def test_url_of_a_socket() -> None:
    """A host that is a folder is the folder of a Unix socket."""
    url = "postgresql:///d?host=/run/postgresql"
    settings = read_settings(META_VARIABLES, {"DATABASE_URL": url})
    assert settings.keywords["host"] == "/run/postgresql"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:s3cret@h/d",
        f"postgresql://u:p/{SECRET}@h/d",
        f"postgresql://u:123/{SECRET}@h/d",
        f"postgresql://u:p@{SECRET}@h/d",
        f"postgresql://u:{SECRET}@h:port/d",
        f"postgresql://u:{SECRET}@h/d?pool_size={SECRET}",
        SECRET,
    ],
)
def test_url_refused(url: str) -> None:
    """What is no URL is refused in one line that shows nothing of it."""
    with pytest.raises(SchemaError, match="DATABASE_URL is not a") as refused:
        read_settings(META_VARIABLES, {"DATABASE_URL": url})
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("port", ["five", "-1", "5432x", "5432,", "123456"])
def test_port_refused(port: str) -> None:
    """A port that is no number is refused by its variable's name."""
    with pytest.raises(SchemaError, match="TSDB_PORT is no port"):
        read_settings(TSDB_VARIABLES, {"TSDB_PORT": port})


def test_connecting_is_bounded() -> None:
    """There is always a connect timeout, longer where a server can only be busy."""
    assert read_settings(META_VARIABLES, {}).keywords["connect_timeout"] == "10"
    local = read_settings(META_VARIABLES, {"PGHOST": "/run/postgresql"}).keywords
    assert local["connect_timeout"] == "60"
    url = "postgresql://h/d?connect_timeout=3"
    for environ, seconds in (
        ({"PGCONNECT_TIMEOUT": "3"}, "3"),
        ({"PGCONNECT_TIMEOUT": "0"}, "10"),  # to libpq, for ever
        ({"DATABASE_URL": url}, "3"),
    ):
        keywords = read_settings(META_VARIABLES, environ).keywords
        assert keywords["connect_timeout"] == seconds


def test_env_file_is_read(tmp_path: Path) -> None:
    """Connection variables of .env are taken and others are not."""
    (tmp_path / ".env").write_text("PGHOST=db\nexport TSDB_HOST='ts db'\nPATH=/x\n")
    environ: dict[str, str] = {}
    load_env_file(tmp_path / ".env", environ)
    assert environ == {"PGHOST": "db", "TSDB_HOST": "ts db"}


def test_env_file_is_taken_literally(tmp_path: Path) -> None:
    """What looks like a variable in a value, such as a password, is none."""
    (tmp_path / ".env").write_text(
        'PGPASSWORD=pa${ss}word\nTSDB_PASSWORD="${HOME}$x"\n'
    )
    environ: dict[str, str] = {}
    load_env_file(tmp_path / ".env", environ)
    assert environ == {"PGPASSWORD": "pa${ss}word", "TSDB_PASSWORD": "${HOME}$x"}


def test_environment_wins_over_env_file(tmp_path: Path) -> None:
    """A URL in .env does not override single variables of the environment."""
    (tmp_path / ".env").write_text("PGHOST=file\nDATABASE_URL=postgresql://file/d\n")
    environ = {"PGHOST": "environment"}
    load_env_file(tmp_path / ".env", environ)
    assert environ == {"PGHOST": "environment"}


def test_empty_variable_is_none(tmp_path: Path) -> None:
    """A variable that is set to nothing, as Compose does, does not hide .env."""
    (tmp_path / ".env").write_text("PGHOST=file\n")
    environ = {"PGHOST": ""}
    load_env_file(tmp_path / ".env", environ)
    assert environ == {"PGHOST": "file"}


def test_no_env_file(tmp_path: Path) -> None:
    """A folder without .env is the normal case in production."""
    environ: dict[str, str] = {}
    load_env_file(tmp_path / ".env", environ)
    assert environ == {}


def test_env_file_refused(tmp_path: Path) -> None:
    """A .env that is not text is named, with its path."""
    (tmp_path / ".env").write_bytes(b"PGHOST=\xff\xfe\n")
    with pytest.raises(SchemaError, match=r"cannot read .*\.env"):
        load_env_file(tmp_path / ".env", {})


@pytest.mark.parametrize("line", ['PGPASSWORD="s3cret', "PGHOST=d\0b", "two words"])
def test_env_file_line_refused(tmp_path: Path, line: str) -> None:
    """A line that cannot be read is named by its number, and not shown."""
    (tmp_path / ".env").write_text(f"PGHOST=db\n{line}\nPGPORT=1\n")
    environ: dict[str, str] = {}
    with pytest.raises(SchemaError, match=r"\.env \(line 2 is no") as raised:
        load_env_file(tmp_path / ".env", environ)
    assert "s3cret" not in str(raised.value)
    assert environ == {}


def test_process_environment_is_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a mapping, settings come from the process's environment."""
    Path(".env").write_text("PGHOST=file\n")
    monkeypatch.setenv("PGPORT", "7000")
    monkeypatch.setenv("PGHOST", "environment")
    load_env_file()
    settings = read_settings(META_VARIABLES)
    assert str(settings) == "postgres@environment:7000/dataforeman"
