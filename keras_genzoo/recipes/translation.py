"""Recipes for sequence to sequence with attention."""

from keras_genzoo import networks
from keras_genzoo.models import Seq2Seq
from keras_genzoo.preprocessing import TranslationPreprocessor
from keras_genzoo.recipes.recipe import Recipe
from keras_genzoo.recipes.text import compile_text

BAHDANAU = "Bahdanau, Cho & Bengio 2015, Neural Machine Translation by Jointly Learning to Align and Translate"
LUONG = "Luong, Pham & Manning 2015, Effective Approaches to Attention-based Neural Machine Translation"
SENNRICH = "Sennrich, Haddow & Birch 2016, Neural Machine Translation of Rare Words with Subword Units"
NEMATUS = "Sennrich et al. 2017, Nematus: a Toolkit for Neural Machine Translation"
CAGLAYAN = "Caglayan et al. 2017, LIUM-CVC Submissions for WMT17 Multimodal Translation Task"
KREUTZER = "Kreutzer, Bastings & Riezler 2019, Joey NMT: A Minimalist NMT Toolkit for Novices"
DONG = "Dong & Lapata 2016, Language to Logical Form with Neural Attention"
GOO = "Goo et al. 2018, Slot-Gated Modeling for Joint Slot Filling and Intent Prediction"

SEQ2SEQ = {
    "source": None,
    "target": None,
    "level": "words",
    "lowercase": False,
    "source_split": "whitespace",
    "target_split": "whitespace",
    "shared": False,  # whether both sides have one vocabulary
    "vocabulary_size": None,
    "min_count": 1,
    "max_length": None,  # tokens; longer pairs are left out of training
    "subword_dropout": 0.0,  # the chance of a merge to be passed over when a training pair is cut into subwords
    "cell": "gru",
    "embedding_dim": 64,
    "units": 128,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "summary": "mean",
    "structure": "conditional",
    "attention": "additive",
    "tied": "target",  # with the output layer: "none", the embeddings of the "target", or "all" embeddings
    "embedding_dropout": 0.0,
    "dropout": 0.0,  # of the encoder's outputs, the memory included
    "decoder_dropout": 0.0,  # of the outputs of the decoder's layers
    "output_dropout": 0.0,  # of what the output layer sees
    "layer_normalization": False,
    "residual": False,
    "label_smoothing": 0.0,
    "scheduled_sampling": 0.0,
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "clip_norm": 1.0,
    "ema_momentum": 0.0,  # of the weights that are evaluated and exported; 0 takes the last ones
    "jit_compile": False,
    "steps_per_execution": 1,
}
TIED = ("none", "target", "all")

LANGUAGES = {"en": "english", "de": "german", "fr": "french"}


def learn_both_vocabularies(settings, splits):
    """The splits with a preprocessor of the training pairs' vocabulary, as batches for a `Seq2Seq`."""
    names = ("level", "vocabulary_size", "min_count", "lowercase", "shared", "source_split", "target_split")
    preprocessor = TranslationPreprocessor.learn(
        splits.train.texts, splits.train.targets, **{name: settings[name] for name in names}
    )
    how = {name: settings[name] for name in ("max_length", "subword_dropout")}
    return splits.with_preprocessor(preprocessor, view="seq2seq", static=settings["jit_compile"], **how)


def build_seq2seq(settings, splits):
    """A compiled `Seq2Seq`, from the settings of a recipe."""
    if settings["tied"] not in TIED:
        raise ValueError(f"Expected tied to be one of {', '.join(TIED)}. Received: tied={settings['tied']!r}")
    preprocessor = splits.train.encoding.preprocessor
    names = ("embedding_dim", "units", "cell", "embedding_dropout", "layer_normalization", "residual", "seed")
    common = {name: settings[name] for name in names}
    encoder = networks.RecurrentEncoder(
        None if settings["tied"] == "all" else preprocessor.source.vocabulary_size,
        num_layers=settings["encoder_layers"],
        summary=settings["summary"],
        dropout=settings["dropout"],
        **common,
    )
    decoder = networks.AttentionDecoder(
        preprocessor.target.vocabulary_size,
        memory_dim=encoder.output_dim,
        num_layers=settings["decoder_layers"],
        dropout=settings["decoder_dropout"],
        tied=settings["tied"] != "none",
        **{name: settings[name] for name in ("structure", "attention", "output_dropout")},
        **common,
    )
    training = {name: settings[name] for name in ("label_smoothing", "scheduled_sampling", "seed")}
    model = Seq2Seq(encoder, decoder, preprocessor, **training)
    return compile_text(model, settings, len(splits.train.batches(settings["batch_size"])))


