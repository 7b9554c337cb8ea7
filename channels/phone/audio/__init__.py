"""A call's audio however Asterisk brings it: frames, pacing, servers, one `Media` for all."""
