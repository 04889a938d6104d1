"""The chain of command itself: instructions in, a fate for each out, with every step."""
