"""Estimators with intervals, exact and approximate predictions, comparison, figures. Knows no MPI."""
