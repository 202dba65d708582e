from tests.support.background import watched

__all__ = ["watched"]
