"""The same translator in plain PyTorch."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Seq2Seq(nn.Module):
    """GRUs on both sides, additive attention over the outputs of the decoder's."""

    def __init__(self, vocabulary_size, embedding_dim, units):
        super().__init__()
        self.read = nn.Embedding(vocabulary_size, embedding_dim)
        self.encode = nn.GRU(embedding_dim, units, batch_first=True, bidirectional=True)
        self.first = nn.Linear(2 * units, units)
        self.embed = nn.Embedding(vocabulary_size, embedding_dim)
        self.decode = nn.GRU(embedding_dim, units, batch_first=True)
        self.query, self.key = nn.Linear(units, units, bias=False), nn.Linear(2 * units, units)
        self.score = nn.Linear(units, 1, bias=False)
        self.readout = nn.Linear(3 * units + embedding_dim, units)
        self.output = nn.Linear(units, vocabulary_size)

    def memory(self, source):
        real = source != 0
        lengths = real.sum(1)
        packed = pack_padded_sequence(self.read(source), lengths, batch_first=True, enforce_sorted=False)
        memory, _ = pad_packed_sequence(self.encode(packed)[0], batch_first=True)
        state = torch.tanh(self.first(memory.sum(1) / lengths[:, None]))
        return memory, self.key(memory), real, state[None]

    def features(self, target, state, memory, keys, real):
        embedded = self.embed(target)
        outputs, state = self.decode(embedded, state)
        scores = self.score(torch.tanh(self.query(outputs)[:, :, None] + keys[:, None]))[..., 0]
        weights = torch.softmax(scores.masked_fill(~real[:, None], -1e30), dim=-1)
        return torch.tanh(self.readout(torch.cat([outputs, weights @ memory, embedded], dim=-1))), state

    @torch.inference_mode()
    def generate(self, source, start_id, length):
        *memory, state = self.memory(source)
        ids, written = torch.full((len(source), 1), start_id), []
        for _ in range(length):
            features, state = self.features(ids, state, *memory)
            ids = self.output(features).argmax(-1)
            written.append(ids)
        return torch.cat(written, dim=1).numpy()


def trained(model, source, target, batch_size):
    """A function that runs one epoch over pairs in batches of about equal length, without padding in the output."""
    source, target = torch.from_numpy(source).long(), torch.from_numpy(target).long()
    lengths = (source != 0).sum(1) * 100 + (target != 0).sum(1)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)

    def run():
        shuffled = torch.randperm(len(source))
        rows = shuffled[torch.argsort(lengths[shuffled], stable=True)].split(batch_size)
        total = 0.0
        for i in torch.randperm(len(rows)):
            x, y = source[rows[i]], target[rows[i]]
            x, y = x[:, : int((x != 0).sum(1).max())], y[:, : int((y != 0).sum(1).max())]
            *memory, state = model.memory(x)
            features, _ = model.features(y[:, :-1], state, *memory)
            real = y[:, 1:] != 0
            loss = functional.cross_entropy(model.output(features[real]), y[:, 1:][real])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total)

    return run
