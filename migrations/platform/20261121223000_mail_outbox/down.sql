DROP TABLE platform.mail_outbox;
