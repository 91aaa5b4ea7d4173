"""The search index of candidates: every three letters in a row, in lower case and without accents."""

import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("number", "name", "email", "email2", "place")
WIDER = {"ß": "ss", "ẞ": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ĳ": "ij", "Ĳ": "ij", "þ": "th", "Þ": "th"}
BARE = {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "ı": "i", "ħ": "h", "Ħ": "h"}


def letters() -> Iterator[tuple[str, str]]:
    """Letters with an accent and what people type for them; app/queries/raw.py does the same with what they typed."""
    for point in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        first = unicodedata.normalize("NFD", chr(point))[0]
        if first.isascii():
            yield chr(point), first.lower()
    yield from BARE.items()
    yield from ((chr(mark), "") for mark in range(0x300, 0x370))


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _plain(column: str) -> str:
    """SQLite has no translate(): a text with accents is taken apart, letter by letter."""
    letter = f"substr({column}, i, 1)"
    return f"""CASE WHEN {column} GLOB '*[^ -~]*' THEN (
        WITH RECURSIVE at(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM at WHERE i < length({column}))
        SELECT lower(group_concat(coalesce(plain, {letter}), '')) FROM at LEFT JOIN candidate_search_letter ON letter = {letter}
        ) ELSE lower({column}) END"""


def _sqlite() -> None:
    table = op.create_table(
        "candidate_search_letter",
        sa.Column("letter", sa.String(1), primary_key=True),
        sa.Column("plain", sa.String(2), nullable=False),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(table, [{"letter": letter, "plain": plain} for letter, plain in (*letters(), *WIDER.items())])
    names = ", ".join(COLUMNS)
    op.execute(f"CREATE VIRTUAL TABLE candidate_search USING fts5({names}, tokenize='trigram', detail=none, columnsize=0)")
    new = ", ".join(_plain(f"new.{column}") for column in COLUMNS)
    old = ", ".join(_plain(column) for column in COLUMNS)
    op.execute(f"INSERT INTO candidate_search(rowid, {names}) SELECT id, {old} FROM candidate")
    op.execute(f"""CREATE TRIGGER candidate_search_insert AFTER INSERT ON candidate BEGIN
        INSERT INTO candidate_search(rowid, {names}) VALUES (new.id, {new}); END""")
    op.execute(f"""CREATE TRIGGER candidate_search_update AFTER UPDATE OF {names} ON candidate BEGIN
        DELETE FROM candidate_search WHERE rowid = old.id;
        INSERT INTO candidate_search(rowid, {names}) VALUES (new.id, {new}); END""")
    op.execute("""CREATE TRIGGER candidate_search_delete AFTER DELETE ON candidate BEGIN
        DELETE FROM candidate_search WHERE rowid = old.id; END""")


def _postgresql() -> None:
    pairs = [pair for pair in letters() if pair[1]] + [pair for pair in letters() if not pair[1]]  # translate() drops those at the end
    text = f"translate(value, '{''.join(old for old, _ in pairs)}', '{''.join(new for _, new in pairs)}')"
    for letter, plain in WIDER.items():
        text = f"replace({text}, '{letter}', '{plain}')"
    made = "IMMUTABLE STRICT PARALLEL SAFE"
    op.execute(f'CREATE FUNCTION plain(value text) RETURNS text LANGUAGE sql {made} RETURN lower({text} COLLATE "C")')
    op.execute(f"""CREATE FUNCTION trigrams(value text) RETURNS text[] LANGUAGE sql {made}
        RETURN (SELECT array_agg(DISTINCT substr(value, i, 3)) FROM generate_series(1, length(value) - 2) AS i)""")
    arguments = ", ".join(f"{column} text" for column in COLUMNS)
    whole = " || ' ' || ".join(f"coalesce({column}, '')" for column in COLUMNS)
    op.execute(f"CREATE FUNCTION search_text({arguments}) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN plain({whole})")
    op.execute(f"CREATE INDEX candidate_search ON candidate USING gin (trigrams(search_text({', '.join(COLUMNS)})))")
    # For the beginning of a surname, whatever the language of the database.
    op.execute("CREATE INDEX candidate_search_sort_name ON candidate (sort_name text_pattern_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER candidate_search_{event}")
        op.drop_table("candidate_search")
        op.drop_table("candidate_search_letter")
        return
    for index in ("candidate_search", "candidate_search_sort_name"):
        op.drop_index(index, table_name="candidate")
    op.execute("DROP FUNCTION search_text(text, text, text, text, text), trigrams(text), plain(text)")
