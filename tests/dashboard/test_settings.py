"""A missing or wrong value stops the start with a sentence that names it."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest
from django.core.exceptions import ImproperlyConfigured

from dashboard.env import addresses, file, hosts, paths, servers, values
from dashboard.run.secrets_file import filled, main, write_private

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.urlsafe_b64encode(bytes(32)).decode()  # the same in every process that collects


def read_hosts(name: str) -> object:
    return hosts.hosts(name, "localhost")


def bind_address(name: str) -> object:
    return hosts.bind_address(name, "127.0.0.1")


def database(name: str) -> object:
    return servers.database(name, "")


def production(**changes: str) -> dict[str, str]:
    """The smallest environment of a real install."""
    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "DATA_DIR": os.environ["DATA_DIR"],
        "SECRET_KEY": "k3" * 40,
        "API_KEY_ENCRYPTION_KEYS": KEY,
        "RECORD_KEY": "r7" * 20,
    } | changes


def setting(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start for real, in a process of its own, and print one setting."""
    code = f"from django.conf import settings; print(repr(getattr(settings, '{name}', None)))"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=production(DJANGO_SETTINGS_MODULE="dashboard.settings", **environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_missing_secret_ends_manage_py_with_one_sentence():
    environment = production(SECRET_KEY="")
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Not started. SECRET_KEY is missing")
    assert "Traceback" not in done.stderr


def test_cookies_need_tls_unless_plain_http_says_otherwise():
    assert setting("SESSION_COOKIE_NAME").stdout == "'__Host-sessionid'\n"
    assert setting("CSRF_COOKIE_SECURE").stdout == "True\n"
    assert setting("SESSION_COOKIE_NAME", PLAIN_HTTP="true").stdout == "'sessionid'\n"


def test_a_session_lasts_ten_hours_unless_it_is_told_otherwise():
    assert float(setting("SESSION_HOURS").stdout) == 10


def test_a_second_process_needs_redis():
    told = setting("WEB_CONCURRENCY", WEB_CONCURRENCY="2").stderr
    assert "WEB_CONCURRENCY in the environment is wrong: without REDIS_URL" in told
    several = {"WEB_CONCURRENCY": "2", "REDIS_URL": "redis://127.0.0.1:6379/3"}
    assert setting("WEB_CONCURRENCY", **several).stdout == "2\n"


def test_debug_is_off_unless_asked_for():
    assert setting("DEBUG").stdout == "False\n"
    assert setting("DEBUG", DEBUG="maybe").returncode != 0


def test_the_environment_wins_over_the_file(tmp_path: Path):
    file = tmp_path / "env"
    file.write_text("TIME_ZONE=Europe/Paris\nSESSION_HOURS=3\n")
    found = setting("TIME_ZONE", ENV_FILE=str(file), TIME_ZONE="Asia/Tokyo")
    assert found.stdout == "'Asia/Tokyo'\n"
    assert setting("SESSION_HOURS", ENV_FILE=str(file)).stdout == "3.0\n"


def test_sqlite_is_opened_so_that_committed_means_kept():
    options = setting("DATABASES").stdout
    assert "IMMEDIATE" in options
    assert "synchronous=FULL" in options
    assert "journal_mode=WAL" in options


def test_redis_serves_cache_and_jobs_where_it_is_named():
    assert "RedisCache" in setting("CACHES", REDIS_URL="redis://127.0.0.1:6379/3").stdout
    assert "huey.RedisHuey" in setting("HUEY", REDIS_URL="redis://127.0.0.1:6379/3").stdout
    assert "SqliteHuey" in setting("HUEY").stdout


def test_where_several_processes_serve_none_caches_sessions():
    shared = setting("CACHES", REDIS_URL="redis://127.0.0.1:6379/3").stdout
    assert "'sessions': {'BACKEND': 'django.core.cache.backends.dummy.DummyCache'}" in shared
    assert "DummyCache" not in setting("CACHES").stdout


def test_postgresql_is_not_waited_for_without_end_and_its_address_has_the_last_word():
    url = "postgresql://console@db.example/console?connect_timeout=7&options=-c%20lock_timeout%3D9s"
    options = setting("DATABASES", DATABASE_URL=url).stdout
    for part in ("'connect_timeout': 7", "'tcp_user_timeout': 10000", "=60s -c lock_timeout=9s'"):
        assert part in options


def test_a_proxys_word_about_https_counts_only_where_one_is_trusted():
    name = "SECURE_PROXY_SSL_HEADER"
    assert setting(name).stdout == "None\n"
    assert "X_FORWARDED_PROTO" in setting(name, TRUSTED_PROXY_HOPS="1").stdout


@pytest.mark.parametrize("word", ["maybe", "2", "True!", "ture", "yes please"])
def test_an_unknown_word_for_a_flag_is_refused(monkeypatch: pytest.MonkeyPatch, word: str):
    monkeypatch.setenv("PLAIN_HTTP", word)
    with pytest.raises(ImproperlyConfigured, match=r"PLAIN_HTTP.*True or False"):
        values.flag("PLAIN_HTTP", default=False)


@pytest.mark.parametrize(("word", "meant"), [("On", True), ("1", True), ("NO", False), ("", True)])
def test_known_words_for_a_flag(monkeypatch: pytest.MonkeyPatch, word: str, meant: bool):
    monkeypatch.setenv("DEBUG", word)
    assert values.flag("DEBUG", default=True) is meant


@pytest.mark.parametrize("value", ["-1", "11", "1.5", "١", "1_0", "9" * 30, "one"])
def test_a_number_of_hops_is_a_small_whole_number(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("TRUSTED_PROXY_HOPS", value)
    with pytest.raises(ImproperlyConfigured, match=r"TRUSTED_PROXY_HOPS.*from 0 to 10"):
        values.whole("TRUSTED_PROXY_HOPS", 0, lowest=0, highest=10)


@pytest.mark.parametrize("value", ["5", "0", "-1", "6001", "many", "1e2"])
def test_a_budget_below_what_the_background_has_anyway_is_refused(value: str):
    done = setting("BACKGROUND_CALLS_A_MINUTE", BACKGROUND_CALLS_A_MINUTE=value)
    assert "BACKGROUND_CALLS_A_MINUTE in the environment is wrong" in done.stderr
    assert setting("BACKGROUND_CALLS_A_MINUTE").stdout == "60\n"


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-3", "ten", "121"])
def test_a_deadline_is_a_finite_number_of_seconds(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("REFONTE_TIMEOUT", value)
    with pytest.raises(ImproperlyConfigured, match="REFONTE_TIMEOUT"):
        values.number("REFONTE_TIMEOUT", 10, lowest=0.5, highest=120)


@pytest.mark.parametrize(
    "value",
    [
        "http://api.example.com/v1",
        "ftp://api.example.com",
        "https://user:word@api.example.com",
        "https://api.example.com/v1?x=1",
        "https://api.example.com:99999",
        "https://",
        "api.example.com",
        "https://[::1",
        "https://api.example.com/ v1",
        "https://api.example.com /v1",
        "https://api.exämple.com/v1",
    ],
)
def test_keys_are_sent_by_https_to_a_plain_address(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("REFONTE_API_URL", value)
    with pytest.raises(ImproperlyConfigured, match="REFONTE_API_URL"):
        addresses.vendor_url("REFONTE_API_URL", "")


@pytest.mark.parametrize(
    "value",
    [
        "http://hooks.example.com",
        "http://127.0.0.1:8000",
        "hooks.example.com",
        "ftp://hooks.example.com",
        "https://",
        "https://user:word@hooks.example.com",
        "https://hooks.example.com/?a=b",
        "https://hooks.example.com/#a",
        "https://hooks.example.com:99999",
        "https://hooks.exämple.com",
        "https://hooks.example.com/a b",
        f"https://hooks.example.com/{'a' * 1000}",
    ],
)
def test_refonte_calls_a_plain_address_over_https(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("CALLBACK_BASE_URL", value)
    with pytest.raises(ImproperlyConfigured, match="CALLBACK_BASE_URL") as error:
        addresses.base("CALLBACK_BASE_URL", plain_http=False)
    assert value not in str(error.value)


@pytest.mark.parametrize(
    ("value", "plain_http", "meant"),
    [
        ("", False, ""),
        ("https://hooks.example.com/", False, "https://hooks.example.com"),
        (
            "https://hooks.example.com:8443/console/",
            False,
            "https://hooks.example.com:8443/console",
        ),
        ("https://console.intranet", False, "https://console.intranet"),
        ("http://127.0.0.1:8000", True, "http://127.0.0.1:8000"),
    ],
)
def test_an_address_for_callbacks(
    monkeypatch: pytest.MonkeyPatch, value: str, plain_http: bool, meant: str
):
    monkeypatch.setenv("CALLBACK_BASE_URL", value)
    assert addresses.base("CALLBACK_BASE_URL", plain_http=plain_http) == meant


def test_callbacks_over_plain_http_need_a_console_over_plain_http():
    wrong = setting("CALLBACK_BASE_URL", CALLBACK_BASE_URL="http://hooks.example.com")
    assert "CALLBACK_BASE_URL in the environment is wrong" in wrong.stderr
    assert "PLAIN_HTTP" in wrong.stderr


@pytest.mark.parametrize("value", ["http://127.0.0.1:8001/v1", "http://[::1]:1/v1", "https://a.b/"])
def test_loopback_needs_no_https(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("REFONTE_API_URL", value)
    assert addresses.vendor_url("REFONTE_API_URL", "") == value.rstrip("/")


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (bind_address, "localhost"),
        (bind_address, "console.example.com"),
        (bind_address, "127.0.0.1:8000"),
        (bind_address, "127.1"),
        (bind_address, "010.0.0.1"),
        (bind_address, "*"),
        (bind_address, "[::1]"),
        (bind_address, "fe80::1%eth0"),
        (bind_address, "224.0.0.1"),
        (bind_address, "ff02::1"),
        (bind_address, "255.255.255.255"),
        (bind_address, "10.0.0.0/8"),
        (bind_address, "unix:/run/console.sock"),
        (read_hosts, "https://console.example.com"),
        (read_hosts, "console.example.com/"),
        (read_hosts, "console.example.com:443"),
        (read_hosts, "console.example.com,*"),
        (read_hosts, "*.example.com"),
        (read_hosts, ","),
        (read_hosts, "[::1"),
        (hosts.callback_hosts, "https://hooks.example.com"),
        (hosts.callback_hosts, "*"),
        (hosts.callback_hosts, "hooks.example.com,*."),
        (hosts.callback_hosts, ","),
        (hosts.origins, "console.example.com"),
        (hosts.origins, "https://"),
        (hosts.origins, "https://console.example.com/"),
        (hosts.origins, "https://console.example.com/path"),
        (hosts.origins, "https://user@console.example.com"),
        (hosts.origins, ","),
        (values.fernet_keys, "too-short"),
        (values.fernet_keys, f"{KEY},nonsense"),
        (values.fernet_keys, " , "),
        (addresses.proxy, "socks5://proxy:1080"),
        (addresses.proxy, "http://"),
        (paths.certificates, "/no/such/file.pem"),
        (paths.certificates, "/etc"),
        (paths.certificates, __file__),
        (servers.redis_url, "http://redis"),
        (servers.redis_url, "redis://redis:port"),
        (servers.redis_url, "redis://"),
        (servers.redis_url, "redis://redis:6379/first"),
        (servers.redis_url, "redis://redis:6379/0?tls=on"),
        (database, "mysql://host/name"),
        (database, "postgresql://u:p@host:port/name"),
        (database, "postgresql://host"),
        (database, "postgresql://host/"),
        (database, "postgresql://host/name?sslmod=require"),
        (database, "postgresql://host/name?conn_max_age=5"),
        (database, "sqlite://"),
        (database, "sqlite:///"),
        (database, "sqlite://:memory:"),
        (database, "sqlite:///:memory:"),
        (database, "sqlite://host/console.sqlite3"),
        (database, "sqlite:////tmp/console.sqlite3?timeout=20"),
        (lambda name: servers.email(name, ""), "gopher://mail"),
        (lambda name: servers.email(name, ""), "smtp://"),
        (lambda name: servers.email(name, ""), "smtp+tls://:587"),
        (lambda name: servers.email(name, ""), "smtp://mail:port"),
        (lambda name: values.zone(name, "UTC"), "Mars/Olympus"),
        (lambda name: values.secret(name, shortest=32), "short"),
        (lambda name: values.secret(name, shortest=16, default=""), "x"),
        (lambda name: paths.directory(name, Path()), "/proc/no/such"),
    ],
)
def test_a_wrong_value_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[[str], object], value: str
):
    monkeypatch.setenv("THE_VALUE", value)
    with pytest.raises(
        ImproperlyConfigured, match="THE_VALUE in the environment is wrong"
    ) as error:
        reader("THE_VALUE")
    assert value.strip(" ,") == "" or value.startswith("/proc") or value not in str(error.value)


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (bind_address, ""),
        (bind_address, "0.0.0.0"),
        (bind_address, "192.0.2.7"),
        (bind_address, "::"),
        (bind_address, "2001:db8::7"),
        (read_hosts, "console.example.com,.example.com,localhost,127.0.0.1,[::1]"),
        (hosts.callback_hosts, "example.com,*.example.com,.example.com,192.0.2.7"),
        (hosts.origins, "https://console.example.com,http://localhost:8000,https://*.example.com"),
        (paths.certificates, certifi.where()),
        (servers.redis_url, "rediss://:word@redis.example.com:6380/0?ssl_cert_reqs=required"),
        (servers.redis_url, "redis://localhost"),
        (servers.redis_url, "unix:///run/redis.sock?db=1"),
        (database, "postgresql://u:p@db.example.com:5432/name?sslmode=verify-full"),
        (database, "postgresql:///name"),
        (database, "sqlite:////var/lib/console/console.sqlite3"),
    ],
)
def test_what_can_be_right_is_taken(
    monkeypatch: pytest.MonkeyPatch, reader: Callable[[str], object], value: str
):
    monkeypatch.setenv("THE_VALUE", value)
    assert reader("THE_VALUE")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("METRICS TOKEN=x", "Line 2 of .* is not of the form NAME=value"),
        ("hush-hush", "Line 2 of .* is not of the form NAME=value"),
        ("PORT = 8000", "Line 2 of .* is not of the form NAME=value"),
        ("TIME_ZONE=UTC", "TIME_ZONE is set twice"),
    ],
)
def test_a_line_of_the_file_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, words: str
):
    (tmp_path / ".env").write_text(f"TIME_ZONE=Europe/Paris\n{line}\n")
    monkeypatch.delenv("ENV_FILE")
    with pytest.raises(ImproperlyConfigured, match=words) as error:
        file.read_file(tmp_path / ".env")
    assert "hush" not in str(error.value)


