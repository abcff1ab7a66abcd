"""Ways by which an alert leaves: signed webhooks, the mail services' HTTP APIs, SMTP, messengers."""
