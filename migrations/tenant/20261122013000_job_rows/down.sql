DROP TABLE job_rows;
