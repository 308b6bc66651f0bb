"""torchmetrics: accuracy and its relatives, in batches and at once."""

import torch
from torchmetrics import Accuracy, ConfusionMatrix, F1Score, MeanMetric, MetricCollection
from torchmetrics.functional import accuracy

torch.manual_seed(0)
probabilities = torch.rand(20, 3).softmax(dim=1)
targets = torch.randint(0, 3, (20,))
print(accuracy(probabilities, targets, task="multiclass", num_classes=3))
metric = Accuracy(task="multiclass", num_classes=3)
for p, t in zip(probabilities.split(5), targets.split(5), strict=True):
    metric.update(p, t)
print(metric, metric.compute(), metric(probabilities, targets))
metric.reset()
print(F1Score(task="multiclass", num_classes=3, average="macro")(probabilities, targets))
print(ConfusionMatrix(task="multiclass", num_classes=3)(probabilities, targets))
mean = MeanMetric()
mean.update(torch.tensor([1.0, 2.0]))
mean.update(6.0, weight=0.5)
print(mean.compute())
both = MetricCollection({"accuracy": Accuracy(task="binary"), "f1": F1Score(task="binary")})
print(both(torch.rand(8), torch.randint(0, 2, (8,))))
top = accuracy(probabilities, targets, task="multiclass", num_classes=3, top_k=2, average=None)
print(top)
