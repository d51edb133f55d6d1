"""What one event of the trail changed: a submission against the one before it."""

from app.inbox.changes import Change, changes
from app.inbox.evidence import said
from app.trail.queries import Story
from models.history import HistoryEvent


def changed_by(story: Story, event: HistoryEvent) -> tuple[Change, ...]:
    """Field by field, what a submission handed in by this event changed; nothing for any other event."""
    if event.element != "draft_campaign" or event.verb != "completed":
        return ()
    at = next((i for i, one in enumerate(story.approvals) if one.created_at >= event.at), 0)
    if at == 0:
        return ()
    before, after = (one.bound["fields"] for one in story.approvals[at - 1 : at + 1])
    return changes(before, after, lambda name, value: said(name, value, {}))
