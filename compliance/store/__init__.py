"""The database: tables, sessions, migrations and one shelf per noun. Tables never leave this room."""
