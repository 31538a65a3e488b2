"""The ways out of the house, one module each, all of the shape of ``messaging.channels.base``."""
