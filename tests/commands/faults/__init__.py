"""Random walks of a filled pair through all that can happen to it.

What a step may change is known before it: which revisions a database can be at, and
which rows can be gone, because a refusal counted them and they were let go. Everything
is read after it, every row and every foreign object, and compared.
"""
