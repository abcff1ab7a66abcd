"""The errors Embargo Watch raises on purpose. Anything else is a bug and crashes loudly."""


class EmbargoWatchError(Exception):
    """Root of all expected errors; its text is one line fit for a user."""


class ConfigError(EmbargoWatchError):
    """A setting, catalogue, policy or rule file is wrong; the start stops and the text names file and key."""


class FeedError(EmbargoWatchError):
    """A feed could not be fetched or parsed; it is noted on the feed while the others go on."""


class ModelError(EmbargoWatchError):
    """The classifier's artefact is missing, altered or of another version; screening stops."""


class DeliveryError(EmbargoWatchError):
    """An alert was not accepted; it waits in the outbox for its next try."""


class ConflictError(EmbargoWatchError):
    """Someone else was faster; nothing was changed."""


class AccessError(EmbargoWatchError):
    """The user may not do this."""
