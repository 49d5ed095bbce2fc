"""Reports on the readings of tags: a service beside DataForeman's own."""
