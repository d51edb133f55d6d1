"""The words for codes: what tables and diagrams call `to_adjust`, a person reads in their language."""

from collections.abc import Mapping
from types import MappingProxyType

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

#: the seven stages in order
STAGES: Mapping[str, LazyString] = MappingProxyType(
    {
        "analyse": _l("Analysis"),
        "plan": _l("Planning"),
        "approve": _l("Approval"),
        "confirm": _l("Confirmation"),
        "dispatch": _l("Dispatch"),
        "feedback": _l("Feedback"),
        "evaluate": _l("Evaluation"),
    }
)

ROLES: Mapping[str, LazyString] = MappingProxyType(
    {
        "planner": _l("planner"),
        "approver": _l("approver"),
        "countersigner": _l("countersigner"),
        "channel_keeper": _l("channel confirmer"),
        "service_manager": _l("service manager"),
        "custodian": _l("list custodian"),
        "clerk": _l("shop clerk"),
        "call_agent": _l("call agent"),
        "customer_manager": _l("customer manager"),
        "dealer": _l("dealer"),
        "evaluator": _l("evaluator"),
        "process_owner": _l("process owner"),
        "auditor": _l("auditor"),
        "administrator": _l("administrator"),
    }
)

_FAMILIES: Mapping[str, Mapping[str, LazyString]] = MappingProxyType(
    {
        "stage": STAGES,
        "role": ROLES,
        "level": {
            "province": _l("province"),
            "prefecture": _l("prefecture branch"),
            "county": _l("county office"),
        },
        "campaign_type": {
            "precision": _l("precision marketing"),
            "recurring": _l("recurring marketing"),
            "realtime": _l("real-time marketing"),
            "notice": _l("public notice"),
            "temporary": _l("temporary bulk message"),
        },
        "purpose": {
            "acquire": _l("acquire customers"),
            "activate": _l("activate customers"),
            "retain": _l("retain customers"),
            "remind": _l("remind and care"),
            "notice": _l("notice and emergency"),
        },
        "scenario": {
            "event": _l("Event"),
            "product": _l("Product"),
            "place": _l("Place"),
            "personality": _l("Personality"),
            "reminder": _l("Reminder"),
        },
        "channel": {
            "sms": _l("SMS"),
            "call": _l("outbound call"),
            "total": _l("all channels"),
        },
        "decision": {"pass": _l("Pass"), "adjust": _l("Adjust"), "reject": _l("Reject")},
        "state": {
            "planning": _l("planning"),
            "drafting": _l("drafting"),
            "submitted": _l("submitted"),
            "in_approval": _l("in approval"),
            "to_adjust": _l("to be adjusted"),
            "rejected": _l("rejected"),
            "filed": _l("filed"),
            "confirming": _l("being confirmed"),
            "to_dispatch": _l("to dispatch"),
            "dispatched": _l("dispatched"),
            "executing": _l("executing"),
            "paused": _l("paused"),
            "partly_failed": _l("partly failed"),
            "unknown": _l("unknown"),
            "done": _l("done"),
            "stopped": _l("stopped"),
            "to_evaluate": _l("to evaluate"),
            "evaluated": _l("evaluated"),
            "due_soon": _l("due soon"),
            "overdue": _l("overdue"),
            "running": _l("running"),
            "open": _l("open"),
            "cancelled": _l("cancelled"),
            "balanced": _l("balanced"),
            "explained": _l("explained"),
            "read": _l("read"),
            "reading": _l("being read"),
            "refused": _l("refused"),
            "ready": _l("ready"),
            "taken": _l("being sent"),
            "held": _l("held by a person"),
            "sent": _l("sent"),
            "settled": _l("settled"),
        },
        "message": {
            "planned": _l("planned"),
            "suppressed": _l("held back"),
            "waiting": _l("waiting"),
            "to_call": _l("to be called"),
            "handed_over": _l("handed over"),
            "accepted": _l("accepted"),
            "delivered": _l("delivered"),
            "failed": _l("failed"),
            "unknown": _l("unknown"),
            "reached": _l("reached"),
            "not_reached": _l("not reached"),
            "stopped": _l("stopped"),
        },
        "feed": {
            "receipt": _l("Receipts"),
            "call_result": _l("Call results"),
            "order": _l("Orders"),
            "opt_out": _l("Refusals"),
            "complaint": _l("Complaints"),
            "reply": _l("Replies"),
        },
        "refusal_source": {
            "load": _l("customer data"),
            "reply": _l("the customer's own word, or another system's file"),
            "staff": _l("told a call agent"),
            "list": _l("list taken in by hand"),
        },
        "cause": {
            "do_not_disturb": _l("do-not-disturb"),
            "over_frequency": _l("over the contact frequency"),
            "already_ordered": _l("has ordered already"),
            "refused_before": _l("refused this offer in a call before"),
            "too_late": _l("not met by the last day"),
            "not_called": _l("was not called in time"),
            "bad_number": _l("not a number that can be sent to"),
            "blackout": _l("nothing is sent there just now"),
            "written_off": _l("written off, nobody knows"),
            "UNDELIV": _l("could not be delivered"),
            "EXPIRED": _l("expired before it was delivered"),
            "DELETED": _l("deleted by the SMS centre"),
            "REJECTD": _l("rejected by the network"),
        },
        "difference": {
            "unknown": _l("messages of unknown fate"),
            "no_answer": _l("no answer after two days"),
            "no_receipt": _l("accepted, no receipt after two days"),
            "file_refused": _l("the file was refused"),
            "refused_lines": _l("lines that cannot be used"),
            "nobodys": _l("answers for nobody of ours"),
            "missing_file": _l("the file of the day did not come"),
        },
        "outcome": {
            "success": _l("success"),
            "consider": _l("considers"),
            "refuse": _l("refuses"),
            "unreached": _l("not reached"),
            "not_reached": _l("not reached"),
            "todo": _l("to contact"),
            "later": _l("later"),
        },
        "reason": {
            "not_needed": _l("does not need it"),
            "price": _l("too expensive"),
            "cannot_use": _l("cannot use it"),
            "has_similar": _l("has something like it"),
            "worried_about_charge": _l("worried about charges"),
            "no_time": _l("no time"),
            "no_more_calls": _l("wants no calls at all"),
            "other": _l("other"),
            "no_answer": _l("no answer"),
            "busy": _l("busy"),
            "switched_off": _l("switched off"),
            "hung_up": _l("hung up at once"),
            "wrong_number": _l("wrong person"),
            "out_of_service": _l("out of service"),
            "to_confirm": _l("to be confirmed by the customer"),
            "not_confirmed": _l("not confirmed within a day"),
        },
        "exclusion": {
            "black_list": _l("black list"),
            "grey_list": _l("grey list"),
            "complaint_sensitive": _l("sensitive to complaints"),
            "do_not_disturb": _l("do-not-disturb"),
            "already_ordered": _l("has ordered already"),
            "trial_not_ordered": _l("tried it and did not order"),
            "batch_unsubscribed": _l("unsubscribed with many others"),
            "unsubscribed": _l("unsubscribed by own wish"),
            "complained_related": _l("complained about this service"),
            "marketed_recently": _l("offered this product lately"),
            "similar_campaign": _l("in a similar campaign lately"),
            "over_frequency": _l("over the contact frequency"),
            "out_of_use": _l("number out of use"),
            "sms_averse_group": _l("group not to be sent SMS"),
        },
        "verdict": {
            "proven": _l("proven"),
            "not_proven": _l("not proven yet"),
            "harmful": _l("did harm"),
        },
    }
)

