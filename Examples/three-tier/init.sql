CREATE TABLE greeting (text text NOT NULL);
INSERT INTO greeting VALUES ('Hello from PostgreSQL.');
CREATE TABLE visits (id serial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
