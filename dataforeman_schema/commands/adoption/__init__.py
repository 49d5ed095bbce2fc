"""Taking over the databases of a running installation, with proof."""
