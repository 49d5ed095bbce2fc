"""Say all that does not fit of messages and columns; `make lint` says the first."""

import sys

from dataforeman_schema.contracts.check import check_messages

if __name__ == "__main__":
    findings = check_messages()
    sys.stderr.writelines(f"{finding}\n" for finding in findings)
    sys.exit(bool(findings))
