"""When and how often: Prefect lives here and nowhere else. Take the decorators away and every step still runs."""
