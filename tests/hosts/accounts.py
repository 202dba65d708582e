"""Run with the settings of a host: people with keys, each signed in already. Prints their cookies.

Nobody keeps watch with a key: all calls to the vendor are those of people.
"""

import json
import sys

import django


def main(names: list[str]) -> dict[str, dict[str, str]]:
    from django.contrib.auth.models import Group, User
    from django.test import Client

    from batches.models import Mode
    from batches.refonte import Secret
    from batches.sandbox import LIVE_KEY
    from batches.services.key_checks.checks import add_key

    cookies: dict[str, dict[str, str]] = {}
    for name in names:
        user = User.objects.create(username=name)
        user.groups.add(Group.objects.get(name="Operators"))
        add_key(owner=user, label="Ours", mode=Mode.LIVE, secret=Secret(LIVE_KEY), keep_watch=False)
        client = Client()
        client.force_login(user)
        cookies[name] = {key: morsel.value for key, morsel in client.cookies.items()}
    return cookies


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
