"""Who may do what through the API: what the page beside it allows, and what a token must have been given for it."""

from compliance.store.users import Role, Scope
from compliance.web.access import EVERYONE, OVERSEERS, RIGHTS

Right = tuple[frozenset[Role], Scope]


def _read(page: str) -> Right:
    return RIGHTS[page], Scope.READ


def _work(page: str) -> Right:
    return RIGHTS[page], Scope.DECIDE


def _take(page: str) -> Right:
    return RIGHTS[page], Scope.EXPORT


def _manage(page: str) -> Right:
    return RIGHTS[page], Scope.ADMIN


# API route name → roles, and the scope of its tokens. The roles are those of the page that does or shows the same, so
# that there is one table to change; what has no such page says its roles itself. A missing route stops the start.
API_RIGHTS: dict[str, Right] = {
    "api_document": (EVERYONE, Scope.READ),
    "api_me": (EVERYONE, Scope.READ),
    "api_vocabulary": (EVERYONE, Scope.READ),
    # cases, shown
    "api_cases": _read("queue_page"),
    "api_queue": _read("queue_page"),
    "api_counters": _read("queue_page"),
    "api_choices": _read("queue_page"),
    "api_next": _read("triage_page"),
    "api_place": _read("triage_page"),
    "api_search": _read("search_page"),
    "api_case": _read("case_page"),
    "api_dossier": _read("case_page"),
    "api_history": _read("case_page"),
    "api_changes": _read("case_page"),
    "api_last_change": (RIGHTS["undo_last"], Scope.READ),
    # cases, worked on
    "api_decide": _work("decide"),
    "api_reopen": _work("reopen"),
    "api_claim": _work("claim"),
    "api_release": _work("release"),
    "api_assign": _work("assign"),
    "api_escalate": _work("escalate"),
    "api_snooze": _work("snooze"),
    "api_wake": _work("wake"),
    "api_note": _work("add_note"),
    "api_correct": _work("correct_party"),
    "api_mark": _work("mark"),
    "api_unmark": _work("unmark"),
    "api_move": _work("move_story"),
    "api_split": _work("split_case"),
    "api_merge": _work("merge_cases"),
    "api_undo": _work("undo"),
    "api_acknowledge": _work("acknowledge_case"),
    "api_views": _read("queue_page"),
    "api_view": _read("queue_page"),
    "api_keep_view": _work("keep_view"),
    "api_drop_view": _work("drop_view"),
    # reports and exports
    "api_report": _take("report_pdf"),
    "api_report_html": _take("report_page"),
    "api_export": _take("export_file"),
    # how things stand
    "api_stories": _read("search_page"),
    "api_story": _read("case_page"),
    "api_feeds": _read("coverage_page"),
    "api_runs": _read("coverage_page"),
    "api_coverage": _read("coverage_page"),
    "api_analytics": _read("analytics_page"),
    "api_certificates": _read("certificates_page"),
    "api_certificate": _read("certificate_page"),
    "api_certificate_pdf": _take("certificate_pdf"),
    # alerts and one's own subscriptions
    "api_alerts": _read("alerts_page"),
    "api_alert": _read("alerts_page"),
    "api_channels": _read("alerts_page"),
    "api_unacknowledged": _read("alerts_page"),
    "api_resend": _work("resend_alert"),
    "api_resend_all": _work("resend_alerts"),
    "api_subscriptions": _read("subscriptions_page"),
    "api_subscription": _read("subscriptions_page"),
    "api_subscribe": _manage("subscribe"),
    "api_unsubscribe": _manage("unsubscribe"),
    # one's own account, and people
    "api_tokens": _read("account_page"),
    "api_make_token": _manage("account_make_token"),
    "api_end_token": _manage("account_end_token"),
    "api_sessions": _read("account_page"),
    "api_end_sessions": _manage("account_end_sessions"),
    "api_password": _manage("account_password"),
    "api_users": _read("people_page"),
    "api_user": _read("people_page"),
    "api_add_user": _manage("people_add"),
    "api_change_user": _manage("people_change"),
    # the record
    "api_record": _read("record_page"),
    "api_verify": (OVERSEERS, Scope.READ),
}
