"""Search in every script, and PostgreSQL's index of stories in shelves, so that the newest are found first."""

import sqlalchemy as sa
from alembic import op

from compliance.searchwords import index_words, is_beyond_latin

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PLAIN = "translate({}, '-/.,:@_&''\"()', '             ')"
_STORY = "title || ' ' || left(text, 50000)"
_SHELVES, _RUN = 20, 50_000
_PAGE = 2_000


def upgrade() -> None:
    op.create_table(
        "story_words",
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"]),
        sa.PrimaryKeyConstraint("story_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_in_sqlite()
    else:
        _index_in_postgresql()
    _spell_stories()
    _spell_cases()


def _index_in_sqlite() -> None:
    enter = "INSERT INTO story_words_fts(rowid, words) VALUES (new.story_id, new.words);"
    leave = "INSERT INTO story_words_fts(story_words_fts, rowid, words) VALUES ('delete', old.story_id, old.words);"
    op.execute(
        "CREATE VIRTUAL TABLE story_words_fts USING fts5(words, content='story_words', content_rowid='story_id', "
        "prefix='4 8', tokenize='unicode61')"
    )
    op.execute(f"CREATE TRIGGER story_words_fts_insert AFTER INSERT ON story_words BEGIN {enter} END")
    op.execute(f"CREATE TRIGGER story_words_fts_delete AFTER DELETE ON story_words BEGIN {leave} END")
    op.execute(f"CREATE TRIGGER story_words_fts_update AFTER UPDATE OF words ON story_words BEGIN {leave} {enter} END")


def _index_in_postgresql() -> None:
    words = f"to_tsvector('simple'::regconfig, {_PLAIN.format('words')})"
    op.execute(f"CREATE INDEX ix_story_words_fts ON story_words USING gin ({words})")
    op.execute("DROP INDEX ix_stories_fts")
    story = f"to_tsvector('simple'::regconfig, {_PLAIN.format(_STORY)})"
    for shelf in range(_SHELVES):
        held = f"id / {_RUN} % {_SHELVES} = {shelf}"
        op.execute(f"CREATE INDEX ix_stories_fts_{shelf} ON stories USING gin ({story}) WHERE {held}")


def _spell_stories() -> None:
    """Spell the words of the stories that are there, page by page."""
    connection = op.get_bind()
    page = sa.text("SELECT id, title, text FROM stories WHERE id > :last ORDER BY id LIMIT :most")
    enter = sa.text("INSERT INTO story_words (story_id, words) VALUES (:i, :w)")
    last = 0
    while rows := connection.execute(page, {"last": last, "most": _PAGE}).all():
        last = rows[-1][0]
        beyond = [(i, f"{title} {text[:50_000]}") for i, title, text in rows if is_beyond_latin(f"{title} {text}")]
        if beyond:
            connection.execute(enter, [{"i": i, "w": index_words(told)} for i, told in beyond])


def _spell_cases() -> None:
    connection = op.get_bind()
    page = sa.text("SELECT case_id, words FROM case_words WHERE case_id > :last ORDER BY case_id LIMIT :most")
    enter = sa.text("UPDATE case_words SET words = :w WHERE case_id = :i")
    last = 0
    while rows := connection.execute(page, {"last": last, "most": _PAGE}).all():
        last = rows[-1][0]
        beyond = [{"i": i, "w": f"{words}\n{index_words(words)}"} for i, words in rows if is_beyond_latin(words)]
        if beyond:
            connection.execute(enter, beyond)


def downgrade() -> None:
    op.drop_table("story_words")
    if op.get_bind().dialect.name == "postgresql":
        for shelf in range(_SHELVES):
            op.execute(f"DROP INDEX ix_stories_fts_{shelf}")
        story = f"to_tsvector('simple'::regconfig, {_PLAIN.format(_STORY)})"
        op.execute(f"CREATE INDEX ix_stories_fts ON stories USING gin ({story})")
    else:
        op.execute("DROP TABLE story_words_fts")
