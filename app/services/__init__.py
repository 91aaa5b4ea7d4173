"""The verbs: `verb(object, …, *, by, now)`. They check the right, keep the rules, log, and flush; the doorway commits."""
