-- What people set for themselves: how numbers and days are written (empty: as the company does), the theme (empty: as the
-- system does), a picture, whose hash stands in its address.
ALTER TABLE users
    ADD COLUMN locale varchar(16) NOT NULL DEFAULT '',
    ADD COLUMN theme varchar(8) NOT NULL DEFAULT '' CHECK (theme IN ('', 'light', 'dark')),
    ADD COLUMN photo bytea,
    ADD COLUMN photo_hash varchar(32),
    ADD CONSTRAINT users_photo_hashed CHECK ((photo IS NULL) = (photo_hash IS NULL)),
    -- Nothing but a new password is taken from this person.
    ADD COLUMN must_change_password boolean NOT NULL DEFAULT false;
