"""Mail to a real server: plain, with STARTTLS and login; and one line, without a secret, where it fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mandje.notify.delivery import send_everywhere
from mandje.notify.mail import send_mail
from mandje.notify.notice import Notice
from receivers import PASSWORD, USER, MailServer, mail_server, make_certificate

NOTICE = Notice("my_shop", "night 2026-11-29 stopped in validate", (("what", "een ééndelig geheel"),))
TO = ("ann@example.org", "bob@example.org")


@pytest.fixture
def box() -> Iterator[MailServer]:
    with mail_server() as box:
        yield box


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr("mandje.notify.tries.time.sleep", waits.append)
    return waits


def server(box: MailServer, **more: str) -> dict[str, str]:
    here = {
        "MANDJE_SMTP_HOST": "127.0.0.1",
        "MANDJE_SMTP_PORT": str(box.port),
        "MANDJE_SMTP_SECURITY": "none",
    }
    return here | more


def fault(environment: dict[str, str]) -> str:
    (line,) = send_everywhere({"mail": lambda: send_mail(NOTICE, TO, "mandje@example.org", environment)})
    assert PASSWORD not in line
    return line


def test_it_arrives_as_plain_text_marked_as_written_by_a_machine(box: MailServer) -> None:
    send_mail(NOTICE, TO, "mandje@example.org", server(box))
    (mail,) = box.mails
    assert mail["Subject"] == "[mandje] my_shop: night 2026-11-29 stopped in validate"
    assert (mail["From"], mail["To"]) == ("mandje@example.org", ", ".join(TO))
    assert (mail.get_content_type(), mail["Auto-Submitted"]) == ("text/plain", "auto-generated")
    assert mail["Date"]
    assert mail["Message-ID"]
    assert box.text().splitlines()[2] == "what:     een ééndelig geheel"


def test_without_a_sender_it_is_from_this_machine(box: MailServer) -> None:
    send_mail(NOTICE, TO, None, server(box))
    assert box.mails[0]["From"].startswith("mandje@")


def test_starttls_and_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path / "server.pem")
    with mail_server(certificate, login=True) as box:
        by_name = {"MANDJE_SMTP_HOST": "localhost", "MANDJE_SMTP_SECURITY": "starttls"}
        known = server(box) | by_name | {"MANDJE_SMTP_USER": USER, "MANDJE_SMTP_PASSWORD": PASSWORD}
        assert "SSLCertVerificationError" in fault(known)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send_mail(NOTICE, TO, "mandje@example.org", known)
        assert len(box.mails) == 1
        assert "localhost refuses the login" in fault(known | {"MANDJE_SMTP_PASSWORD": "guessed"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MANDJE_SMTP_HOST": ""}, "no mail server is named; next: set MANDJE_SMTP_HOST"),
        ({"MANDJE_SMTP_SECURITY": "ssl"}, "MANDJE_SMTP_SECURITY is none of starttls, tls, none"),
        ({"MANDJE_SMTP_PORT": "smtp"}, "MANDJE_SMTP_PORT is no number"),
        ({"MANDJE_SMTP_USER": USER, "MANDJE_SMTP_PASSWORD": PASSWORD}, "would travel in the open"),
        ({"MANDJE_SMTP_SECURITY": "starttls"}, "look at MANDJE_SMTP_SECURITY"),
    ],
)
def test_what_is_set_wrong_is_said_in_one_line(box: MailServer, changes: dict[str, str], said: str) -> None:
    assert said in fault(server(box, **changes))


def test_a_refused_recipient_is_told_and_the_others_have_it(box: MailServer) -> None:
    box.refused = {TO[0]}
    assert "127.0.0.1 refuses 1 of 2 sender or recipients" in fault(server(box))
    assert len(box.mails) == 1
    box.refused = set(TO)
    assert "127.0.0.1 refuses sender or recipients" in fault(server(box))


def test_a_server_that_is_away_is_tried_three_times(no_waits: list[float]) -> None:
    line = fault({"MANDJE_SMTP_HOST": "127.0.0.1", "MANDJE_SMTP_PORT": "9", "MANDJE_SMTP_SECURITY": "none"})
    assert line.startswith("the notice could not be sent by mail: ConnectionRefusedError")
    assert no_waits == [1.0, 4.0]