#: which states stand out, and how: green, ochre, red, petrol
_TONES: Mapping[str, str] = MappingProxyType(
    {
        "to_adjust": "warn",
        "paused": "warn",
        "due_soon": "warn",
        "overdue": "bad",
        "rejected": "bad",
        "stopped": "bad",
        "failed": "bad",
        "partly_failed": "bad",
        "done": "ok",
        "unknown": "unk",
        "in_approval": "acc",
        "confirming": "acc",
        "executing": "acc",
        "running": "acc",
        "evaluated": "ok",
        "delivered": "ok",
        "pass": "ok",
        "adjust": "warn",
        "reject": "bad",
        "proven": "ok",
        "harmful": "bad",
        "balanced": "ok",
        "open": "warn",
        "refused": "bad",
        "held": "warn",
    }
)


def word(code: str | None, family: str) -> str:
    """The word for a code of a family; a code nobody named is shown as it is, nothing as a dash."""
    if not code:
        return "—"
    known = _FAMILIES[family].get(code)
    return code if known is None else str(known)


def cause(code: str) -> str:
    """Why a message did not arrive or nobody was met; the SMS centre's own status where it refused."""
    refused = code.removeprefix("refused_")
    if refused != code:
        return str(gettext("refused by the SMS centre, status %(status)s", status=refused))
    return word(code, "cause")


def tone(code: str) -> str:
    """The colour class of a state: ok, warn, bad, unk, acc, or none."""
    return _TONES.get(code, "")