def test_a_name_in_the_file_that_nothing_reads_stops_the_start(tmp_path: Path):
    file = tmp_path / "env"
    file.write_text("\n# a note\nPGSSLMODE=require\nSESSION_HUORS=3\n")
    told = setting("TIME_ZONE", ENV_FILE=str(file)).stderr
    assert "SESSION_HUORS in the .env file is unknown. Is SESSION_HOURS meant?" in told


def test_an_env_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "env").write_bytes(b"PORT=\xff\n")
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "env"))
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        file.read_file(tmp_path / ".env")


def test_a_proxy_that_can_be_one_is_taken(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REFONTE_PROXY", "http://proxy.example.com:3128")
    assert addresses.proxy("REFONTE_PROXY") == "http://proxy.example.com:3128"


def test_an_env_file_that_is_named_must_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match="ENV_FILE"):
        file.read_file(tmp_path / ".env")


def test_the_file_beside_manage_py_is_read_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    word = "A_WORD_OF_THE_FILE"
    monkeypatch.setenv(word, "from the shell")  # so that the end of the test takes it away again
    monkeypatch.delenv(word)
    (tmp_path / ".env").write_text(f"{word}=yes\n")
    file.read_file(tmp_path / ".env")  # `ENV_FILE` is empty in tests
    assert word not in os.environ
    monkeypatch.delenv("ENV_FILE")
    file.read_file(tmp_path / "no-such-file")
    file.read_file(tmp_path / ".env")
    assert os.environ[word] == "yes"


