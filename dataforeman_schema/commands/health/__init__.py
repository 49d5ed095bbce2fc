"""What servers, sessions, roles, jobs and chunks hold against the services."""
