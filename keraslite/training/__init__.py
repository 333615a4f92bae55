"""The one trainer of all engines, and the data adapters that feed it."""
