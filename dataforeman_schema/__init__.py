"""DataForeman's database schema: models, migrations and the tools around them."""
