"""Replays a resolution's steps by other means than it was made, and rejects a false one."""
