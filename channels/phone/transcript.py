"""What the caller said, as a line of the transcript."""

from channels.phone import book, ear


def line_of(said: ear.Utterance) -> book.SpokenLine:
    """Words with their times in the call, for who reads and listens later."""
    return book.SpokenLine(
        voice=book.Voice.CALLER,
        text=said.text,
        start_ms=said.start_ms,
        end_ms=said.end_ms,
        confidence=said.confidence,
        words=tuple(
            book.SpokenWord(
                text=word.text,
                start_ms=said.start_ms + word.start_ms,
                confidence=word.confidence,
            )
            for word in said.words
        ),
    )
