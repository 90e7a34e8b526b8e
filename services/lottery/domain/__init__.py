"""The draw, protocol `kujibiki-draw/1`: pure rules, no await, no I/O (rows B01, B02, S06).

Read in this order: `records` (what is said), `rules` (what is announced), `entries` (what is frozen), `witness` and
`closing` (who vouches), `beacon` and `seed` (what chance says), `mechanism` and `results` (who wins), `changes` (what
happens afterwards), `transcript` (all of it, step after step), `replay` (the same again from its lines), `proofs` (what
an applicant gets), `grouping`, `expectation` and `verdict` (how fair it was, beside what chance gives), `statistics`
(what else is counted). `canonical`, `times` and `shared.privacy.merkle` are underneath,
`faults` the refusals.
"""
