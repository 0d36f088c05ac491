"""Benchmarks: each measured beside what a user would pick instead, in one run and one browser."""