def test_every_variable_that_is_read_is_in_the_example():
    example = (ROOT / ".env.example").read_text()
    listed = {line.partition("=")[0] for line in example.splitlines() if "=" in line[:30]}
    source = (ROOT / "dashboard" / "settings.py").read_text()
    readers = r"\b(?:addresses|hosts|paths|servers|values)\.\w+\(\s*"
    read = set(re.findall(rf'{readers}"(\w+)"', source))
    assert len(read) > 20
    assert read == {name for name in listed if name.isupper()}


def test_make_env_writes_secrets_once_and_for_the_owner_only(tmp_path: Path):
    (tmp_path / ".env.example").write_text("# why\nSECRET_KEY=\nRECORD_KEY=\nPORT=1\n")
    assert main(tmp_path).startswith("Wrote .env")
    written = (tmp_path / ".env").read_text()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert "_KEY=\n" not in written
    assert "was not changed" in main(tmp_path)
    assert (tmp_path / ".env").read_text() == written


def test_what_make_env_writes_starts_the_product(tmp_path: Path):
    example = (ROOT / ".env.example").read_text().replace("DATA_DIR=", f"DATA_DIR={tmp_path}")
    write_private(tmp_path / "env", filled(example))
    missing = {"SECRET_KEY", "API_KEY_ENCRYPTION_KEYS", "RECORD_KEY", "DATA_DIR"}
    environment = {k: v for k, v in production().items() if k not in missing}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=environment | {"ENV_FILE": str(tmp_path / "env")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("threads", "readers", "found"),
    [("", "", "8"), ("32", "", "16"), ("4", "", "2"), ("16", "14", "14"), ("16", "1", "1")],
)
def test_half_of_the_threads_may_read_unless_it_is_told_otherwise(
    threads: str, readers: str, found: str
):
    assert setting("READERS", WEB_THREADS=threads, READERS=readers).stdout == f"{found}\n"


