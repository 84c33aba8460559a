"""Prompt text → the features a reviewer would see in it: what is asked, how the answer looks, which values go in."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from llmlint.light import dataclass

HEAD, TAIL = 12_000, 6_000  # characters that are read of a longer prompt: its opening and its end
OPENING, CLOSING = 45, 30  # words
GRAM = 5  # letters of a piece of a word
GRAM_HEAD, GRAM_TAIL = 2_500, 800  # characters whose words are cut into pieces
# kinds of features that a long text has many of
_MANY = frozenset({"w", "w2", "g", "out", "role", "task", "first", "lead"})

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HOLE = re.compile(r"\$?\{{1,2}\s*([A-Za-z_][\w.]{0,40})[^{}\n]{0,60}\}{1,2}|\$([a-z_]{3,30})\b|<([a-z_]{3,30})>")
_KEY = re.compile(r"[\"'“]([A-Za-z_][\w ]{0,30})[\"'”]\s*:")
_ROLE = re.compile(
    r"\b(?:you are|you're|you will be|act as|your role is|role:|tu es|vous êtes|eres|du bist|sie sind)\s+"
    r"([^.\n,;:!?。]{2,110})",
    re.I,
)
_CJK_ROLE = re.compile(r"(?:你是|您是|作为|あなたは)([^。\n，,、]{2,40})")
_TASK = re.compile(
    r"\b(?:your (?:task|job|goal|role|purpose|responsibility|objective|mission) (?:is|will be) to"
    r"|you (?:will|must|should|need to|have to)|tasked with"
    r"|i want you to|i need you to|please|responsible for|specializ\w+ in"
    r"|expert (?:in|at)|ta tâche est de|tu tarea es|deine aufgabe ist es)\s+"
    r"((?:[^\W_]+ ?){1,3})",
    re.I,
)
_SENTENCE = re.compile(r"[^.!?\n。！？]{3,400}")
_ANSWERING = re.compile(
    r"\b(?:return|output|respond|reply|answer|format|print|outputs?|response"
    r"|réponds|répondez|réponse|responde|respuesta|antworte|antwort|gib)\b"
    r"|输出|返回|回答|回复|出力|返して|答え",
    re.I,
)
_FIRST = re.compile(r"^[\s\-*#>•\d.)(\[\]\"'`]*([^\W\d_]+)")
_SHAPES = {
    "fence": re.compile(r"```"),
    "fence:code": re.compile(r"```(?:python|py|js|javascript|ts|typescript|html|bash|sh|sql|java|cpp|c)\b", re.I),
    "fence:json": re.compile(r"```json", re.I),
    "braces": re.compile(r"\{\{?\s*[\"'“]"),
    "xml": re.compile(r"</[A-Za-z_]+>"),
    "bullets": re.compile(r"\n\s*[-*•] "),
    "numbered": re.compile(r"\n\s*\d{1,2}[.)] "),
    "headings": re.compile(r"\n#{1,4} |\*\*[^*\n]{2,40}:?\*\*"),
    "react": re.compile(r"\b(?:Thought|Action|Observation|Action Input)\s*:"),
    "example:": re.compile(r"\b(?:examples?|input|output|q|a)\s*\d*\s*:", re.I),
    "either": re.compile(
        r"[\"'“「`]\w[\w ]{0,24}[\"'”」`]\s*(?:\||,|or|/|ou|oder|o|或)\s*[\"'“「`]\w[\w ]{0,24}[\"'”」`]"
    ),
    "pipe": re.compile(r"\b\w{2,20}\s?\|\s?\w{2,20}\b"),
    "ends:answer": re.compile(
        r"\b(?:answer|output|response|result|summary|label|category|translation|query|code|sql|json)[^\n]{0,20}:\s*$",
        re.I,
    ),
    "ends:hole": re.compile(r"\}\s*[`\"'>*]*\s*$"),
    "question?": re.compile(r"\?\s*$"),
    "scale": re.compile(r"\b\d{1,2}\s?(?:-|–|to|à|bis|a|~|/|〜|到)\s?(?:5|7|10|100)\b"),
    "function()": re.compile(r"\b[a-z_]{3,30}\([a-z_, =:\"']{0,60}\)"),
    "[TAG]": re.compile(r"\[[A-Z_]{3,20}\]|<\|[a-z_]+\|>"),
}


# what may stand before the verb of an order
_BEFORE_VERB = frozenset({
    "to", "please", "must", "should", "will", "then", "only", "always", "carefully", "first", "next", "finally",
    "now", "and", "or", "also", "just", "simply", "let's", "briefly", "accurately", "you", "i", "can",
})  # fmt: skip
_NEGATIONS = frozenset({"not", "never", "don't", "don’t", "without", "avoid", "cannot", "can't", "won't", "no"})
_OBJECT_ENDS = frozenset({
    "for", "based", "using", "with", "according", "from", "that", "which", "who", "if", "in", "by", "as", "when",
    "to", "so", "while", "where", "because", "into", "on", "at", "and", "or", "about", "whether", "how", "what",
    "then",
})  # fmt: skip
_SKIPPED = frozenset({
    "the", "a", "an", "this", "that", "these", "those", "given", "following", "provided", "your", "their", "its",
    "his", "her", "all", "any", "each", "every", "one", "of", "more", "most", "above", "below", "user", "user's",
    "users", "some", "our", "my", "new", "only", "best", "single",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases by their words, and what each group is called. `phrases`: "yes or no" → ("yes_no",).

    verbs: each form of a verb → its plain form and its groups.
    longest: a word → how many words the longest phrase has that begins with it.
    """

    phrases: Mapping[str, tuple[str, ...]]
    cjk: Mapping[str, tuple[str, ...]]
    holes: Mapping[str, tuple[str, ...]]
    keys: Mapping[str, tuple[str, ...]]
    says: Mapping[str, str]
    verbs: Mapping[str, tuple[str, ...]]
    longest: Mapping[str, int]


