"""Tables of calls, in the same database as all others."""

import sqlalchemy as sa

from intake.schema import metadata as metadata
from routing.schema import UtcTime

call = sa.Table(
    "call",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("contact", sa.String(200), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("began_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("outcome", sa.String(20)),
    sa.Column("reason", sa.String(200), nullable=False, server_default=""),
    sa.Column("queued_at", UtcTime),  # 进入坐席队列
    sa.Column("operator", sa.String(60), nullable=False, server_default=""),  # who took it
    sa.Column("connected_at", UtcTime),
    sa.Column("greeted_at", UtcTime),  # he began to hear us
    sa.Column("picked_up_at", UtcTime),  # by the first operator; `connected_at`: by the last
)
sa.Index("ix_call_began_at", call.c.began_at)
sa.Index("ix_call_contact", call.c.contact, call.c.began_at)

call_line = sa.Table(
    "call_line",
    metadata,
    sa.Column("call", sa.String(40), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("voice", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("start_ms", sa.Integer, nullable=False),
    sa.Column("end_ms", sa.Integer, nullable=False),
    sa.Column("confidence", sa.Float),
    sa.Column("key", sa.String(100), nullable=False, server_default=""),
    sa.Column("words", sa.Text, nullable=False, server_default=""),  # JSON: word, ms, confidence
)

call_ticket = sa.Table(
    "call_ticket",
    metadata,
    sa.Column("call", sa.String(40), primary_key=True),
    sa.Column("ticket", sa.String(20), primary_key=True),
)
sa.Index("ix_call_ticket_ticket", call_ticket.c.ticket)

straight_caller = sa.Table(  # whose calls a person takes at once; see `straight`
    "straight_caller",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("caller", sa.String(64), nullable=False),  # hashed
    sa.Column("marked_on", sa.String(40), nullable=False),  # the call or ticket of the page
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("marked_by", sa.String(40), nullable=False),
    sa.Column("marked_at", UtcTime, nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("unmarked_by", sa.String(40), nullable=False, server_default=""),
    sa.Column("unmarked_at", UtcTime),
)
sa.Index("ix_straight_caller_caller", straight_caller.c.caller, straight_caller.c.marked_at)
sa.Index("ix_straight_caller_until", straight_caller.c.until)

caller_block = sa.Table(  # whose calls are limited; see `blocks`
    "caller_block",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("caller", sa.String(64), nullable=False),  # hashed
    sa.Column("call", sa.String(40), nullable=False),  # from whose page; his number is there
    sa.Column("reason", sa.String(20), nullable=False),  # malice, silent, no_matter, other
    sa.Column("words", sa.String(200), nullable=False),
    sa.Column("blocked_by", sa.String(40), nullable=False),
    sa.Column("blocked_at", UtcTime, nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),  # by somebody, before its time
    sa.Column("ended_by", sa.String(40), nullable=False, server_default=""),
)
sa.Index("ix_caller_block_caller", caller_block.c.caller, caller_block.c.until)
sa.Index("ix_caller_block_blocked_at", caller_block.c.blocked_at)

contact_try = sa.Table(  # a contact code that was keyed in; see `contacts`
    "contact_try",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("call", sa.String(40), nullable=False),
    sa.Column("caller", sa.String(64), nullable=False),  # hashed
    sa.Column("ticket", sa.String(20), nullable=False),  # empty: nobody's code
    sa.Column("unit", sa.String(60), nullable=False),  # whose telephone it is, where that is known
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),  # the ticket's log has been told what came of it
)
sa.Index("ix_contact_try_caller", contact_try.c.caller, contact_try.c.at)
sa.Index("ix_contact_try_call", contact_try.c.call)
sa.Index("ix_contact_try_at", contact_try.c.at)

errand = sa.Table(
    "errand",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("contact", sa.String(200), nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("ticket", sa.String(20), nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # the reply to say, as JSON
    sa.Column("state", sa.String(10), nullable=False),  # waiting, done, given_up
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("claimed_until", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("result", sa.String(200), nullable=False, server_default=""),
    sa.CheckConstraint("state IN ('waiting', 'done', 'given_up')", name="state"),
)
sa.Index("ix_errand_state_due_at", errand.c.state, errand.c.due_at)
sa.Index(
    "uq_errand_waiting",
    errand.c.contact,
    errand.c.purpose,
    errand.c.ticket,
    unique=True,
    sqlite_where=errand.c.state == "waiting",
    postgresql_where=errand.c.state == "waiting",
)

line_notice = sa.Table(  # see `noticeboard`; no resident's number is in it
    "line_notice",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # JSON, bounded
)

recording = sa.Table(
    "recording",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("call", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),  # call, caller, missed
    sa.Column("reference", sa.String(200), nullable=False),  # in the store
    sa.Column("media_type", sa.String(60), nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("kept_at", UtcTime, nullable=False),
    sa.Column("purge_at", UtcTime, nullable=False),
    sa.Column("purged_at", UtcTime),
    sa.UniqueConstraint("call", "kind"),
)
sa.Index("ix_recording_purge_at", recording.c.purge_at)

transcription = sa.Table(  # of a recording that waits to become text, or did; see `transcripts`
    "transcription",
    metadata,
    sa.Column("recording", sa.String(32), primary_key=True),
    sa.Column("call", sa.String(40), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),  # of the recording
    sa.Column("from_ms", sa.Integer, nullable=False),  # of the call, where the recording begins
    sa.Column("state", sa.String(10), nullable=False),  # waiting, heard, done, given_up
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("problem", sa.String(200), nullable=False, server_default=""),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("message", sa.String(32), nullable=False, server_default=""),  # of a voice note
    sa.Column("attachment", sa.Integer, nullable=False, server_default="0"),  # of that message
    sa.CheckConstraint("state IN ('waiting', 'heard', 'done', 'given_up')", name="state"),
)
sa.Index("ix_transcription_state_due_at", transcription.c.state, transcription.c.due_at)
sa.Index("ix_transcription_call", transcription.c.call)

recording_listen = sa.Table(
    "recording_listen",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("recording", sa.String(32), nullable=False),
    sa.Column("operator", sa.String(40), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
sa.Index("ix_recording_listen_recording", recording_listen.c.recording)
