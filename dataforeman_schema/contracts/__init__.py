"""What ties the messages between the services to the columns of both databases.

`mapping` is the table of both. `python -m dataforeman_schema.contracts` checks it.
"""
