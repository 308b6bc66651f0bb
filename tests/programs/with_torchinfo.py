"""torchinfo's summaries of networks."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torchinfo import summary


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)
        self.fc2.bias.requires_grad_(False)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.drop(self.conv2(x)), 2))
        return F.log_softmax(self.fc2(F.relu(self.fc1(x.view(-1, 320)))), dim=1)


columns = ("input_size", "output_size", "num_params", "kernel_size", "mult_adds", "trainable")
print(summary(Net(), (2, 1, 28, 28), col_names=columns, row_settings=("var_names",), verbose=0))
print(summary(nn.Sequential(nn.Linear(4, 10), nn.Tanh(), nn.Linear(10, 3)), verbose=0))
lstm = nn.LSTM(4, 5, num_layers=2, batch_first=True)
found = summary(lstm, input_data=[torch.ones(2, 3, 4)], verbose=0)
print(found, found.total_params, found.trainable_params)
