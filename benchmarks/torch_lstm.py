"""The same language model in plain PyTorch."""

import torch
from torch import nn
from torch.nn import functional


class LanguageModel(nn.Module):
    """`nn.Embedding`, `nn.LSTM`, `nn.Linear`: ids `(batch, time)` to logits."""

    def __init__(self, vocabulary_size, embedding_dim, units, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim)
        self.recurrent = nn.LSTM(embedding_dim, units, num_layers, batch_first=True)
        self.output = nn.Linear(units, vocabulary_size)

    def forward(self, ids, state=None):
        features, state = self.recurrent(self.embedding(ids), state)
        return self.output(features), state

    @torch.inference_mode()
    def generate(self, batch_size, length, first_id):
        ids, state, written = torch.full((batch_size, 1), first_id), None, []
        for _ in range(length):
            logits, state = self(ids, state)
            ids = torch.multinomial(torch.softmax(logits[:, -1], dim=-1), 1)
            written.append(ids)
        return torch.cat(written, dim=1).numpy()


def trained(model, ids, window, batch_size, steps):
    """A function that runs one epoch over windows of the ids, shuffled."""
    count = (len(ids) - 1) // window
    x = torch.from_numpy(ids[: count * window].reshape(count, window)).long()
    y = torch.from_numpy(ids[1 : count * window + 1].reshape(count, window)).long()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)

    def run():
        order, total = torch.randperm(count), 0.0
        for rows in order.split(batch_size)[:steps]:
            logits, _ = model(x[rows])
            loss = functional.cross_entropy(logits.flatten(0, 1), y[rows].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total)

    return run
