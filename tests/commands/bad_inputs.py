"""What operators get wrong, and what they are told: the rows of one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dataforeman_schema.databases import META
from tests.trees import following, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UPGRADE = ("dataforeman-schema", "upgrade", "--wait", "0")
ALEMBIC = ("alembic", "-n", "meta", "upgrade", "head")
SECRET = "s3cret"

READ_ONLY = "default_transaction_read_only = on"
HEAD = "meta_database"
NEXT = "alembic_meta/versions/next.py"
OTHER = "alembic_meta/versions/other.py"
RELEASED = "alembic_meta/versions/002_seed_data.py"
EMPTY = "meta_empty_database"
ABSENT = "absent_meta"
NOWHERE = ""


def ids(revision: str, after: str) -> str:
    """Write the first lines of a revision's file."""
    return f'revision = "{revision}"\ndown_revision = "{after}"\n'


NOTHING = "\ndef upgrade() -> None: pass\ndef downgrade() -> None: pass\n"
SECOND = ids("meta_002", after="meta_001")


@dataclass(frozen=True)
class Bad:
    """One bad input.

    Attributes:
        name: What is bad.
        words: What the one line on standard error holds: cause and remedy. Here and
            below {role} stands for a role that no other row has.
        environ: Variables that differ from those that lead to the databases;
            {meta_…} and {tsdb_…} stand for a keyword of these.
        command: The command line.
        meta: The fixture of the metadata database; empty if no server is asked.
        tsdb: The fixture of the telemetry database; empty if it is never reached.
        sql: Run in the metadata database before.
        server_sql: Run on its server before; {database} stands for its name.
        undo_sql: Run on the server afterwards.
        files: What is in the folder the command runs in, by name.
    """

    name: str
    words: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = UPGRADE
    meta: str = HEAD
    tsdb: str = ""
    sql: str = ""
    server_sql: str = ""
    undo_sql: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def settings() -> Iterator[Bad]:
    """Settings that cannot be right."""
    url = "is not a PostgreSQL URL; write it as postgresql://"
    for name, value in {
        "no URL at all": "nonsense",
        "another database's URL": f"mysql://u:{SECRET}@h/d",
        "@ in a password": f"postgresql://u:{SECRET}@x@h/d",
        "/ in a password": f"postgresql://u:{SECRET}/x@h/d",
        "an unknown parameter": f"postgresql://u:{SECRET}@h/d?nosuch=1",
        "SQLAlchemy's parameters": f"postgresql+psycopg2://u:{SECRET}@h/d?async=1",
        "a port that is none": f"postgresql://u:{SECRET}@h:port/d",
    }.items():
        for variable in ("DATABASE_URL", "TSDB_URL"):
            yield Bad(f"{variable}: {name}", (f"{variable} {url}",), {variable: value},
                      meta=NOWHERE)  # fmt: skip
    for name in ("PGHOST", "PGUSER", "PGDATABASE"):
        for value in (f"postgresql://u:{SECRET}@h/d", f"host=h password={SECRET}"):
            yield Bad(f"connection string in {name}: {value[:5]}",
                      (f"{name} holds a connection string; set DATABASE_URL",),
                      {name: value}, meta=NOWHERE)  # fmt: skip
    for port in ("abc", "-1", "5432,", "5432 5433", "123456"):
        yield Bad(f"port {port}", ("PGPORT is no port; set it",), {"PGPORT": port},
                  meta=NOWHERE)  # fmt: skip
    invalid = "mend that setting; libpq's own"
    for name, words, environ in (
        ("port 99999", "invalid port number", {"PGPORT": "99999"}),
        ("more ports than hosts", "could not match", {"PGPORT": "1,2,3"}),
        ("sslmode", "invalid sslmode value", {"PGSSLMODE": "nonsense"}),
        ("session kind", "target_session", {"PGTARGETSESSIONATTRS": "nonsense"}),
        ("service", "definition of service", {"PGSERVICE": "nosuch"}),
    ):
        yield Bad(f"setting: {name}", (words, invalid), environ, meta=NOWHERE)
    yield Bad("setting: connect timeout", ("invalid integer", invalid),
              {"PGCONNECT_TIMEOUT": "soon"})  # fmt: skip
    yield Bad("setting: option", ("unrecognized configuration", invalid),
              {"PGOPTIONS": "-c nosuch=1"})  # fmt: skip


