//! Decisions on SQLite or PostgreSQL, migrations, jobs, reads. Knows no business table.
