"""HTTP handlers, one module a resource; `table` lists every address."""
