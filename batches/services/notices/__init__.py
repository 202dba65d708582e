"""Telling people what happened: what there is to tell, who follows it, and on which way.

A notice is stored in the transaction of what happened (`publish`). The worker makes deliveries of
it for all who follow (`spread`), and sends them (`sending/`, which no page imports). Start with
`publish`.
"""
