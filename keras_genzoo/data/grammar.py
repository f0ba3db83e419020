"""Sentences of a probabilistic context-free grammar whose entropy is known exactly, with a label: the kind of sentence.

Numbers agree over any distance (`the birds that see the tall man sing .`), so a model has something to learn.
"""

import functools
import math
import random
import zlib

import numpy as np

KINDS = ("statement", "question", "request", "wish")
RULES = {
    "SENTENCE": "4 STATEMENT | 3 QUESTION | 2 REQUEST | 1 WISH",
    "STATEMENT": "3 CLAUSE . | 2 CLAUSE PLACE . | 1 CLAUSE PLACE TIME . | 1 TIME CLAUSE . | 1 CLAUSE because CLAUSE .",
    "QUESTION": "3 does ONE ACT ? | 3 do MANY ACT ? | 2 why is ONE STATE PLACE ? | 2 why are MANY STATE PLACE ? "
    "| 1 where does ONE ACT ? | 1 who DOES PLACE ?",
    "REQUEST": "3 please ACT PLACE . | 2 please do not ACT PLACE . | 1 TIME please ACT .",
    "WISH": "1 may ONE ACT ! | 1 may MANY ACT ! | 1 i hope that CLAUSE !",
    "CLAUSE": "1 ONE DOES | 1 MANY DO",
    "ONE": "4 SOME NOUN | 3 SOME ADJECTIVE NOUN | 1 SOME NOUN that DOES | 1 SOME NOUN that MANY LIKE",
    "MANY": "4 ALL NOUNS | 3 ALL ADJECTIVE NOUNS | 1 ALL NOUNS that DO | 1 ALL NOUNS that ONE LIKES",
    "DOES": "5 LIKES OBJECT | 1 is STATE",
    "DO": "5 LIKE OBJECT | 1 are STATE",
    "ACT": "6 LIKE OBJECT | 1 be STATE",
    "OBJECT": "1 ONE | 1 MANY",
    "SOME": "4 the | 3 a | 1 this | 1 every",
    "ALL": "4 the | 2 some | 1 these | 1 many",
    "NOUN": "5 dog | 5 cat | 4 man | 4 woman | 4 child | 3 bird | 3 teacher | 2 horse | 2 sailor | 2 painter | 1 queen "
    "| 1 spider | 1 robot | 1 baker | 1 fox | 1 giant",
    "NOUNS": "5 dogs | 5 cats | 4 men | 4 women | 4 children | 3 birds | 3 teachers | 2 horses | 2 sailors "
    "| 2 painters | 1 queens | 1 spiders | 1 robots | 1 bakers | 1 foxes | 1 giants",
    "ADJECTIVE": "4 tall | 4 young | 3 small | 3 big | 2 black | 2 white | 2 kind | 1 clever | 1 lazy "
    "| 1 brave | 1 quiet",
    "LIKES": "4 sees | 4 likes | 3 follows | 3 hears | 2 finds | 2 helps | 2 knows | 1 draws | 1 greets | 1 fears",
    "LIKE": "4 see | 4 like | 3 follow | 3 hear | 2 find | 2 help | 2 know | 1 draw | 1 greet | 1 fear",
    "STATE": "3 happy | 3 tired | 2 hungry | 2 sad | 1 angry | 1 proud | 1 afraid",
    "PLACE": "3 in the SITE | 2 near the SITE | 2 behind the SITE | 1 on the way to the SITE",
    "SITE": "4 garden | 4 house | 3 river | 2 market | 2 school | 2 forest | 1 harbour | 1 castle | 1 bridge",
    "TIME": "3 today | 3 at night | 2 in winter | 2 every day | 1 after dinner | 1 on sunday",
}
NUM_DRAWS = 40_000


