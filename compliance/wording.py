"""A case in one sentence: who is said to have done what, for whom, by whose help. Pure."""

from collections.abc import Sequence

from compliance.case import Case
from rules.vocabulary import Kind, Role, Status

_DONE = {
    Kind.ARMS.value: "supplied",
    Kind.PROLIFERATION.value: "supplied",
    Kind.COMMODITY.value: "traded",
    Kind.SHIPPING.value: "shipped",
    Kind.FINANCE.value: "moved",
    Kind.LABOUR.value: "sent",
    Kind.TRAVEL.value: "arranged travel in breach of",
}
_OBJECT = {
    Kind.ARMS.value: "arms",
    Kind.PROLIFERATION.value: "proliferation goods",
    Kind.COMMODITY.value: "goods",
    Kind.SHIPPING.value: "cargo",
    Kind.FINANCE.value: "money",
    Kind.LABOUR.value: "workers",
    Kind.TRAVEL.value: "a travel ban",
}
_HELP = ((Role.CARRIER, "carried by"), (Role.BROKER, "brokered by"), (Role.FINANCIER, "paid for by"))


def sentence(case: Case) -> str:
    """Return the act as one sentence that claims no more than the sources do."""
    givers = _in_role(case, Role.SUPPLIER) or _in_role(case, Role.OPERATOR)
    receivers = _in_role(case, Role.RECIPIENT)
    givers = [name for name in givers if name not in receivers] or givers
    takers = [name for name in receivers if name not in givers]
    kind = case.kinds[0] if case.kinds else ""
    what = _listed(case.goods[:3]) if case.goods else _OBJECT.get(kind, "the act")
    said = f"{_claim(givers, takers, case.status, _DONE.get(kind, 'been part of'))} {what}"
    if takers and givers:
        said += f" to {_listed(takers)}"
    for role, by in _HELP:
        helpers = [name for name in _in_role(case, role) if name not in givers and name not in takers]
        said += f", {by} {_listed(helpers)}" if helpers else ""
    return said + (f"; denied by {_listed(case.denied_by)}." if case.denied_by else ".")


def _claim(givers: Sequence[str], takers: Sequence[str], status: str | None, done: str) -> str:
    if not givers and takers:
        return f"{_listed(takers)} {_is(takers)} said to have received"
    who, verb = (_listed(givers), _is(givers)) if givers else ("Someone not named", "is")
    if status == Status.ADMITTED.value:
        return f"{who} {verb} said to have admitted having {done}"
    if status == Status.DOCUMENTED.value:
        return f"{who} {verb} documented to have {done}"
    return f"{who} {verb} said to have {done}"


def _in_role(case: Case, role: Role) -> list[str]:
    return list(dict.fromkeys(p["canonical"] for p in case.parties if role.value in p["roles"]))[:4]


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
