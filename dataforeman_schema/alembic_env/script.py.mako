<%!
def listed(value):
    return "None" if value is None else '"%s"' % value if isinstance(value, str) else repr(value)

def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')
%>"""${message | quoted,n}.

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Created: ${create_date.date()}
"""

import sqlalchemy as sa
from ${operations} import op
${imports if imports else ""}
revision = ${listed(up_revision)}
down_revision = ${listed(down_revision)}
branch_labels = ${listed(branch_labels)}
depends_on = ${listed(depends_on)}


def upgrade() -> None:
    """Bring the database to this release."""
% for reminder in reminders:
    # Reminder: ${reminder}
% endfor
% if upgrades:
    # Reminder: read what follows, add what no comparison sees (rows to move, names that
    # changed, which it takes for a drop and an add), and delete what reminds.
% endif
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Take the database back to the release before."""
    ${downgrades if downgrades else "pass"}