class Grammar:
    """A probabilistic context-free grammar.

    Args:
        rules: dict from a symbol to its alternatives, `"weight symbols | weight symbols | ..."`; a symbol without rules
            is a word. No alternative is empty, and none begins with its own symbol.
        start: str, the symbol of a whole sentence.

    Example:

    >>> from keras_genzoo.data.grammar import Grammar
    >>> grammar = Grammar({"S": "1 a | 1 b S"}, "S")
    >>> round(grammar.entropy(), 4), round(grammar.length(), 4)
    (1.3863, 2.0)
    >>> round(grammar.log_probability("b b a"), 4)
    -2.0794
    """

    def __init__(self, rules, start):
        self.start, self.rules = start, {}
        for symbol, text in rules.items():
            alternatives = [alternative.split() for alternative in text.split("|")]
            weights = np.array([float(weight) for weight, *_ in alternatives])
            parts = [tuple(symbols) for _, *symbols in alternatives]
            self.rules[symbol] = list(zip((weights / weights.sum()).tolist(), parts, strict=True))
        self._cumulative = {s: np.cumsum([p for p, _ in rules]).tolist() for s, rules in self.rules.items()}

    def sample(self, generator):
        """Draws a sentence.

        Args:
            generator: `random.Random`.

        Returns:
            `(text, alternative, log_probability)`: str; int, the alternative of the start symbol that was taken; float,
            nats, of the derivation.
        """
        words, stack, log_probability, first = [], [self.start], 0.0, None
        while stack:
            symbol = stack.pop()
            if symbol not in self.rules:
                words.append(symbol)
                continue
            drawn, bounds = generator.random(), self._cumulative[symbol]
            chosen = next((i for i, bound in enumerate(bounds) if drawn < bound), len(bounds) - 1)
            first = chosen if first is None else first
            probability, parts = self.rules[symbol][chosen]
            log_probability += math.log(probability)
            stack.extend(reversed(parts))
        return " ".join(words), first, log_probability

    def entropy(self):
        """The entropy of a derivation, nats; that of a sentence where each has one derivation, as it has in `RULES`.

        H(A) = sum over the alternatives of p (-log p + the H of their symbols): one linear equation a symbol.
        """
        return self._expected(lambda probability, parts: -math.log(probability))

    def length(self):
        """The expected number of words of a sentence."""
        return self._expected(lambda probability, parts: sum(part not in self.rules for part in parts))

    def log_probability(self, text):
        """The log probability of a sentence, nats, summed over all its derivations; -inf if it has none."""
        words = tuple(text.split())

        @functools.cache
        def inside(symbols, begin, end):
            """The probability that these symbols make the words from begin to end."""
            if not symbols or end - begin < len(symbols):
                return float(not symbols and begin == end)
            head, rest = symbols[0], symbols[1:]
            if head not in self.rules:
                return inside(rest, begin + 1, end) if words[begin] == head else 0.0
            if not rest:
                return sum(p * inside(parts, begin, end) for p, parts in self.rules[head])
            splits = range(begin + 1, end - len(rest) + 1)
            return sum(left * inside(rest, at, end) for at in splits if (left := inside((head,), begin, at)))

        probability = inside((self.start,), 0, len(words))
        return math.log(probability) if probability else -math.inf

    def _expected(self, cost):
        """The expected sum of the costs of the alternatives taken, from (I - M) h = b."""
        symbols = {symbol: i for i, symbol in enumerate(self.rules)}
        matrix, costs = np.eye(len(symbols)), np.zeros(len(symbols))
        for symbol, i in symbols.items():
            for probability, parts in self.rules[symbol]:
                costs[i] += probability * cost(probability, parts)
                for part in parts:
                    if part in symbols:
                        matrix[i, symbols[part]] -= probability
        return float(np.linalg.solve(matrix, costs)[symbols[self.start]])


def sentences():
    """`(parts, info)` of the data set `grammar`.

    Sentences are drawn independently. Which part a sentence is in follows from its checksum: no sentence is in two
    parts, and frequent ones are in the test part as rare ones are, so that the mean of -log p there is that of the
    grammar. `info` has `entropy_per_sentence`, `entropy_per_token` (the end token counts) and `nats`, the mean of
    -log p over each part; all exact, in nats.
    """
    grammar, generator = Grammar(RULES, "SENTENCE"), random.Random(2)
    parts = {name: {"texts": [], "labels": []} for name in ("train", "validation", "test")}
    nats = {name: [] for name in parts}
    for _ in range(NUM_DRAWS):
        text, kind, log_probability = grammar.sample(generator)
        name = {0: "validation", 1: "test"}.get(zlib.crc32(text.encode()) % 10, "train")
        parts[name]["texts"].append(text)
        parts[name]["labels"].append(kind)
        nats[name].append(-log_probability)
    for part in parts.values():
        part["labels"] = np.asarray(part["labels"], "int32")
    entropy = grammar.entropy()
    return parts, {
        "label_names": list(KINDS),
        "entropy_per_sentence": entropy,
        "entropy_per_token": entropy / (grammar.length() + 1),
        "nats": {name: float(np.mean(values)) for name, values in nats.items()},
    }
