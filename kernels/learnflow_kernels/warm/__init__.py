"""Sandboxes that are forked from a process in which everything slow is done already.

`sandboxes` and `nursery` are the outside. The rest runs inside bubblewrap: `zygote` loads libraries and
forks, `sealing` gives each fork its own namespaces, `keeper` is the first process of each.
"""
