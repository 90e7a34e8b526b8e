"""What lottery does: hear applications (`applications`), and take the steps of the draw in their order.

`announcing` → `freezing` → `closing` (strikes, adjustments, reveals, the closing) → `chance` (the beacon) → `drawing` →
`changing`. Each step is a `Turn` at the `Office`: decide by the domain, store lines, say what was done.
"""
