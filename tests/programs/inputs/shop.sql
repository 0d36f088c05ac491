CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, price REAL CHECK (price >= 0));
CREATE TABLE sales (id INTEGER PRIMARY KEY, good INTEGER NOT NULL REFERENCES goods (id), pieces INTEGER, day TEXT);
CREATE INDEX sales_by_good ON sales (good, day);
CREATE TABLE log (text TEXT);
CREATE TRIGGER told AFTER DELETE ON sales BEGIN
  INSERT INTO log VALUES ('sale ' || old.id || ' of ' || old.pieces || ' taken back');
END;
BEGIN;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
INSERT INTO goods SELECT i, printf('good %03d', i), round(i * 1.25, 2) FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO sales SELECT i, 1 + (i * 7919) % 200, 1 + i % 9, date('2024-01-01', (i % 365) || ' days') FROM n;
COMMIT;
BEGIN;
DELETE FROM sales;
SELECT 'inside the transaction', count(*) FROM sales;
ROLLBACK;
SELECT 'after it', count(*) FROM sales;
DELETE FROM sales WHERE id % 5000 = 0;
SELECT * FROM log ORDER BY text;
INSERT INTO goods VALUES (201, 'good 001', 1);
INSERT INTO goods VALUES (202, 'good 202', -1);
CREATE VIEW turnover AS
  SELECT g.name AS name, sum(s.pieces) AS pieces, round(sum(s.pieces * g.price), 2) AS money
  FROM sales s JOIN goods g ON g.id = s.good GROUP BY g.id;
SELECT * FROM turnover ORDER BY money DESC, name LIMIT 5;
SELECT substr(day, 1, 7) AS month, count(*), sum(pieces) FROM sales GROUP BY month ORDER BY month;
SELECT name, rank() OVER (ORDER BY pieces DESC, name) FROM turnover ORDER BY 2 LIMIT 3;
EXPLAIN QUERY PLAN SELECT * FROM sales WHERE good = 7 AND day > '2024-06-01';
SELECT hex(zeroblob(4)), quote('it''s'), typeof(1.0), length('grüße ☃'), unicode('😀'), 1 / 0 IS NULL;
UPDATE goods SET name = name || ' – Größe ' || (id % 4) WHERE id <= 8;
VACUUM;
