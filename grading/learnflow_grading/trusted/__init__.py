"""Trusted tests: student code in one process, tests and their expected values in another.

`agent` runs student cells and answers questions about values: it has `held` what tests were told of, a
`console` and a `clock`; a test's own things are `far` to it. `supervisor` runs test cells. Names that
students define stand for proxies there: `proxies` makes them, `remote` is what their operators do, `returned`
notes what came back, `asked` answers what a student's code asks of a test's things, and `lent` sees whether
it changes them. A test finds its names in a `namespace` and its files in `workfiles`; its outputs are
`collected`. Both ends speak `wire`.

`plan` decides, from the teacher's text alone, what is a test (`declared`: what it declares of the student's
names); `session` drives one submission; `execute` is the preprocessor that nbgrader sees.
"""
