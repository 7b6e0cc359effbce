"""One file per kind of figure; each draws from plain results and returns what it drew."""
