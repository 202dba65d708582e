"""Where results may be sent: public hosts only, in no disguise."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings

from batches.forms.callback import check_callback

INWARD = [
    *("https://127.0.0.1/", "https://127.1", "https://2130706433/", "https://0x7f000001"),
    *("https://0x7f.0.0.1", "https://0177.0.0.1", "https://127.0.0.1.", "https://0/"),
    *(
        "https://169.254.169.254/latest",
        "https://0xa9fea9fe",
        "https://10.0.0.8",
        "https://172.16.0.1",
    ),
    *(
        "https://192.168.1.1",
        "https://100.64.0.1",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]",
    ),
    *("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/"),
    *(
        "https://[2002:7f00:1::]/",
        "https://[::127.0.0.1]",
        "https://[fc00::1]",
        "https://[ff02::1]",
    ),
    *("https://localhost", "https://LOCALHOST.", "https://x.localhost", "https://printer.local"),
    *("https://db.internal", "https://intranet", "https://router.lan", "https://999.1.2.3"),
    *("https://[::ffff:0:127.0.0.1]", "https://[64:ff9b:1::7f00:1]", "https://[fec0::1]"),
    *("https://hooks.default.svc", "https://hooks.corp", "https://nas.home", "ops@mail.corp"),
    *("https://1.2.3", "https://a.0x1", "ops@localhost", "ops@[127.0.0.1]", "ops@printer.local"),
]
MALFORMED = [
    *(
        "javascript:alert(1)",
        "ftp://example.com",
        "//example.com",
        "example.com",
        "https:example.com",
    ),
    *("https://", "https:///x", "https://user:pw@example.com", "https://user@example.com"),
    *("https://example.com:99999/", "https://example.com:0/", "https://example.com:/"),
    *(
        "https://example.com:x/",
        "https://ab.example\\@evil.example/",
        "https://evil.example\\.ab.example",
    ),
    *(
        "https://example.com/\nx",
        "https://example.com/a b",
        "https://example.com/\x00",
        "https://[::1",
    ),
    *(
        "https://[fe80::1%25eth0]/",
        "https://exa_mple.com",
        "https://-a.example",
        "https://a..example",
    ),
    *(
        "https://" + "a" * 64 + ".example",
        "https://x.example/" + "y" * 3000,
        "ops@",
        "@example.com",
    ),
    *("https://[v1.a]/", "https://[v1.a:b]/", "https://[v1.8.8.8.8]/"),
    *("a@b@example.com", "https://\u202eexample.com", "mailto:ops@example.com", "data:text/html,x"),
]


@pytest.mark.parametrize("text", INWARD)
def test_hosts_of_this_machine_and_network_are_refused_in_every_spelling(text: str) -> None:
    with pytest.raises(ValidationError):
        check_callback(text)


@pytest.mark.parametrize("text", MALFORMED)
def test_what_two_parsers_may_read_differently_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        check_callback(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "https://hooks.example.com/x?y=1#z",
            "https://hooks.example.com:8443/",
            "ops@example.com",
        ),
        *(
            "https://93.184.216.34/",
            "https://[2606:2800:220:1::1]/",
            "https://xn--e1afmkfd.example",
        ),
        *("HTTPS://Example.com/", "first.last+tag@mail.example.co.uk"),
    ],
)
def test_a_public_place_is_taken_as_it_is(text: str) -> None:
    found = check_callback(text)
    assert (found.text, found.warning) == (text, "")


def test_plain_http_comes_with_a_warning() -> None:
    assert "plain http" in check_callback("http://hooks.example.com/").warning


def test_a_look_alike_is_shown_as_it_is_sent() -> None:
    with pytest.raises(ValidationError, match="xn--"):
        check_callback("https://аpple.example/")  # the first letter is Cyrillic
    with pytest.raises(ValidationError, match="invalid characters"):
        check_callback("https://" + "ж" * 70 + ".example/")


@pytest.mark.parametrize("text", ["https://１２７.0.0.1/", "https://127。0。0。1/"])
def test_digits_of_other_alphabets_are_no_way_in(text: str) -> None:
    with pytest.raises(ValidationError):
        check_callback(text)


def test_only_allowed_hosts_where_that_is_set(settings: Settings) -> None:
    settings.CALLBACK_HOSTS = ["hooks.example.com", "*.Company.example"]
    for text in ("https://hooks.example.com/", "https://a.company.example", "x@company.example"):
        assert check_callback(text).text == text
    for text in ("https://evil.example", "https://notcompany.example", "x@evil.example"):
        with pytest.raises(ValidationError, match="may only go to"):
            check_callback(text)
    with pytest.raises(ValidationError, match="may only go to"):
        check_callback("https://93.184.216.34/")