def compile_lexicon(data: Mapping[str, Mapping[str, object]]) -> Lexicon:
    """The groups of lexicon.yaml turned around: from phrase to groups."""
    phrases: dict[str, tuple[str, ...]] = {}
    cjk: dict[str, tuple[str, ...]] = {}
    says: dict[str, str] = {}
    for group, entry in data["asks"].items():
        assert isinstance(entry, Mapping)
        says[group] = entry["says"]
        for language, text in entry.items():
            if language == "says":
                continue
            for phrase in dict.fromkeys(text.split("|")):
                if _CJK.search(phrase):
                    _add(cjk, phrase.strip(), group)
                else:
                    _add(phrases, " ".join(_WORD.findall(phrase)), group)
    return Lexicon(
        phrases, cjk, _turned(data["holes"]), _turned(data["keys"]), says, _verbs(data["verbs"]),
        _longest(phrases),
    )  # fmt: skip


def lexicon_to_json(lexicon: Lexicon) -> dict[str, dict[str, Any]]:
    return {name: dict(getattr(lexicon, name)) for name in Lexicon.__slots__ if name != "longest"}


def lexicon_from_json(data: Mapping[str, dict[str, Any]]) -> Lexicon:
    return Lexicon(**data, longest=_longest(data["phrases"]))


def _longest(phrases: Iterable[str]) -> dict[str, int]:
    out: dict[str, int] = {}
    for phrase in phrases:
        first, *rest = phrase.split(" ")
        out[first] = max(out.get(first, 1), 1 + len(rest))
    return out


