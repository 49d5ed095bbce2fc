"""What maintainers release: a revision for each tree, and the project."""
