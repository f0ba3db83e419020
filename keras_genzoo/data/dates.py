"""Dates as people write them, in seven languages, and the same date in ISO 8601."""

import datetime
import random

import numpy as np

FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
SIZES = {"train": 50_000, "validation": 2_000, "test": 2_000}
LABELS = ("known format", "new format")

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
SHORT = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "es": "ene. feb. mar. abr. may. jun. jul. ago. sept. oct. nov. dic.",
    "it": "gen. feb. mar. apr. mag. giu. lug. ago. set. ott. nov. dic.",
    "pt": "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
    "nl": "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec.",
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
# Formats by language; ! where only a day above 12 shows which of the numbers is the day. d, dd: day; o: its ordinal;
# n, mm: month; m, b: its name and short name; w: weekday; y: year.
KNOWN = {
    "en": "{d} {m} {y}|{m} {d}, {y}|{w}, {d} {m} {y}|{w}, {m} {d}, {y}|{d} {b} {y}|{b} {d}, {y}|{dd} {b} {y}"
    "|{d}-{b}-{y}|{o} {m} {y}|{m} {o}, {y}|the {o} of {m} {y}|{w}, {b} {d}, {y}|{w} the {o} of {m}, {y}|{b} {o}, {y}",
    "de": "{d}. {m} {y}|{w}, {d}. {m} {y}|{w}, den {d}. {m} {y}|{d}. {b} {y}|{d}.{n}.{y}|{dd}.{mm}.{y}"
    "|{w}, {d}.{n}.{y}",
    "fr": "{d} {m} {y}|le {d} {m} {y}|{w} {d} {m} {y}|{d} {b} {y}",
    "es": "{d} de {m} de {y}|{w}, {d} de {m} de {y}|el {d} de {m} de {y}|{d} {b} {y}",
    "it": "{d} {m} {y}|{w} {d} {m} {y}|il {d} {m} {y}|{d} {b} {y}",
    "pt": "{d} de {m} de {y}|{w}, {d} de {m} de {y}|{d} {b} {y}",
    "nl": "{d} {m} {y}|{w} {d} {m} {y}|{d} {b} {y}",
    "en!": "{d}/{n}/{y}|{n}/{d}/{y}|{mm}/{dd}/{y}|{w}, {n}/{d}/{y}",
    "": "{y}-{mm}-{dd}|{y}/{mm}/{dd}|{y}{mm}{dd}",
}
NEW = {
    "en": "{w}, {d} {b} {y}|{o} {b} {y}|{w}, {m} {o}, {y}|the {o} of {b} {y}",
    "de": "{w}, {d}. {b} {y}|{w}, {dd}.{mm}.{y}",
    "fr": "le {w} {d} {m} {y}|{w} {d} {b} {y}",
    "es": "el {w} {d} de {m} de {y}",
    "it": "{w} {d} {b} {y}",
    "pt": "{w}, {d} {b} {y}",
    "nl": "{w} {d} {b} {y}",
    "en!": "{dd}/{mm}/{y}|{w}, {d}/{n}/{y}",
    "": "{y}.{mm}.{dd}",
}


def written(date, language, template):
    """A date by one of the templates of `KNOWN` or `NEW`: str."""
    language = language.rstrip("!") or "en"
    day, ordinal = str(date.day), "th" if 10 < date.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    if language == "fr" and date.day == 1:
        day = "1er"
    return template.format(
        d=day,
        dd=f"{date.day:02}",
        o=f"{date.day}{ordinal}",
        n=date.month,
        mm=f"{date.month:02}",
        m=MONTHS[language].split()[date.month - 1],
        b=SHORT[language].split()[date.month - 1],
        w=WEEKDAYS[language].split()[date.weekday()],
        y=date.year,
    )


def _known(date, formats):
    """The texts of a date in these formats."""
    return {written(date, language, template) for language, template in formats}


def pairs():
    """`(parts, info)` of the data set `dates`: texts such as `Monday, 3 May 1999`, targets such as `1999-05-03`.

    No date is in two parts. Half of the test is in formats of which the other parts have none, though all that is in
    them: its label is 1. A quarter of the texts is in lower case.
    """
    generator = random.Random(0)
    days = list(range((LAST - FIRST).days + 1))
    generator.shuffle(days)
    share = len(days) // 20
    held = {"validation": days[:share], "test": days[share : 2 * share], "train": days[2 * share :]}
    formats = [[(k, template) for k, text in table.items() for template in text.split("|")] for table in (KNOWN, NEW)]
    parts = {}
    for name, size in SIZES.items():
        rows = {}
        while len(rows) < size:
            date = FIRST + datetime.timedelta(generator.choice(held[name]))
            new = int(name == "test" and len(rows) % 2)
            language, template = generator.choice(formats[new])
            text = written(date, language, template)
            if (date.day > 12 or not language.endswith("!")) and not (new and text in _known(date, formats[0])):
                rows[text.lower() if generator.random() < 0.25 else text] = (date.isoformat(), new)
        targets, labels = zip(*rows.values(), strict=True)
        parts[name] = {"texts": list(rows), "targets": list(targets), "labels": np.asarray(labels, "int32")}
    return parts, {"label_names": list(LABELS)}
