"""Tables, queries, outbox and migrations.

Queries take a connection first, so that several share a transaction.

Names of students and courses are taken as true here: who may act for whom is checked before.
"""
