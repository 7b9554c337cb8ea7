"""The decoding graph of a county: its words, how they sound, and which follow which, as HCLG.fst.

Needs kaldifst, nothing else of the `speech` extra. The acoustic model stays as it is.
"""

import csv
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from config.county import County
from nlp.segment import Segmenter
from nlp.speech.training import extra, language, sayings, units
from nlp.speech.training.language import Grammar

OWN_SENTENCES = Path(__file__).parents[2] / "sentences" / "own.csv"
LIBRARY, PURPOSE = "kaldifst", "生成解码图"
FILLED_EACH = 12  # times a saying with open slots is filled
SEED = 4569899
BLANK_LEAVES = 2  # transition of the blank; see export.py
_BREAKS = str.maketrans("，。？！、；", "      ")

Pronunciations = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What the graph holds."""

    words: int
    names: int
    states: int


def build(county: County, folder: Path, cache: Path, tell: Callable[[str], None]) -> Built:
    """Write graph/ of a model's folder for this county; `cache` is a private folder of ours.

    Raises ExtraMissing.
    """
    native = extra.need(LIBRARY, PURPOSE, alone=True)
    names = sayings.names_of(county)
    known = sayings.words_of(county)
    tell("读取例句和地名")
    segmenter = segmenter_for(cache, (*names.towns, *names.all_places, *known))
    sentences = list(_sentences(segmenter, known))
    words = dict.fromkeys(
        word for sentence in sentences for word in sentence if word not in language.CLASSES
    )
    for word in (
        *segmented(segmenter, known),
        *names.towns,
        *names.all_places,
        *language.SPOKEN_DIGITS,
    ):
        words.setdefault(word)
    for word in list(words):
        words.update(dict.fromkeys(word))
    lexicon = pronounced(words, sentences)
    tell(f"词表 {len(lexicon)} 个词")
    kept = [s for s in sentences if all(w in lexicon or w in language.CLASSES for w in s)]
    grammar = language.build(kept, lexicon, names)
    tell("合成解码图")
    table = {word: at for at, word in enumerate(lexicon, 1)}
    automaton = _composed(native, grammar, lexicon, table)
    states = _written(native, automaton, folder / "graph", table)
    return Built(words=len(lexicon), names=len(names.towns) + len(names.all_places), states=states)


def build_aside(county: County, folder: Path, cache: Path) -> Built:
    """As `build`, in a process of its own. Vosk and kaldifst both hold OpenFst: one process that
    loads the two stands still for ever, or dies.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        return aside.submit(build, county, folder, cache, _untold).result()


def pronounced(words: Iterable[str], sentences: Iterable[Sequence[str]]) -> Pronunciations:
    """Each word's pronunciations: by itself, and as it sounds within the sentences."""
    found: dict[str, dict[tuple[str, ...], None]] = {}
    for word in words:
        sound = tuple(units.of_text(word))
        if units.spelled(sound):
            found[word] = {sound: None}
    for sentence in sentences:
        text = "".join(w for w in sentence if w not in language.CLASSES)
        spelled = units.of_characters(text)
        at = 0
        for word in sentence:
            if word in language.CLASSES:
                continue
            sound = tuple(unit for each in spelled[at : at + len(word)] for unit in each)
            at += len(word)
            if word in found and units.spelled(sound):
                found[word].setdefault(sound)
    return {word: tuple(sounds) for word, sounds in found.items()}


def segmenter_for(cache: Path, names: Sequence[str]) -> Segmenter:
    """Leaves names whole, and answers that it would cut: 不 alone leads to 给, not to 对."""
    plain = Segmenter(cache, names)
    cut = [answer for answer in sayings.answers(sayings.read()) if len(plain.cut(answer)) > 1]
    return Segmenter(cache, (*names, *cut))


def segmented(segmenter: Segmenter, texts: Iterable[str]) -> list[str]:
    """The words of some texts."""
    return [word for text in texts for word in segmenter.cut(text)]


def _sentences(segmenter: Segmenter, words: Sequence[str]) -> Iterable[list[str]]:
    chance = random.Random(SEED)
    for text in sayings.with_open_names(sayings.read(), words, chance, FILLED_EACH):
        yield tokens(segmenter, text)
    with OWN_SENTENCES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield tokens(segmenter, row["text"].translate(_BREAKS))


def tokens(segmenter: Segmenter, text: str) -> list[str]:
    """A saying as words and classes; a township before a place is one class of its own."""
    text = text.replace("{town}的{place}", language.TOWN_PLACE)
    found: list[str] = []
    for part in text.replace("{", " {").replace("}", "} ").split():
        if part == language.PLACE and found and found[-1] == language.TOWN:
            found[-1] = language.TOWN_PLACE
        elif part in language.CLASSES:
            found.append(part)
        else:
            found.extend(segmenter.cut(part))
    return found


