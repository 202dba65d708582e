"""From a request to a page or a fragment: every view, and what views share.

Views call services and render templates; they make no query and no call to Refonte. Start with
`guards`, which checks every request, then read any view; `addresses` makes the links.
"""
