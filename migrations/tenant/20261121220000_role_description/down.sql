DROP INDEX roles_name_key;
ALTER TABLE roles DROP COLUMN description;