def seq2seq_search_space(hp):
    """What the tuner may change of a `Seq2Seq`."""
    return {
        "units": hp.Int("units", 64, 512, step=64),
        "structure": hp.Choice("structure", ["conditional", "input_feeding", "output"]),
        "attention": hp.Choice("attention", ["additive", "general"]),
        "dropout": hp.Float("dropout", 0.0, 0.6),
        "output_dropout": hp.Float("output_dropout", 0.0, 0.6),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


def _seq2seq(
    name, description, dataset, epochs, minutes, headline, references=(BAHDANAU,), half_precision=False,
    evaluation=None, **changes,
):  # fmt: skip
    """A recipe for a `Seq2Seq`; `changes` are those of `SEQ2SEQ`."""
    return Recipe(
        name=name,
        description=description,
        dataset=dataset,
        build=build_seq2seq,
        prepare=learn_both_vocabularies,
        hyperparameters={**SEQ2SEQ, **changes},
        objective=("val_nll", "min"),
        headline=headline,
        batch_size=64,
        epochs=epochs,
        search_space=seq2seq_search_space,
        smoke={"epochs": 1, "units": 16, "embedding_dim": 16, "encoder_layers": 1, "decoder_layers": 1},
        half_precision=half_precision,
        evaluation=evaluation or {},
        minutes=minutes,
        references=references,
    )


def _multi30k(source, target, description, epochs=16, minutes=60, **changes):
    """A recipe for captions; `changes` are those of what such recipes share."""
    shared = {
        "level": "subwords",
        "lowercase": True,
        "shared": True,
        "vocabulary_size": 8000,
        "embedding_dim": 256,
        "units": 256,
        "summary": "last",
        "tied": "all",
        "embedding_dropout": 0.2,
        "dropout": 0.4,
        "output_dropout": 0.4,
        "label_smoothing": 0.1,
        "learning_rate": 3e-3,
        "ema_momentum": 0.998,
    }
    return _seq2seq(
        f"seq2seq-multi30k-{source}-{target}",
        description,
        "multi30k",
        epochs=epochs,
        minutes=minutes,
        headline="bleu_tokenized",
        references=(BAHDANAU, SENNRICH, NEMATUS, CAGLAYAN),
        half_precision=True,
        source=source,
        target=target,
        source_split=LANGUAGES[source],
        target_split=LANGUAGES[target],
        **{**shared, **changes},
    )


RECIPES = (
    _seq2seq(
        "seq2seq-dates",
        "reads dates in seven languages and many formats, character by character, and writes them as ISO 8601",
        "dates",
        epochs=1,
        minutes=2,
        headline="exact_match",
        half_precision=True,
        level="characters",
        embedding_dim=64,
        units=128,
        summary="last",
        dropout=0.1,
        output_dropout=0.1,
        learning_rate=4e-3,
    ),
    _seq2seq(
        "seq2seq-reverse",
        "writes sequences of integers in reverse, the task of the Joey NMT tutorial",
        "reverse",
        epochs=8,
        minutes=8,
        headline="bleu",
        half_precision=True,
        references=(BAHDANAU, KREUTZER),
        shared=True,
        units=128,
        dropout=0.1,
        output_dropout=0.1,
        learning_rate=3e-3,
    ),
    _multi30k("en", "de", "translates captions of photographs from English to German, from strings to strings"),
    _multi30k(
        "de",
        "en",
        "translates captions of photographs from German to English, from strings to strings",
        epochs=13,
        minutes=56,
        embedding_dim=128,
        embedding_dropout=0.3,
        dropout=0.5,
        output_dropout=0.5,
        ema_momentum=0.999,
    ),
    _multi30k("en", "fr", "translates captions of photographs from English to French, from strings to strings"),
    _seq2seq(
        "seq2seq-atis",
        "turns questions about flights into their logical form",
        "atis_logic",
        epochs=24,
        minutes=39,
        headline="exact_match",
        evaluation={"max_length": 150},  # two forms in a hundred have more than 60 tokens
        references=(BAHDANAU, DONG),
        source="question",
        target="logic",
        min_count=2,
        lowercase=True,
        embedding_dim=128,
        units=256,
        embedding_dropout=0.2,
        dropout=0.4,
        output_dropout=0.4,
        label_smoothing=0.1,
        learning_rate=3e-3,
    ),
    _seq2seq(
        "seq2seq-snips",
        "turns requests to a voice assistant into their intent and the slots of their words",
        "snips",
        epochs=15,
        minutes=14,
        headline="exact_match",
        references=(BAHDANAU, GOO),
        source="seq.in",
        target=("label", "seq.out"),
        min_count=2,
        embedding_dim=128,
        units=128,
        embedding_dropout=0.2,
        dropout=0.4,
        output_dropout=0.4,
        label_smoothing=0.1,
        learning_rate=3e-3,
    ),
)
