"""Campaigns, storage, scheduling over MPI, the command line and the Python calls that join engine and analysis."""