def env_files() -> Iterator[Bad]:
    """Files .env that cannot be used."""
    for name, files in {"not UTF-8": {".env": b"PGHOST=\xff"},
                        "a folder": {".env/x": b""}}.items():  # fmt: skip
        yield Bad(f".env {name}", ("cannot read", "mend"), files=files, meta=NOWHERE)
    yield Bad(".env of a revision", ("cannot read", "mend"),
              command=("dataforeman-schema", "revision", "--release", "v99.0"),
              files={".env": b"PGHOST=\xff"}, meta=NOWHERE)  # fmt: skip
    bad_url = f"TSDB_URL=postgresql://u:{SECRET}@x@h/d".encode()
    alembic = ("alembic", "-n", "tsdb", "current")
    yield Bad(".env bad URL", ("TSDB_URL is not",), command=alembic,
              files={".env": bad_url}, meta=NOWHERE)  # fmt: skip


def servers() -> Iterator[Bad]:
    """Servers that are not there, or are something else."""
    tcp = {"PGHOST": "127.0.0.1"}
    start = "set PGHOST and PGPORT"
    for name, port, words in (
        ("nobody", "{closed}", ("Connection refused", "start the server", start)),
        ("a web server", "{web}", ("received invalid response", "PGHOST")),
        ("one that hangs up", "{rude}", ("server closed the connection", start)),
    ):
        yield Bad(f"server: {name}", words, tcp | {"PGPORT": port})
    yield Bad("server: silence", ("timeout expired", "PGCONNECT_TIMEOUT"),
              tcp | {"PGPORT": "{silent}", "PGCONNECT_TIMEOUT": "2"})  # fmt: skip
    yield Bad("server: no such host", ("no-such-host.invalid", "set PGHOST"),
              {"PGHOST": "no-such-host.invalid"})  # fmt: skip
    yield Bad("server: no socket", ("/nonexistent", "start the server"),
              {"PGHOST": "/nonexistent"})  # fmt: skip
    yield Bad("server: TSDB refuses", ("Connection refused", "set TSDB_HOST"),
              {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": "{closed}"})  # fmt: skip
    yield Bad("server: none is a standby", ("not in hot standby", "name the primary"),
              {"PGTARGETSESSIONATTRS": "standby"})  # fmt: skip
    yield Bad("server: without TimescaleDB",
              ("no timescaledb extension", "install TimescaleDB 2.18"),
              tsdb="plain_database")  # fmt: skip


def roles() -> Iterator[Bad]:
    """Users who may not do what they should."""
    weak = {"PGUSER": "{role}", "PGPASSWORD": SECRET}
    create = f"CREATE ROLE {{role}} LOGIN PASSWORD '{SECRET}'; "
    drop = "DROP ROLE {role}"
    for name, meta, server_sql, sql, words in (
        ("may not connect", HEAD,
         'REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC', "",
         ("permission denied for database", "GRANT CONNECT ON DATABASE")),
        ("may not log in", HEAD, "ALTER ROLE {role} NOLOGIN", "",
         ("not permitted to log in", "ALTER ROLE {role} LOGIN")),
        ("has no connection left", HEAD, "ALTER ROLE {role} CONNECTION LIMIT 0", "",
         ("too many connections", "close other clients")),
        ("may not create a database", ABSENT, "", "",
         ("permission denied to create database", "CREATE DATABASE", "OWNER")),
        ("may not read the revision", HEAD, "", "",
         ("permission denied for table alembic_version", "grant the user the right")),
        ("is read-only", EMPTY, f"ALTER ROLE {{role}} SET {READ_ONLY}", "",
         ("default_transaction_read_only is on for ROLE {role};",
          "ALTER ROLE {role} RESET default_transaction_read_only")),
        ("is read-only, no database", ABSENT,
         f"ALTER ROLE {{role}} CREATEDB; ALTER ROLE {{role}} SET {READ_ONLY}", "",
         ("the server of", "ALTER ROLE {role} RESET default_transaction_read_only")),
        ("has no search_path", EMPTY, "ALTER ROLE {role} SET search_path = ''", "",
         ("its search_path is empty", "dataforeman-schema verify")),
        ("may not create a table", EMPTY, "", "",
         ("permission denied for schema public", "mend the cause")),
    ):  # fmt: skip
        yield Bad(f"role: {name}", words, weak, meta=meta, tsdb="tsdb_database",
                  sql=sql, server_sql=create + server_sql, undo_sql=drop)  # fmt: skip
    yield Bad("role: not there", ("cannot connect to df_nobody@",),
              {"PGUSER": "df_nobody"})  # fmt: skip


def databases() -> Iterator[Bad]:
    """Databases in states that `upgrade` cannot make right."""
    version = "UPDATE alembic_version SET version_num = "
    newer = "does not know; install the release"
    readonly = "-c default_transaction_read_only=on"
    for name, meta, sql, words in (
        ("newer than the package", HEAD, f"{version}'meta_999'", ("meta_999", newer)),
        ("another project's", HEAD, f"{version}'ae1027a6acf'", ("ae1027a6acf", newer)),
        ("the other tree's", HEAD, f"{version}'tsdb_001'",
         ("this is the telemetry database", "set PGDATABASE or DATABASE_URL")),
        ("at two revisions", HEAD,
         "INSERT INTO alembic_version VALUES ('meta_001')", ("overlaps", "alembic")),
        ("at head twice", HEAD,
         ("ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc;"
         "INSERT INTO alembic_version TABLE alembic_version"),
         (f"records {head(META)}, {head(META)}", "dataforeman-schema verify")),
        ("a version of another type", HEAD,
         "ALTER TABLE alembic_version ALTER version_num TYPE int USING 2",
         ("is at 2, which", newer)),
        ("a version table of another kind", EMPTY,
         "CREATE TABLE alembic_version (number integer)",
         ("version_num", "does not exist")),
        ("tables without a version", HEAD, "DELETE FROM alembic_version",
         ("no record of a revision", "adopt meta --plan")),
        ("a table in the way", EMPTY, "CREATE TABLE chart_folders ()",
         ('"chart_folders" already exists', "mend the cause")),
        ("a history of another kind", EMPTY, "CREATE TABLE schema_history ()",
         ('of relation "schema_history" does not exist', "mend the cause")),
        ("stamped, but empty", EMPTY,
         f"CREATE TABLE alembic_version AS SELECT '{head(META)}' AS version_num",
         ("lacks connections, poll_groups", "dataforeman-schema verify")),
        ("critical table missing", HEAD, "DROP TABLE tag_metadata CASCADE",
         ("lacks tag_metadata", "dataforeman-schema verify")),
        ("a critical table that is a view", HEAD,
         "ALTER TABLE poll_groups RENAME TO x; CREATE VIEW poll_groups AS TABLE x",
         ("lacks poll_groups", "dataforeman-schema verify")),
    ):  # fmt: skip
        yield Bad(f"database: {name}", words, meta=meta, sql=sql, tsdb="tsdb_database")
    yield Bad("database: read-only session", ("take it out of PGOPTIONS",),
              {"PGOPTIONS": readonly}, meta=EMPTY, tsdb="tsdb_database")  # fmt: skip
    yield Bad("database: read-only", ("is read-only", "ALTER DATABASE dataforeman"),
              meta=EMPTY, tsdb="tsdb_database", server_sql="ALTER DATABASE "
              '"{database}" SET default_transaction_read_only = on')  # fmt: skip
    yield Bad("database: no schema", ("names none that is there", "verify says"),
              {"PGOPTIONS": "-c search_path=nosuch"}, meta=EMPTY,
              tsdb="tsdb_database")  # fmt: skip
    allow = 'ALTER DATABASE "{database}" ALLOW_CONNECTIONS '
    yield Bad("database: closed",
              ("not currently accepting", "ALLOW_CONNECTIONS true"),
              server_sql=f"{allow} false", undo_sql=f"{allow} true")  # fmt: skip
    yield Bad("database: name too long", ("too long", "set PGDATABASE to at most"),
              {"PGDATABASE": "d" * 64}, tsdb="tsdb_database")  # fmt: skip
    yield Bad("database: both the same", ("both databases are set to", "TSDB_DATABASE"),
              {"TSDB_HOST": "{meta_host}", "TSDB_PORT": "{meta_port}",
               "TSDB_DATABASE": "{meta_dbname}"})  # fmt: skip
    yield Bad("database: telemetry taken for metadata",
              ("this is the telemetry database", "set PGDATABASE"),
              {"PGHOST": "{tsdb_host}", "PGPORT": "{tsdb_port}", "PGUSER":
               "{tsdb_user}", "PGPASSWORD": "{tsdb_password}", "PGDATABASE":
               "{tsdb_dbname}", "TSDB_DATABASE": "other"},
              tsdb="tsdb_database")  # fmt: skip


def arguments() -> Iterator[Bad]:
    """Command lines that make no sense."""
    tool = "dataforeman-schema"
    for words, *command in (
        (("Missing command", "--help"),),
        (("No such command 'upgrad'", "--help"), "upgrad"),
        (("No such option", "--help"), "--nosuch"),
        (("No such option", "upgrade --help"), "upgrade", "--nosuch"),
        (("requires an argument", "--help"), "upgrade", "--wait"),
        (("not a valid", "--wait"), "upgrade", "--wait", "soon"),
        (("is not in the range", "--wait"), "upgrade", "--wait", "-1"),
        (("no number of seconds", "--wait"), "upgrade", "--wait", "nan"),
        (("is not in the range", "--lock-wait"), "upgrade", "--lock-wait", "inf"),
        (("not in the range", "timeout"), "upgrade", "--statement-timeout", "-1"),
        (("unexpected extra argument", "--help"), "upgrade", "meta"),
        (("unexpected extra argument", "://…@h"), "upgrade",
         f"postgresql://u:{SECRET}@x@h/d"),
    ):  # fmt: skip
        name = " ".join(command).replace(SECRET, "…")
        yield Bad(f"arguments: {name}", words, command=(tool, *command), meta=NOWHERE)
    slow = (
        f"{ids(following(META), after=head(META))}from alembic import op\n"
        'def upgrade() -> None: op.execute("SELECT pg_sleep(9)")\n'
        "def downgrade() -> None: pass\n"
    )
    yield Bad("arguments: statement timeout",
              ("statement timeout", "more time with statement-timeout"),
              command=(*UPGRADE, "--statement-timeout", "0.5"), tsdb="tsdb_database",
              files={NEXT: slow.encode()})  # fmt: skip


def alembic_arguments() -> Iterator[Bad]:
    """Command lines of Alembic that make no sense."""
    where = "alembic -n meta history"
    rows: list[tuple[str, tuple[str, ...], str]] = [
        (NOWHERE, ("no database chosen", "alembic -n meta"), "upgrade head"),
        (NOWHERE, ("no database chosen", "alembic -n tsdb"), "-n alembic current"),
        (HEAD, ("Can't locate revision", where), "-n meta upgrade nosuch"),
        (HEAD, ("Relative revision", where), "-n meta downgrade -999"),
        (HEAD, ("Can't locate revision", where), "-n meta stamp meta_999"),
        (NOWHERE, ("is not a number of",), "-x lock-wait=x -n meta upgrade head"),
        (NOWHERE, ("is not known",), "-x wait=1 -n meta upgrade head"),
        (NOWHERE, ("not yes or no",), "-x lose-data=y -n meta downgrade base"),
    ]
    for meta, words, line in rows:
        command = ("alembic", *line.split())
        yield Bad(f"alembic {line}", words, command=command, meta=meta)


def revisions() -> Iterator[Bad]:
    """Trees of revisions that are broken."""
    end = "\ndef upgrade() -> None: {}\ndef downgrade() -> None: pass\n"
    added = ids(following(META), after=head(META))
    order = ("do not come one after the other", "install the package again")
    mend = "mend the file, or install the package again"
    for name, text, words in (
        ("an empty one", "", ("next.py is no revision", mend)),
        ("not UTF-8", "#\udcff", ("next.py is no revision", mend)),
        ("no id before it", added.splitlines()[0], (mend,)),
        ("one before a released one", ids(following(META), after="meta_001") + end,
         (f"next.py comes before {head(META)}, which is released",)),
        ("a released one again", SECOND, ("next.py is meta_002 again",)),
        ("a gap", ids(following(META), after="meta_000"), order),
        ("a syntax error", added + "def", ("SyntaxError", mend)),
        ("an import that fails", added + "import nosuch", ("nosuch", mend)),
        ("no upgrade", added, ("AttributeError", "mend its file")),
        ("an upgrade that raises", added + end.format("1 / 0"),
         ("ZeroDivisionError", "rolled back", "mend its file")),
        ("an upgrade that the server refuses", "from alembic import op\n" + added +
         end.format("op.execute('CREATE TABLE half (); TABLE nosuch')"),
         ('"nosuch" does not exist', "rolled back", "mend the cause")),
    ):  # fmt: skip
        yield Bad(f"revisions: {name}", words, tsdb="tsdb_database",
                  files={NEXT: text.encode(errors="surrogateescape")})  # fmt: skip
    two = {NEXT: added + NOTHING, OTHER: ids("meta_900", after=head(META)) + NOTHING}
    yield Bad("revisions: two heads", order,
              files={name: text.encode() for name, text in two.items()})  # fmt: skip
    again = {name: (added + NOTHING).encode() for name in (NEXT, OTHER)}
    yield Bad("revisions: one id twice", order, files=again)
    yield Bad("revisions: one id twice, seen by Alembic", ("more than once", mend),
              command=ALEMBIC, files=again)  # fmt: skip
    verify = ("dataforeman-schema", "verify")
    for command in (UPGRADE, verify, ALEMBIC, (*ALEMBIC[:3], "current")):
        yield Bad(f"revisions: a released one changed, {' '.join(command)}",
                  ("002_seed_data.py was changed after it was released in v0.1",),
                  command=command, files={RELEASED: b"# changed"})  # fmt: skip


ROWS = [
    *settings(),
    *env_files(),
    *servers(),
    *roles(),
    *databases(),
    *arguments(),
    *alembic_arguments(),
    *revisions(),
]
