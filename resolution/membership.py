"""How surely a record belongs to its entity."""


def held_sql() -> str:
    """Rows register, record_id, probability: the best accepted link that touches the record.

    A collapse or a steward's decision counts as 1. A record that stands alone has no row.
    """
    return """
        SELECT register, record_id, max(probability) AS probability
        FROM (
            SELECT register, unnest([record_l, record_r]) AS record_id,
                   CASE WHEN origin = 'model' THEN match_probability ELSE 1 END AS probability
            FROM resolved.link WHERE status = 'accepted'
        ) GROUP BY register, record_id
    """
