"""Named selects that are used more than once; `raw` is the only place for raw SQL."""
