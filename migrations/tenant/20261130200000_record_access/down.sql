DROP TABLE role_pipelines;
