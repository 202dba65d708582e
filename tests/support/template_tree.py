"""Templates as trees: what each reads of its context, what it includes, how it branches."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.template import Node, engines
from django.template.base import FilterExpression, Variable
from django.template.defaulttags import ForNode, IfNode
from django.template.loader_tags import IncludeNode
from django.template.smartif import TokenBase

Bound = dict[str, str]  # names given within a template, each with the path it stands for, or ""
Optional = Callable[[str], Iterable[str]]
CONSTANTS = frozenset({"True", "False", "None"})


def tree(name: str) -> list[Node]:
    """The nodes of a template, or of one of its pieces (`list.html#rows`)."""
    found: Any = engines["django"].engine.get_template(name)  # type: ignore[attr-defined]
    return list(found.nodelist)


def nodes(name: str) -> Iterator[Node]:
    """Every node of this very file, at any depth."""
    return _below(tree(name))


def included(name: str) -> Iterator[str]:
    """The templates that it includes by name."""
    for node in nodes(name):
        if isinstance(node, IncludeNode) and (target := _target(node)):
            yield target


def depth(name: str) -> int:
    """How deep pieces are nested below a template."""
    return max((1 + depth(one) for one in included(name)), default=0)


def branches(name: str) -> Iterator[int]:
    """How many ways each of its conditions leads."""
    for node in nodes(name):
        if isinstance(node, IfNode):
            yield len(node.conditions_nodelists)


def reads(name: str, optional: Optional = lambda name: frozenset()) -> set[str]:
    """Paths that it and its pieces read of the context ("row.facts.seen_at").

    A name that is given within is followed to the path it stands for; of one that stands for
    something made there, nothing is said.

    optional: the names that a piece can do without; they count only where its user gives them.
    """
    return {path for path in _reads(tree(name), {}, optional) if path not in CONSTANTS}


def _reads(siblings: list[Node], bound: Bound, optional: Optional) -> Iterator[str]:
    known = dict(bound)
    for node in siblings:
        yield from (path for path in _paths(node, known) if path)
        given = _given(node, known)
        if isinstance(node, IncludeNode):
            if target := _target(node):
                left_out = dict.fromkeys(optional(target), "")
                yield from _reads(tree(target), known | left_out | given, optional)
            continue
        for child in _children(node):
            yield from _reads(child, known | given, optional)
        if made := getattr(node, "target_var", None) or getattr(node, "asvar", None):
            known[made] = ""  # `{% tag … as name %}` holds for what follows


def _given(node: Node, known: Bound) -> Bound:
    """The names that a node gives to what stands in it."""
    if isinstance(node, ForNode):
        return dict.fromkeys(node.loopvars, "")
    extra: Mapping[str, FilterExpression] = getattr(node, "extra_context", {})
    return {name: _path(value, known) for name, value in extra.items()}


def _path(expression: FilterExpression, known: Bound) -> str:
    """The path that an expression is, empty where it is made of one."""
    is_plain = isinstance(expression.var, Variable) and not expression.filters
    return _followed(expression.var, known) if is_plain else ""


def _followed(variable: Any, known: Bound) -> str:
    if not isinstance(variable, Variable) or variable.lookups is None:
        return ""  # a constant
    first, *rest = variable.lookups
    start = known.get(first, first)
    return ".".join((start, *rest)) if start else ""


def _paths(node: Node, known: Bound) -> Iterator[str]:
    lists = getattr(node, "child_nodelists", ())
    for name, value in vars(node).items():
        if name not in lists and name != "conditions_nodelists":
            yield from _paths_in(value, known)
    if isinstance(node, IfNode):
        for condition, _ in node.conditions_nodelists:
            yield from _paths_in(condition, known)


def _paths_in(value: Any, known: Bound) -> Iterator[str]:
    if isinstance(value, FilterExpression):
        yield _followed(value.var, known)
        for _, arguments in value.filters:
            yield from (_followed(one, known) for is_variable, one in arguments if is_variable)
    elif isinstance(value, TokenBase):
        for part in ("value", "first", "second"):
            yield from _paths_in(getattr(value, part, None), known)
    elif isinstance(value, dict):
        yield from _paths_in(list(value.values()), known)
    elif isinstance(value, (list, tuple)) and not isinstance(value, Node):
        for one in value:
            yield from _paths_in(one, known)


def _target(node: IncludeNode) -> str:
    constant = node.template.var
    return constant[:] if isinstance(constant, str) else ""  # a plain str


def _children(node: Node) -> Iterator[list[Node]]:
    for name in getattr(node, "child_nodelists", ()):
        if found := getattr(node, name, None):
            yield list(found)


def _below(siblings: list[Node]) -> Iterator[Node]:
    for node in siblings:
        yield node
        for child in _children(node):
            yield from _below(child)