def _composed(
    native: Any, grammar: Grammar, lexicon: Pronunciations, table: Mapping[str, int]
) -> Any:
    """Units -> words, deterministic and minimal. Labels above the units' are `#` symbols."""
    symbols = [language.BACK_OFF, *(language.symbol(each) for each in language.CLASSES)]
    words = {**table, **{each: len(table) + 1 + at for at, each in enumerate(symbols)}, "": 0}
    rows = [
        f"{a.source} {a.target} {words[a.read]} {words[a.said]} {a.cost:.5f}"
        for a in sorted(grammar.arcs, key=lambda a: a.source)
        if a.read in words
    ]
    rows += [f"{state} {cost:.5f}" for state, cost in sorted(grammar.final.items())]
    said = native.compile("\n".join(rows) + "\n", acceptor=False)
    native.arcsort(said, "ilabel")
    sounds = native.compile(_lexicon_rows(lexicon, words, symbols), acceptor=False)
    native.arcsort(sounds, "olabel")
    both = native.compose(sounds, said)
    native.determinize_star(both)
    native.minimize_encoded(both)
    return both


def _lexicon_rows(lexicon: Pronunciations, words: Mapping[str, int], symbols: Sequence[str]) -> str:
    """A loop over all words; one that sounds like another, or begins it, ends in its own symbol."""
    ids = {unit: at for at, unit in enumerate(units.UNITS, 1)}
    first = len(ids) + 1
    times = Counter(sound for sounds in lexicon.values() for sound in sounds)
    begun = {sound[:at] for sound in times for at in range(1, len(sound))}
    alike: defaultdict[tuple[str, ...], int] = defaultdict(int)
    rows = [f"0 0 {first + at} {words[each]} 0" for at, each in enumerate(symbols)]
    state = 1
    later: list[str] = []
    for word, sounds in lexicon.items():
        for sound in sounds:
            labels = [ids[unit] for unit in sound]
            if times[sound] > 1 or sound in begun:
                labels.append(first + len(symbols) + alike[sound])
                alike[sound] += 1
            source = 0
            for at, label in enumerate(labels):
                target = 0 if at == len(labels) - 1 else state
                row = f"{source} {target} {label} {words[word] if at == 0 else 0} 0"
                (rows if source == 0 else later).append(row)
                state += target != 0
                source = target
    later.sort(key=lambda row: int(row.split(" ", 1)[0]))
    return "\n".join((*rows, *later)) + "\n0 0\n"


def _untold(progress: str) -> None:
    """Nobody listens there."""


def _written(native: Any, both: Any, folder: Path, table: Mapping[str, int]) -> int:
    """Add how units last: each is entered by one frame, held, and followed by blanks at will."""
    made = native.StdVectorFst()
    for _ in range(both.num_states):
        made.add_state()
    made.start = both.start
    held: dict[tuple[int, int], int] = {}
    for state in range(both.num_states):
        made.add_arc(state, native.StdArc(BLANK_LEAVES, 0, 0.0, state))
        final = both.final(state)
        if math.isfinite(final.value):
            made.set_final(state, final)
        for arc in native.ArcIterator(both, state):
            if not 0 < arc.ilabel <= len(units.UNITS):
                made.add_arc(state, native.StdArc(0, arc.olabel, arc.weight.value, arc.nextstate))
                continue
            key = (arc.ilabel, arc.nextstate)
            if key not in held:
                held[key] = made.add_state()
                made.add_arc(held[key], native.StdArc(2 * arc.ilabel - 1, 0, 0.0, held[key]))
                made.add_arc(held[key], native.StdArc(0, 0, 0.0, arc.nextstate))
            enter = native.StdArc(2 * arc.ilabel, arc.olabel, arc.weight.value, held[key])
            made.add_arc(state, enter)
    folder.mkdir(parents=True, exist_ok=True)
    made.write(str(folder / "HCLG.fst"))
    lines = [f"{word} {at}" for word, at in {"<eps>": 0, **table}.items()]
    _write_lines(folder / "words.txt", [*lines, f"#0 {len(table) + 1}"])
    phones = {"<eps>": 0, **{unit: at for at, unit in enumerate(units.UNITS, 1)}}
    _write_lines(folder / "phones.txt", [f"{unit} {at}" for unit, at in phones.items()])
    return int(made.num_states)


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
