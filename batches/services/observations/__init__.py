"""What this product remembers of batches: every usable answer of the vendor passes `record`.

It is the only writer of seen batches and their changes; `seen` finds what it wrote.
"""