def _turned(groups: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for group, names in groups.items():
        for name in str(names).split("|"):
            _add(out, name.strip(), group)
    return out


def _verbs(groups: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Verb → (its plain form, its groups …), also from its other English forms: "rating" → ("rate", "judge")."""
    out: dict[str, tuple[str, ...]] = {}
    for group, names in groups.items():
        for verb in str(names).split():
            out[verb] = (*out.get(verb, (verb,)), group)
    for verb, entry in list(out.items()):
        stem = verb[:-1] if verb.endswith("e") else verb
        for form in (stem + "ing", verb + verb[-1] + "ing", verb + "s", stem + "es"):
            out.setdefault(form, entry)
    return out


def _add(table: dict[str, tuple[str, ...]], key: str, group: str) -> None:
    if group not in table.get(key, ()):
        table[key] = (*table.get(key, ()), group)


def by_kind(features: Iterable[str], known: Container[str]) -> dict[str, list[str]]:
    """The known features by kind: those that a long text has many of apart, the rest under ""."""
    out: dict[str, list[str]] = {}
    for f in features:
        if f in known:
            kind = _kind(f)
            out.setdefault(kind if kind in _MANY else "", []).append(f)
    return out


def weight_of(kind: str, count: int) -> float:
    """What one of `count` features of a kind weighs: words share the weight of 1/√(how many of their kind)."""
    return 1.0 / sqrt(count) if kind else 1.0


def weighed(features: Iterable[str], known: Container[str]) -> dict[str, float]:
    """The known features with their weights."""
    kinds = by_kind(features, known)
    return {f: weight_of(kind, len(part)) for kind, part in kinds.items() for f in part}


def _kind(feature: str) -> str:
    if feature.startswith("g "):
        return "g"
    kind, _, rest = feature.partition(" ")
    if kind == "w":
        return "w2" if " " in rest else "w"
    return "" if rest.startswith("asks ") else kind


def read_part(text: str) -> str:
    """The opening and the end of a long text: enough to see what is asked, whatever its size."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def words_of(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def features_of(text: str, lexicon: Lexicon) -> dict[str, str]:
    """Feature → the words of the prompt that gave it (empty where it is a shape, a size or a single word)."""
    text = read_part(text)
    found: dict[str, str] = {}
    words = words_of(text)
    cjk = len(_CJK.findall(text))
    for name, token in _words(words):
        found.setdefault(name, token)
    found.update(dict.fromkeys(_grams(text), ""))
    zones = {"": words, "head ": words[:OPENING], "tail ": words[-CLOSING:]}
    answering = [s for s in _SENTENCE.findall(text) if _ANSWERING.search(s)]
    zones["out "] = words_of("\n".join(answering))
    for zone, part in zones.items():
        for group, phrase in _asks(part, lexicon):
            found.setdefault(f"{zone}asks {group}", phrase)
    if cjk:
        for zone, part_text in (
            ("", text),
            ("head ", text[:120]),
            ("tail ", text[-80:]),
            ("out ", "\n".join(answering)),
        ):
            for phrase, groups in lexicon.cjk.items():
                if phrase in part_text:
                    for group in groups:
                        found.setdefault(f"{zone}asks {group}", phrase)
    for name, token in (*_structure(text, words, cjk), *_slots(text, answering, lexicon), *_orders(text, lexicon)):
        found.setdefault(name, token)
    return found


def hint_features(function: str, variables: Sequence[str], lexicon: Lexicon) -> dict[str, str]:
    """What the names in the code say, in the same features: `classify_ticket` asks to classify, `docs` is a context."""
    found: dict[str, str] = {}
    words = words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", function.rsplit(".", 1)[-1]).replace("_", " "))
    for group, phrase in _asks(words, lexicon):
        for zone in ("", "head ", "task ", "first "):
            found.setdefault(f"{zone}asks {group}", phrase)
    found.update(dict.fromkeys(_grams(" ".join(words)), ""))
    for name in variables:
        for part in dict.fromkeys((name.lower(), *name.lower().split("_"))):
            for group in lexicon.holes.get(part, ()):
                found.setdefault(f"hole {group}", name)
    return found


def _words(words: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((f"w {w}", w) for w in words if len(w) > 1)
    yield from ((f"w {a} {b}", f"{a} {b}") for a, b in pairwise(words))


def _grams(text: str) -> Iterator[str]:
    """Pieces of words with their edges: what `summarize`, `summarizing` and `summary` share, in any language."""
    if len(text) > GRAM_HEAD + GRAM_TAIL:
        text = f"{text[:GRAM_HEAD]}\n{text[-GRAM_TAIL:]}"
    for word in dict.fromkeys(text.lower().split()):
        edged = f" {word} "
        yield from (f"g {edged[i : i + GRAM]}" for i in range(max(1, len(edged) - GRAM + 1)))


def _asks(words: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    phrases, longest = lexicon.phrases, lexicon.longest
    for i, word in enumerate(words):
        size = longest.get(word, 0)
        for end in range(i + 1, min(i + size, len(words)) + 1):
            phrase = " ".join(words[i:end])
            for group in phrases.get(phrase, ()):
                yield group, phrase


def _slots(text: str, answering: list[str], lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    for match in _HOLE.finditer(text):
        name = next(g for g in match.groups() if g).lower().rsplit(".", 1)[-1]
        for part in dict.fromkeys((name, *name.split("_"))):
            for group in lexicon.holes.get(part, ()):
                yield f"hole {group}", name
    for match in _KEY.finditer(text):
        key = match[1].strip().lower().replace(" ", "_")
        for group in lexicon.keys.get(key, ()):
            yield f"key {group}", key
    for match in _ROLE.finditer(text[:4000]):
        role = words_of(match[1])
        yield from ((f"role {w}", w) for w in role if len(w) > 2)
        yield from ((f"role asks {group}", phrase) for group, phrase in _asks(role, lexicon))
    for match in _CJK_ROLE.finditer(text[:2000]):
        for phrase, groups in lexicon.cjk.items():
            if phrase in match[1]:
                yield from ((f"role asks {group}", phrase) for group in groups)
    for match in _TASK.finditer(text):
        task = words_of(match[1])
        yield from ((f"task {w}", w) for w in task if len(w) > 2)
        yield from ((f"task asks {group}", phrase) for group, phrase in _asks(task, lexicon))
    for line in _SENTENCE.findall(text):
        if first := _FIRST.match(line):
            word = first[1].lower()
            yield f"first {word}", word
            for group in lexicon.phrases.get(word, ()):
                yield f"first asks {group}", word
    for sentence in answering[:40]:
        yield from ((f"out {w}", w) for w in words_of(sentence) if len(w) > 2)


def _orders(text: str, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """The sentences of the first two orders, and what the first one asks to do to what."""
    lead: list[str] = []
    for sentence in _SENTENCE.findall(text):
        words = words_of(sentence)[:60]
        at = next((i for i, w in enumerate(words) if w in lexicon.verbs and _is_order(words, i)), None)
        if at is None:
            continue
        if not lead:
            yield from _first_order(words[at], _object_of(words[at + 1 : at + 9]), lexicon)
            lead = words
        else:
            lead = lead + words
            break
    yield from ((f"lead {w}", w) for w in lead if len(w) > 2)


def _is_order(words: Sequence[str], at: int) -> bool:
    told = at == 0 or words[at - 1] in _BEFORE_VERB or words[at].endswith("ing")
    return told and _NEGATIONS.isdisjoint(words[max(0, at - 4) : at])


def _first_order(word: str, target: Sequence[str], lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    verb, *groups = lexicon.verbs[word]
    yield f"op1 {verb}", word
    yield from ((f"op1 asks {group}", word) for group in groups)
    for noun in target[:3]:
        yield f"op1 obj {noun}", noun
        for hole in lexicon.holes.get(noun, ()):
            yield f"op1 obj:{hole}", noun
            yield from ((f"op1 {group}>{hole}", noun) for group in groups)


def _object_of(words: Sequence[str]) -> list[str]:
    out: list[str] = []
    for word in words:
        if word in _OBJECT_ENDS and out:
            break
        if word not in _SKIPPED and word not in _OBJECT_ENDS:
            out.append(word)
    return out


def _structure(text: str, words: list[str], cjk: int) -> Iterator[tuple[str, str]]:
    size = len(words) + cjk // 2
    for limit in (15, 40, 80, 160, 320, 640, 1280):
        yield (f"size <{limit}" if size < limit else f"size >={limit}"), ""
    holes = len({m[0] for m in _HOLE.finditer(text)})
    for count in (1, 2, 3, 5):
        yield (f"holes >={count}" if holes >= count else f"holes <{count}"), ""
    if cjk > 0.1 * len(text):
        yield "language cjk", ""
    for name, pattern in _SHAPES.items():
        if pattern.search(text):
            yield f"shape {name}", ""
    if text.count("```") >= 4 or text.lower().count("example") >= 3:
        yield "shape many-examples", ""
