"""What the process to fork imports last: it does what every fork would do anew."""

from __future__ import annotations

import inspect

from tests.garbage import collect_seldom

inspect.stack()  # coverage asks for it when it starts, and it keeps what it finds
collect_seldom()
