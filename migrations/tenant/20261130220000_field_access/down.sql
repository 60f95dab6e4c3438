DROP TABLE record_shares;
DROP TABLE team_members;
DROP TABLE teams;
ALTER TABLE pipelines DROP COLUMN derived;
DROP TABLE role_fields;
