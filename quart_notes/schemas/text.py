"""Unicode properties of texts: visibility, line breaks, and keys for comparison."""

import re
import unicodedata
from hashlib import sha256

# Characters that are invisible although their category says otherwise: fillers of Hangul, the empty Braille pattern,
# variation selectors and further marks without a shape; then code points that Unicode reserves for more of them.
# source   DerivedCoreProperties.txt, Default_Ignorable_Code_Point; U+2800 and U+1D159 are blank by their names
SHAPELESS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U00016fe4\U0001d159"
    "\u2065\ufff0-\ufff8\U000e0000-\U000e0fff"
)
IGNORABLE = re.compile(f"[{SHAPELESS}]")
UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})  # categories; a code point unknown to Python may be an emoji
LINE_BREAK = re.compile(r"\s*[\x01-\x1f\x7f-\x9f\u2028\u2029][\x01-\x1f\x7f-\x9f\s]*")  # and other control characters
MARK_OF_LETTER = frozenset({"L", "N", "M"})  # first letters of categories that a combining mark may follow
JOINERS = "\u200c\u200d"  # with which some scripts control how letters are joined


def is_blank(text: str) -> bool:
    """Whether a text is invisible."""
    if text[:1].isascii() and text[:1].isalnum():
        return False  # as nearly always; the rest is slower
    return all(unicodedata.category(one) in UNSEEN or IGNORABLE.match(one) for one in text)


def one_line(text: str) -> str:
    """A text without line breaks and control characters: each becomes a space, with the blanks around it."""
    return text if text.isprintable() or not LINE_BREAK.search(text) else LINE_BREAK.sub(" ", text).strip()


def without_marks(text: str) -> str:
    """A text without the combining marks and joiners after a letter or a digit, as in many scripts."""
    remaining = []
    behind_letter = False
    for one in text:
        kind = unicodedata.category(one)[0]
        belongs = behind_letter and (kind == "M" or one in JOINERS) and not IGNORABLE.match(one)
        if not belongs:
            behind_letter = kind in MARK_OF_LETTER
            remaining.append(one)
    return "".join(remaining)


def name_key(name: str, most: int) -> str:
    """The key for comparing names, `most` characters at most: compatible forms and upper and lower case are equal.

    source   Unicode, 3.13, toNFKC_Casefold
    """
    shown = "".join(one for one in name if unicodedata.category(one) != "Cf" and not IGNORABLE.match(one))
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", shown).casefold())
    key = unicodedata.normalize("NFKC", key.casefold())
    # Some single characters expand to whole words.
    return key if len(key) <= most else sha256(key.encode()).hexdigest()
