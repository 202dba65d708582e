"""Signing in by the form, from an address, rightly or not."""

from typing import Any

from django.test import Client


def guess_from_many_addresses(times: int, name: str = "alice") -> None:
    for number in range(times):
        sign_in(name, address=f"10.1.{number}.1")


def sign_in(name: str, password: str = "wrong", address: str = "10.0.0.1") -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/accounts/login/", form)


def fail(times: int, name: str = "alice") -> None:
    for _ in range(times):
        sign_in(name)
