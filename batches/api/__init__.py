"""The JSON API, read-only, for programs with a personal token.

What may enter: endpoints, the types of queries and answers, and the document made from both. Each
endpoint reads with one service what is stored; none asks Refonte, on whatever way (a contract of
import-linter). Start with `guards`, which checks every request, then read any endpoint; `routes`
lists them.
"""
