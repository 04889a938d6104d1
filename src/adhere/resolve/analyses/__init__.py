"""Questions about a spec as a whole."""
