"""The bounds of every fetch, out of the settings; trying a feed needs nothing else of a monitor."""

from compliance.intake.fetcher import FetchPolicy
from compliance.settings import Settings


def fetch_policy(settings: Settings, *, allow_private: bool | None = None) -> FetchPolicy:
    """Return the bounds of every fetch, as the settings have them."""
    return FetchPolicy(
        user_agent=settings.user_agent,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        deadline=settings.fetch_deadline,
        max_bytes=settings.fetch_max_bytes,
        allow_private=settings.allow_private_feeds if allow_private is None else allow_private,
        use_proxies=settings.use_proxies,
    )
