"""``kind: hub``, and the client that fetches one commit of a repository whole or not at all."""

from runner.sources.hub.source import HubSource

__all__ = ["HubSource"]
