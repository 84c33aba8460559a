"""Who mentions a name and who defines it, by searching and by the index that many searches are worth."""

from __future__ import annotations

from llmlint.scan.corpus import WORTH_INDEX, Corpus

TEXTS = {
    "a": b"def ask(x):\n    return other.ask_all(x)\n",
    "b": b"# def  ask: not here\nx = 'ask'\n\n    async def  late_ask(): pass\n",
    "c": "class Ask:\n    def ask\t(self): pass\nélan = 1\n".encode(),
    "d": None,
    "e": b"ask_all()\ntask = 1\n",
}
MENTIONED = {"ask": "abc", "ask_all": "ae", "late_ask": "b", "Ask": "c", "élan": "c", "lan": "", "d": "", "not here": "b"}
DEFINED = {"ask": "ac", "late_ask": "b", "Ask": "c", "ask_all": "", "task": ""}


def test_an_index_says_what_a_search_says() -> None:
    loads = []
    corpus = Corpus(lambda: loads.append(1) or TEXTS)  # type: ignore[func-returns-value]
    used = Corpus(lambda: TEXTS)
    for number in range(WORTH_INDEX):
        used.mention([f"name{number}"])
    assert not corpus.loaded
    for one in (corpus, used):
        assert {name: "".join(sorted(one.mention([name])[name])) for name in MENTIONED} == MENTIONED
        assert {name: "".join(sorted(found)) for name, found in one.mention(MENTIONED).items()} == MENTIONED
        assert {name: "".join(sorted(one.defining(name))) for name in DEFINED} == DEFINED
    assert loads == [1] and corpus.loaded
    assert "_index" in used.__dict__ and "_index" not in corpus.__dict__
