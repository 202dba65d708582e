"""Sends by e-mail, through the mail server in EMAIL_URL."""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from batches.services.notices.mail_server import is_set_up
from batches.services.notices.messages import Message

NOT_SET_UP = "No mail server is set up (EMAIL_URL)."
SERVER_SAYS = "The mail server did not take it ({})."


def send_mail(*, to: str, message: Message) -> str:
    """Why it was not sent; empty where the server took it. Raises nothing of the server's."""
    if not is_set_up():
        return NOT_SET_UP
    mail = EmailMessage(
        subject=message.subject,
        body=message.text,
        to=[to],
        headers={
            "Message-ID": message_id(message.id),
            "Auto-Submitted": "auto-generated",  # no answer by a machine
        },
    )
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        # its type alone: its text may repeat addresses and what the server said
        return SERVER_SAYS.format(type(error).__name__)
    return ""


def message_id(delivery_id: str) -> str:
    """The same for each try of a delivery: a mail server or program drops a second copy."""
    _, _, domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")
    return f"<{delivery_id}@{domain.strip(' >') or 'localhost'}>"
