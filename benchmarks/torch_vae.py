"""The same variational auto-encoders in plain PyTorch."""

import itertools

import torch
from torch import nn
from torch.nn import functional


class VAE(nn.Module):
    """Two `nn.Sequential`: images `(batch, 1, 28, 28)` to `[z_mean, z_log_var]` side by side, and z to logits."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, images):
        z_mean, z_log_var = self.encoder(images).chunk(2, dim=1)
        logits = self.decoder(z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean))
        divergence = 0.5 * torch.sum(z_mean**2 + torch.exp(z_log_var) - 1 - z_log_var)
        nll = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        return (nll + divergence) / len(images)

    @torch.inference_mode()
    def generate(self, num_samples):
        z = torch.randn(num_samples, self.encoder[-1].out_features // 2)
        return torch.sigmoid(self.decoder(z)).numpy()


def dense(units, latent_dim, activation):
    """Fully connected, as `keras_genzoo.networks.dense_encoder` and `dense_decoder`."""

    def stack(sizes):
        layers = [part for pair in itertools.pairwise(sizes) for part in (nn.Linear(*pair), activation())]
        return layers[:-1]

    encoder = nn.Sequential(nn.Flatten(), *stack([784, *units, 2 * latent_dim]))
    return VAE(encoder, nn.Sequential(*stack([latent_dim, *units[::-1], 784]), nn.Unflatten(1, (1, 28, 28))))


def conv():
    """Convolutional, as the Keras example."""
    encoder = nn.Sequential(
        nn.Conv2d(1, 32, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 16), nn.ReLU(), nn.Linear(16, 4),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(2, 7 * 7 * 64), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 64, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.Conv2d(32, 1, 3, padding=1),
    )  # fmt: skip
    return VAE(encoder, decoder)


def gathered(model, images, batch_size):
    """A function that runs one epoch over uint8 images `(examples, 28, 28, 1)` in memory, indexed by a permutation."""
    data = torch.from_numpy(images).reshape(-1, 1, 28, 28)

    def batches():
        order = torch.randperm(len(data))
        for start in range(0, len(data) - batch_size + 1, batch_size):
            yield data[order[start : start + batch_size]].float().div_(255)

    return lambda: _epoch(model, batches())


def loaded(model, images, batch_size):
    """As `gathered`, through a `DataLoader` over float32 images."""
    data = torch.utils.data.TensorDataset(torch.from_numpy(images).reshape(-1, 1, 28, 28).float() / 255)
    loader = torch.utils.data.DataLoader(data, batch_size, shuffle=True, drop_last=True)
    return lambda: _epoch(model, (batch for (batch,) in loader))


def _epoch(model, batches):
    if not hasattr(model, "optimizer"):
        model.optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)
    total = 0.0
    for batch in batches:
        loss = model(batch)
        model.optimizer.zero_grad()
        loss.backward()
        model.optimizer.step()
        total += loss.detach()
    return float(total)
