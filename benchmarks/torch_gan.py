"""The same adversarial networks in plain PyTorch."""

import itertools

import torch
from torch import nn
from torch.nn import functional

LATENT_DIM = 100


def dense():
    """100-256-512-784 against 784-256-256-1."""

    def stack(sizes, activation):
        return [part for pair in itertools.pairwise(sizes) for part in (nn.Linear(*pair), activation())][:-1]

    generator = nn.Sequential(*stack([LATENT_DIM, 256, 512, 784], nn.ReLU), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    return generator, nn.Sequential(nn.Flatten(), *stack([784, 256, 256, 1], lambda: nn.LeakyReLU(0.2)))


def convolutional(width=32):
    """As `keras_genzoo.networks.dcgan_generator` and `dcgan_discriminator`."""
    generator = nn.Sequential(
        nn.Linear(LATENT_DIM, 7 * 7 * 2 * width, bias=False), nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(7 * 7 * 2 * width, 1),
    )  # fmt: skip
    return generator, discriminator


def trained(networks, images, batch_size):
    """A function that runs one epoch over uint8 images in memory, by the step of PyTorch's DCGAN example."""
    generator, discriminator = networks
    data = torch.from_numpy(images).reshape(-1, 1, 28, 28)
    g_optimizer, d_optimizer = (
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), eps=1e-7, fused=True) for network in networks
    )
    ones, zeros = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
    crossentropy = functional.binary_cross_entropy_with_logits

    def run():
        order, total = torch.randperm(len(data)), 0.0
        for start in range(0, len(data) - batch_size + 1, batch_size):
            real = data[order[start : start + batch_size]].float().div_(127.5).sub_(1)
            fake = generator(torch.randn(batch_size, LATENT_DIM))
            d_optimizer.zero_grad()
            d_loss = crossentropy(discriminator(real), ones) + crossentropy(discriminator(fake.detach()), zeros)
            d_loss.backward()
            d_optimizer.step()
            g_optimizer.zero_grad()
            g_loss = crossentropy(discriminator(fake), ones)
            g_loss.backward()
            g_optimizer.step()
            total += d_loss.detach() + g_loss.detach()
        return float(total)

    return run
