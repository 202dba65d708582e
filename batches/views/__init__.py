"""From a request to a page or a fragment: every view, and what views share.

Views call services and render templates; no query and no call to Refonte stands here. Start with
`guards`, which every view stands behind, then read any view; `addresses` makes the links.
"""
