"""Eager torch: fused Adam, batches by index on the device, the loss read once an epoch."""

import os

import torch
from torch.nn import functional

from benchmarks.competitors import EpochByEpoch
from benchmarks.native.parameters import separate
from benchmarks.native.torch_models import MODELS
from benchmarks.workloads import EPSILON, LEARNING_RATE

LOSSES = {
    "classes": functional.cross_entropy,
    "binary": functional.binary_cross_entropy_with_logits,
    "mse": functional.mse_loss,
}


class TorchLoop(EpochByEpoch):
    def __init__(self, workload):
        torch.manual_seed(0)
        self.workload, self.device = workload, os.environ.get("BENCHMARKS_DEVICE", "cpu")
        x, y = workload.data()
        self.x, self.y = self._tensors(x), torch.from_numpy(y).to(self.device)
        if workload.loss == "classes":
            self.y = self.y.long()
        self.model = MODELS[workload.name](workload).to(self.device)
        if self._is_image:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.loss = LOSSES[workload.loss]
        self.adam = torch.optim.Adam(
            self.model.parameters(), LEARNING_RATE, eps=EPSILON, fused=True
        )

    @property
    def parameters(self):
        """Without the second of torch's two equivalent biases of an LSTM."""
        named = self.model.named_parameters()
        return sum(p.numel() for name, p in named if "bias_hh" not in name)

    @property
    def _is_image(self):
        return self.workload.name in ("cnn", "resnet20")

    def _tensors(self, x):
        x = separate(self.workload, x)
        if isinstance(x, dict):
            return {name: torch.from_numpy(array).to(self.device) for name, array in x.items()}
        x = torch.from_numpy(x).to(self.device)
        return x.permute(0, 3, 1, 2) if self._is_image else x

    def _step(self, rows):
        loss = self.loss(self.model(take(self.x, rows)), self.y[rows])
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        return loss

    def first_step(self):
        self._step(torch.arange(self.workload.batch, device=self.device)).item()

    def run_epoch(self):
        self.model.train()
        order = torch.randperm(self.workload.rows, device=self.device)
        for rows in order.split(self.workload.batch):
            loss = self._step(rows)
        return loss.item()

    @torch.inference_mode()
    def call(self, x):
        self.model.eval()
        return self._outputs(self._tensors(x)).cpu().numpy()

    @torch.inference_mode()
    def predict(self, x):
        self.model.eval()
        batches = self._tensors(x).split(self.workload.batch)
        return torch.cat([self._outputs(rows) for rows in batches]).cpu().numpy()

    def _outputs(self, x):
        outputs = self.model(x)
        return outputs.sigmoid() if self.workload.loss == "binary" else outputs


def take(x, rows):
    return {name: t[rows] for name, t in x.items()} if isinstance(x, dict) else x[rows]


make = TorchLoop
