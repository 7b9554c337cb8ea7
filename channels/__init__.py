"""How residents reach us: one folder a channel, one contract for all."""
