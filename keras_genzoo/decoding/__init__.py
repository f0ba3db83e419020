"""Decoding as graph loops over one step: greedy, sampling and beam search, for every text model.

A step is a function `(token_ids (batch,), state) -> (logits (batch, vocabulary_size), state)`; the state is a structure
of tensors whose first axis is the batch. Its logits are those of the token after.
"""

from keras_genzoo.decoding.choice import choose, restrict
from keras_genzoo.decoding.loops import NEVER
from keras_genzoo.decoding.sampling import sample
from keras_genzoo.decoding.search import beam_search

__all__ = ["NEVER", "beam_search", "choose", "restrict", "sample"]
