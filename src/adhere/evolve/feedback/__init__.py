"""What people say of a spec: comments that hold on to the text, votes, moderation, consensus."""

from adhere.evolve.feedback.anchor import Anchor, Located, anchor_at, locate, web_annotation
from adhere.evolve.feedback.database import open_database
from adhere.evolve.feedback.moderation import Action, ActionKind, State, check_actions
from adhere.evolve.feedback.people import People, Person
from adhere.evolve.feedback.store import Comment, Feedback, Stance

__all__ = [
    "Action", "ActionKind", "Anchor", "Comment", "Feedback", "Located", "People", "Person",
    "Stance", "State", "anchor_at", "check_actions", "locate",
    "open_database", "web_annotation",
]  # fmt: skip
