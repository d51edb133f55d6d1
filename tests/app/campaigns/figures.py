"""Figures of the worked example: 12.0 % against 3.3 %, net lift 8.7 points."""

from typing import Any

FIGURES: dict[str, Any] = {
    "lift": {
        "treated": 3240, "control": 360, "treated_orders": 389, "control_orders": 12, "rate": 0.12006,
        "spontaneous": 0.03333, "points": 8.673, "low": 5.981, "high": 10.52, "stratified": False,
        "evaluable": True, "why": None, "relative": 260.2,
    },
    "checks": {"sample_ratio_p": 0.81, "sample_ratio_ok": True, "control_contacted": 0},
    "funnel": [
        {"step": "target", "n": 3240}, {"step": "contactable", "n": 3200}, {"step": "reached", "n": 3118},
        {"step": "ordered", "n": 389}, {"step": "using", "n": 361},
    ],
    "cost": {
        "contacts_fen": 16_200, "gifts_fen": 104_000, "total_fen": 120_200, "per_success_fen": 309,
        "per_net_success_fen": 427.7,
    },
    "target_rate": 0.12,
    "by_group": [
        {"group": 1, "treated": 520, "control": 58, "treated_orders": 96, "control_orders": 4, "rate": 0.185,
         "spontaneous": 0.069, "points": 11.6, "low": 1.5, "high": 17.1, "evaluable": True},
        {"group": 5, "treated": 430, "control": 48, "treated_orders": 61, "control_orders": 2, "rate": 0.142,
         "spontaneous": 0.042, "points": 10.0, "low": -0.3, "high": 14.2, "evaluable": True},
        {"group": 14, "treated": 12, "control": 0, "treated_orders": 1, "control_orders": 0, "rate": 0.083,
         "spontaneous": 0, "points": None, "low": None, "high": None, "evaluable": False},
    ],
    "by_channel": [{"channel": "sms", "contacts": 3200, "orders": 389, "rate": 0.12, "cost_fen": 16_200}],
    "by_county": [{"county": "0101", "treated": 251, "orders": 25, "rate": 0.0996},
                  {"county": "0203", "treated": 212, "orders": 34, "rate": 0.16}],
    "by_day": [{"day": "2026-02-01", "treated_orders": 20, "control_orders": 1},
               {"day": "2026-02-02", "treated_orders": 60, "control_orders": 2}],
    "window": {"from": "2026-01-30", "to": "2026-02-28", "is_over": True},
}  # fmt: skip
