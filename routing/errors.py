"""The decisions that a caller of this package can be asked to take."""


class RoutingError(Exception):
    """Something asked of a ticket can't be done; the message says what, why and what to do, in
    Chinese.
    """


class TicketNotFound(RoutingError):
    """No ticket has that number."""


class ActionRefused(RoutingError):
    """The life cycle does not allow this action now, or not by this actor."""


class StaleVersion(RoutingError):
    """Somebody else changed the ticket since it was read; read it again."""


class UnknownUnit(RoutingError):
    """A unit code that the county does not have."""
