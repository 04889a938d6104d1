"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "people",
        sa.Column("id", _NUMBER, autoincrement=True),
        sa.Column("email", sa.String(254)),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("email", name="uq_people_email"),
        sa.CheckConstraint("role in ('reader', 'moderator', 'left')", name="ck_people_role"),
    )
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.LargeBinary(32)),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sign_ins"),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(32)),
        sa.Column("person", _NUMBER, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_sessions_person"),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_table(
        "attempts",
        sa.Column("id", _NUMBER, autoincrement=True),
        sa.Column("who", sa.LargeBinary(32), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_who", "attempts", ["who", "what", "at"])
    op.create_table(
        "comments",
        sa.Column("id", sa.String(22)),
        sa.Column("person", _NUMBER, nullable=False),
        sa.Column("target", sa.String(300), nullable=False),
        sa.Column("anchor", sa.Text, nullable=False),
        sa.Column("stance", sa.String(12), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_comments_person"),
    )
    op.create_index("ix_comments_person", "comments", ["person"])
    op.create_index("ix_comments_target", "comments", ["target"])
    op.create_table(
        "votes",
        sa.Column("comment", sa.String(22)),
        sa.Column("person", _NUMBER),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("comment", "person", name="pk_votes"),
        sa.ForeignKeyConstraint(["comment"], ["comments.id"], name="fk_votes_comment"),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_votes_person"),
        sa.CheckConstraint("value in (-1, 0, 1)", name="ck_votes_value"),
    )
    op.create_index("ix_votes_person", "votes", ["person"])
    op.create_table(
        "actions",
        sa.Column("number", _NUMBER, autoincrement=False),
        sa.Column("by", _NUMBER, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("comment", sa.String(22), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("link", sa.String(300), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("digest", sa.String(71), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_actions"),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name="fk_actions_by"),
        sa.ForeignKeyConstraint(["comment"], ["comments.id"], name="fk_actions_comment"),
    )
    op.create_index("ix_actions_comment", "actions", ["comment"])


def downgrade() -> None:
    """Take them away again."""
    for name in ("actions", "votes", "comments", "attempts", "sessions", "sign_ins", "people"):
        op.drop_table(name)
