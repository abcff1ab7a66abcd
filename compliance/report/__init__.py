"""What leaves the desk: a case's report as page and PDF, and lists as CSV, JSON Lines and FollowTheMoney entities."""
