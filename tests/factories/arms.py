"""A small list with arms of one's own choosing, so that every figure can be reckoned by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from handlers.audience import freeze
from models.audience import Audience
from models.base import db
from models.campaign import Campaign
from models.execution import Contact, WorkOrder
from tests.factories import rows
from tests.factories.stage import Stage

TREATED, CONTROL = range(80), range(80, 100)


def small_campaign(stage: Stage, groups: Sequence[int] = (1,), **changed: Any) -> Campaign:
    """Customers 0 to 99: the first 80 treated, the last 20 control, groups in turn, two counties in turn."""
    campaign = rows.drafted_campaign(**{"hold_out_basis_points": 2000} | changed)
    sids = np.arange(100, dtype=np.int64)
    frozen = freeze(
        stage.workshop.audiences / campaign.number,
        {
            "sid": sids,
            "arm": (sids >= 80).astype(np.int8),
            "group": np.array([groups[sid % len(groups)] for sid in sids], dtype=np.int8),
            "county": np.array(["0101", "0102"])[sids % 2],
            "pref": np.full(100, "01"),
            "score": np.full(100, 5000, dtype=np.int32),
            "rank": np.arange(1, 101, dtype=np.int32),
        },
    )
    audience = Audience(
        campaign_id=campaign.id,
        definition={},
        definition_digest="-",
        generation="-",
        snapshot=rows.MONDAY.date(),
        exclusion_set="acquire",
        frozen=100,
        control=20,
        hold_out_basis_points=campaign.hold_out_basis_points,
        file=str(frozen.path.relative_to(stage.folder)),
        file_digest=frozen.digest,
        created_at=rows.MONDAY,
    )
    db.session.add(audience)
    db.session.flush()
    campaign.audience_id = audience.id
    db.session.commit()
    return campaign


def met(campaign: Campaign, stage: Stage, states: Mapping[str, Sequence[int]], channel: str = "sms") -> None:
    """Contacts of the campaign in these states, made now."""
    order = WorkOrder(
        number=f"RW-{channel}-{stage.now:%d%H}",
        campaign_id=campaign.id,
        submission=1,
        channel=channel,
        planned_on=stage.now.date(),
        planned_at=stage.now,
        state="dispatched",
    )
    db.session.add(order)
    db.session.flush()
    for state, sids in states.items():
        left = None if state in ("planned", "suppressed", "stopped") else stage.now
        for sid in sids:
            db.session.add(
                Contact(
                    campaign_id=campaign.id,
                    work_order_id=order.id,
                    sid=sid,
                    channel=channel,
                    message_id=f"{order.number}-{sid}",
                    units=1,
                    state=state,
                    contacted_at=left,
                )
            )
    db.session.commit()
