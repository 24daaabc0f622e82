"""The days that the made-up district counts from."""

from synthetic.text import day

AS_OF = day("2026-06-30")  # the full dumps; deltas follow day by day
BEGIN = day("2021-07-01")  # five years of moves, jobs and leases
NEVER = 10**6  # an end that has not come
YEAR = 365
