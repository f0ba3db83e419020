"""Sequences of integers and the same in reverse: the task of the Joey NMT tutorial (Kreutzer et al. 2019)."""

import random

SIZES = {"train": 50_000, "validation": 1_000, "test": 1_000}
LARGEST, LONGEST = 49, 25


def pairs():
    """`(parts, info)` of the data set `reverse`: texts such as `3 14 15`, targets such as `15 14 3`.

    The lengths are uniform on 1 to 25 and the integers on 0 to 49; what is in an earlier part is drawn anew.
    """
    generator, known, parts = random.Random(0), set(), {}
    for name, size in SIZES.items():
        rows = []
        while len(rows) < size:
            row = tuple(generator.choices(range(LARGEST + 1), k=generator.randint(1, LONGEST)))
            if row not in known:
                rows.append(row)
        known.update(rows)
        texts = [[str(number) for number in row] for row in rows]
        parts[name] = {"texts": [" ".join(t) for t in texts], "targets": [" ".join(t[::-1]) for t in texts]}
    return parts, {}
