"""The closed words of the project. An unknown word is an error, never a default."""

from enum import StrEnum


class Kind(StrEnum):
    """What sort of measure an act offends (labelling guide, first table)."""

    ARMS = "arms"
    PROLIFERATION = "proliferation"
    COMMODITY = "commodity"
    SHIPPING = "shipping"
    FINANCE = "finance"
    LABOUR = "labour"
    TRAVEL = "travel"


class Role(StrEnum):
    """The part an alleged violator takes in the act."""

    SUPPLIER = "supplier"
    RECIPIENT = "recipient"
    BROKER = "broker"
    CARRIER = "carrier"
    FINANCIER = "financier"
    OPERATOR = "operator"


class Stance(StrEnum):
    """Why a named party is not an alleged violator."""

    ACCUSER = "accuser"
    DENIER = "denier"
    REPORTER = "reporter"
    VICTIM = "victim"
    SEIZER = "seizer"
    MENTIONED = "mentioned"


class Status(StrEnum):
    """How firmly the story states the act."""

    ALLEGED = "alleged"
    DOCUMENTED = "documented"
    ADMITTED = "admitted"


class PartyType(StrEnum):
    """What a named party is."""

    STATE = "state"
    GROUP = "group"
    ORGANISATION = "organisation"
    COMPANY = "company"
    PERSON = "person"
    VESSEL = "vessel"
    AIRCRAFT = "aircraft"
    BODY = "body"
    MEDIA = "media"


class Direction(StrEnum):
    """Which way a measure looks, seen from its target."""

    TO_TARGET = "to_target"
    FROM_TARGET = "from_target"
    BOTH = "both"


class Field(StrEnum):
    """Where in a story a quote stands."""

    TITLE = "title"
    TEXT = "text"
