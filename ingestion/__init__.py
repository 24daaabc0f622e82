"""Deliveries in, standard records out: recognise → archive → read → check → apply → standardise."""
