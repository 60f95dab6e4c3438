ALTER TABLE users
    DROP CONSTRAINT users_photo_hashed,
    DROP COLUMN locale,
    DROP COLUMN theme,
    DROP COLUMN photo,
    DROP COLUMN photo_hash,
    DROP COLUMN must_change_password;
