"""What calendar programs read: a visit as a file, and feeds of visits (RFC 5545, 5546, 7986)."""
