"""Where each message of a replay has ended: plain SQL that the program does not share."""

import sqlalchemy as sa

BURST = "oBurst"  # how the senders of bursts are called
_WAITS = "c.thread = i.thread AND c.due_at IS NOT NULL AND c.state LIKE '%\"' || i.id || '\"%'"
_IN_BURST = f"i.sender LIKE 'wechat:{BURST}%'"
_FURTHER = (
    f"b.reporter = a.reporter AND b.number > a.number AND a.reporter LIKE 'wechat:{BURST}%' "
    "AND NOT EXISTS (SELECT 1 FROM inbox_also x WHERE x.ticket = b.number)"
)

COUNTS = {
    "messages": "SELECT count(*) FROM inbox",
    "different": "SELECT count(DISTINCT external_id) FROM inbox",
    "tickets": "SELECT count(*) FROM ticket",
    "certain": "SELECT count(*) FROM ticket WHERE status <> 'deciding'",
    "deciding": "SELECT count(*) FROM ticket WHERE status = 'deciding'",
    "further": "SELECT count(*) FROM inbox_also",
    "asked": f"SELECT count(*) FROM inbox i JOIN conversation c ON {_WAITS} WHERE i.ticket IS NULL",
    "bursts": f"SELECT count(DISTINCT i.sender) FROM inbox i WHERE {_IN_BURST}",
    "whole bursts": f"SELECT count(*) FROM (SELECT i.sender FROM inbox i WHERE {_IN_BURST} "
    "GROUP BY i.sender HAVING count(DISTINCT i.ticket) + max(CASE WHEN i.ticket IS NULL THEN 1 ELSE 0 END) = 1) AS whole",
    "further matters": f"SELECT count(*) FROM ticket a JOIN ticket b ON {_FURTHER}",
}
PROBLEMS = {
    "messages unfinished": "SELECT count(*) FROM inbox WHERE done_at IS NULL",
    "tickets without an owner or a deadline": "SELECT count(*) FROM ticket "
    "WHERE unit = '' OR due_at IS NULL",
    "messages in a ticket that is not their sender's": "SELECT count(*) FROM inbox i "
    "WHERE i.ticket IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM ticket t WHERE t.number = i.ticket AND t.reporter = i.sender)",
    "tickets that no message is in": "SELECT count(*) FROM ticket t WHERE NOT EXISTS "
    "(SELECT 1 FROM inbox i WHERE i.ticket = t.number) AND NOT EXISTS "
    "(SELECT 1 FROM inbox_also a WHERE a.ticket = t.number)",
    "tickets that say the same of the same person": "SELECT coalesce(sum(n - 1), 0) FROM "
    "(SELECT count(*) AS n FROM ticket GROUP BY reporter, text) AS alike",
    "messages in a ticket and in a conversation that waits": "SELECT count(*) FROM inbox i "
    f"JOIN conversation c ON {_WAITS} WHERE i.ticket IS NOT NULL",
    "messages in nothing": "SELECT count(*) FROM inbox i WHERE i.ticket IS NULL "
    f"AND i.receipt NOT LIKE '%\"key\"%' AND NOT EXISTS (SELECT 1 FROM conversation c WHERE {_WAITS})",
    "further tickets of a burst that tell of nothing else": "SELECT count(*) "
    f"FROM ticket a JOIN ticket b ON {_FURTHER} WHERE substr(a.category, 1, 6) = "
    "substr(b.category, 1, 6) AND a.place = b.place "
    "AND b.handover_reason NOT LIKE '%' || a.number || '%'",
}


def ask(url: str, questions: dict[str, str]) -> dict[str, int]:
    """The number that answers each question."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        found = {k: int(connection.execute(sa.text(q)).scalar_one()) for k, q in questions.items()}
    engine.dispose()
    return found
