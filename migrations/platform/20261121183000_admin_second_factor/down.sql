DROP TABLE platform.admin_recovery_codes;
DROP TABLE platform.admin_totp;
