"""`manage.py verify_operations`: what it prints, and how it ends."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from batches.models import Operation, RecordSeal
from batches.services.keys.types import KeyHandle
from batches.services.seals.chain import read_head
from tests.support.seals import settled


@pytest.fixture(autouse=True)
def _two(alice: User, key: KeyHandle) -> None:
    settled(alice, key, "one")
    settled(alice, key, "two")


def test_an_unaltered_record_ends_with_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    seal = RecordSeal.objects.get(number=2).seal
    call_command("verify_operations")
    assert capsys.readouterr().out == f"Unaltered. The record ends at 2:{seal}.\n"


def test_what_is_found_is_printed_and_the_command_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Operation.objects.filter(batch_name="one").update(username="bob")
    with pytest.raises(CommandError, match=r"1 found\. The record ends at 2:") as caught:
        call_command("verify_operations")
    assert caught.value.returncode == 1
    assert "changed: number 1" in capsys.readouterr().out


def test_a_noted_head_is_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    noted = read_head()
    call_command("verify_operations", "--head", noted)
    with pytest.raises(CommandError, match="1 found"):
        call_command("verify_operations", "--head", noted.replace("2:", "7:"))
    assert "7 were noted, 2 are there" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", ["", "2", "2:", "x:" + "a" * 64, "2:" + "A" * 64, "-1:" + "a" * 64]
)
def test_anything_else_is_no_head(wrong: str) -> None:
    with pytest.raises(CommandError, match="COUNT:HEAD"):
        call_command("verify_operations", f"--head={wrong}")
