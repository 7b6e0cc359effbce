"""The paper systems, each in its own conventions, on top of the one oscillator family."""
