"""The same text VAE in plain PyTorch."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence


class TextVAE(nn.Module):
    """LSTMs on both sides, the encoder's read from both ends, and a code that every step of the decoder is given."""

    def __init__(self, vocabulary_size, embedding_dim, units, latent_dim):
        super().__init__()
        self.read = nn.Embedding(vocabulary_size, embedding_dim)
        self.encode = nn.LSTM(embedding_dim, units, batch_first=True, bidirectional=True)
        self.z_mean, self.z_log_var = nn.Linear(2 * units, latent_dim), nn.Linear(2 * units, latent_dim)
        self.embed = nn.Embedding(vocabulary_size, embedding_dim)
        self.first_h, self.first_c = nn.Linear(latent_dim, units), nn.Linear(latent_dim, units)
        self.decode = nn.LSTM(embedding_dim + latent_dim, units, batch_first=True)
        self.output = nn.Linear(units, vocabulary_size)

    def forward(self, ids):
        """Nats of a sentence and its code, the mean over a batch; nothing is computed of padding's logits."""
        lengths = (ids != 0).sum(1)
        packed = pack_padded_sequence(self.read(ids), lengths, batch_first=True, enforce_sorted=False)
        _, (last, _) = self.encode(packed)
        hidden = torch.cat([last[0], last[1]], dim=-1)
        z_mean, z_log_var = self.z_mean(hidden), self.z_log_var(hidden)
        z = z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean)
        embedded = self.embed(ids[:, :-1])
        inputs = torch.cat([embedded, z[:, None].expand(-1, embedded.shape[1], -1)], dim=-1)
        state = torch.tanh(self.first_h(z))[None], torch.tanh(self.first_c(z))[None]
        outputs, _ = self.decode(inputs, state)
        real = ids[:, 1:] != 0
        nll = functional.cross_entropy(self.output(outputs[real]), ids[:, 1:][real], reduction="sum")
        kl = -0.5 * (1 + z_log_var - z_mean**2 - torch.exp(z_log_var)).sum()
        return (nll + kl) / len(ids)


def trained(model, ids, batch_size):
    """A function that runs one epoch in batches of about equal length."""
    ids = torch.from_numpy(ids).long()
    lengths = (ids != 0).sum(1)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)

    def run():
        shuffled, total = torch.randperm(len(ids)), 0.0
        rows = shuffled[torch.argsort(lengths[shuffled], stable=True)].split(batch_size)
        for i in torch.randperm(len(rows)):
            batch = ids[rows[i]]
            loss = model(batch[:, : int((batch != 0).sum(1).max())])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return float(total)

    return run
