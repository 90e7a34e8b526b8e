"""The draw, protocol `kujibiki-draw/1`: pure rules, no await, no I/O (rows B01, B02, S06).

Read in this order: `records` (what is said), `rules` (what is announced), `entries` (what is frozen),
`witness` and `closing` (who vouches), `beacon` and `seed` (what chance says), `mechanism` (who wins),
`changes` (what happens afterwards), `transcript` (all of it, step after step). `faults` are the refusals.
"""
