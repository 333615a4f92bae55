"""The models as torch modules, of torch's own layers; images lie channels-last in memory."""

import itertools

import torch
from torch import nn
from torch.nn import functional

from benchmarks.workloads import TABLE_ROWS, TABLES, TIMESTEPS, VOCABULARY


def stack(*widths):
    layers = []
    for pair in itertools.pairwise(widths):
        layers += [nn.Linear(*pair), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def cnn(workload):
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        stack(1600, 128, 10),
    )


class Lstm(nn.Module):
    def __init__(self, workload):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, 32)
        self.lstm = nn.LSTM(32, 100, batch_first=True)
        self.dense = nn.Linear(100, 1)

    def forward(self, tokens):
        x = self.embedding(tokens)
        if self.training:  # whole channels are dropped
            x = x * functional.dropout(x.new_ones(len(x), 1, 32), 0.2)
        return self.dense(self.lstm(x)[0][:, -1])


class Transformer(nn.Module):
    def __init__(self, workload, width=128, heads=4):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.positions = nn.Parameter(torch.randn(TIMESTEPS["transformer"], width) * 0.05)
        blocks = [
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation="gelu", layer_norm_eps=1e-6,
                batch_first=True,
            )
            for _ in range(2)
        ]  # fmt: skip
        self.blocks = nn.Sequential(*blocks)
        self.dense = nn.Linear(width, 10)

    def forward(self, tokens):
        return self.dense(self.blocks(self.embedding(tokens) + self.positions).mean(1))


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.body = nn.Sequential(
            *convolution(inputs, filters, stride), nn.ReLU(), *convolution(filters, filters)
        )
        self.shortcut = nn.Identity()
        if stride > 1:
            self.shortcut = nn.Sequential(*convolution(inputs, filters, stride, 1))

    def forward(self, x):
        return functional.relu(self.body(x) + self.shortcut(x))


def convolution(inputs, filters, stride=1, size=3):
    layer = nn.Conv2d(inputs, filters, size, stride, padding=size // 2, bias=False)
    return layer, nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)


def resnet20(workload):
    blocks, inputs = [], 16
    for filters in (16, 32, 64):
        for _ in range(3):
            blocks.append(Block(inputs, filters, 1 if inputs == filters else 2))
            inputs = filters
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*convolution(3, 16), nn.ReLU(), *blocks, *head)


class Dlrm(nn.Module):
    def __init__(self, workload):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(TABLE_ROWS, 16) for _ in range(TABLES))
        self.bottom = nn.Sequential(stack(13, 64, 16), nn.ReLU())
        self.top = stack((TABLES + 1) * 16, 64, 32, 1)

    def forward(self, x):
        vectors = [table(ids) for table, ids in zip(self.tables, x["ids"].unbind(1))]
        return self.top(torch.cat([self.bottom(x["numbers"]), *vectors], 1))


MODELS = {
    "cnn": cnn,
    "mlp": lambda workload: stack(784, 512, 512, 10),
    "tiny_mlp": lambda workload: stack(16, 32, 32, 1),
    "growth": lambda workload: stack(64, *[64] * workload.depth, 10),
    "lstm": Lstm,
    "transformer": Transformer,
    "resnet20": resnet20,
    "dlrm": Dlrm,
}
