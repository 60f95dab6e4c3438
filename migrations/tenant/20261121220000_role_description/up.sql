-- Roles that a company makes: what each is for, and no two of one name.
ALTER TABLE roles ADD COLUMN description varchar(300) NOT NULL DEFAULT '';
CREATE UNIQUE INDEX roles_name_key ON roles (lower(name));
