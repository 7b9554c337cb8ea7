"""Who rings: the number that the telephone network shows, as a contact."""

import re

import phonenumbers

from channels.message import Contact

SCHEME = "tel"
UNKNOWN_SCHEME = "call"  # a number withheld: the call itself is all we have
_EXTENSION = re.compile(r"\d{2,6}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")


def contact(shown: str, *, call_id: str, area_code: str) -> Contact:
    """`tel:+8613900000000`; a local number gets the area code, an extension stays as it is.

    Whatever is not a telephone number is a caller without one, never a header or a path.
    """
    digits = re.sub(r"[\s()-]", "", shown.strip())[:20]
    if _EXTENSION.fullmatch(digits):
        return Contact(scheme=SCHEME, path=digits)
    if _LOCAL.fullmatch(digits):
        digits = area_code + digits
    try:
        found = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        return Contact(scheme=UNKNOWN_SCHEME, path=call_id)
    if not phonenumbers.is_possible_number(found):
        return Contact(scheme=UNKNOWN_SCHEME, path=call_id)
    path = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return Contact(scheme=SCHEME, path=path)


def to_dial(contact: Contact) -> str:
    """Digits as a Chinese exchange dials them; empty for somebody without a number."""
    if contact.scheme != SCHEME:
        return ""
    if not contact.path.startswith("+"):
        return contact.path if contact.path.isascii() and contact.path.isdigit() else ""
    found = phonenumbers.parse(contact.path, None)
    national = str(phonenumbers.national_significant_number(found))
    if found.country_code != 86:
        return f"00{found.country_code}{national}"
    return national if national.startswith("1") and len(national) == 11 else f"0{national}"