@pytest.mark.parametrize(
    ("threads", "readers", "words"),
    [
        (
            "3",
            "",
            "WEB_THREADS in the environment is wrong: it must be a whole number from 4 to 128.",
        ),
        ("many", "", "WEB_THREADS in the environment is wrong"),
        (
            "16",
            "15",
            "READERS in the environment is wrong: it must be a whole number from 1 to 14,",
        ),
        ("16", "0", "as two of the 16 threads (WEB_THREADS) stay for writes."),
        ("8", "7", "as two of the 8 threads (WEB_THREADS) stay for writes."),
    ],
)
def test_threads_that_leave_none_for_writes_stop_the_start(threads: str, readers: str, words: str):
    assert words in setting("READERS", WEB_THREADS=threads, READERS=readers).stderr


@pytest.mark.parametrize(
    ("threads", "readers", "sizes"),
    [
        ("", "", (16, 8, 4, 4, 4, 56)),
        ("4", "", (4, 2, 2, 0, 1, 14)),
        ("16", "14", (16, 14, 2, 0, 4, 98)),
        ("64", "16", (64, 16, 24, 24, 16, 112)),
    ],
)
def test_all_that_is_bounded_by_threads_follows_their_number(
    threads: str, readers: str, sizes: tuple[int, ...]
):
    code = (
        "import django; django.setup()\n"
        "from batches.services.vendor import calls; from batches.services.readings import refresh\n"
        "from dashboard.run import gunicorn_conf\n"
        "print((gunicorn_conf.threads, calls.READERS, calls.WRITERS, calls.WAITING,"
        " calls.EXPORTS, refresh._side_by_side._max_workers))"
    )
    names = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "READERS": readers}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=production(WEB_THREADS=threads, **names),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{sizes}\n"
    assert sum(sizes[1:4]) == sizes[0]
