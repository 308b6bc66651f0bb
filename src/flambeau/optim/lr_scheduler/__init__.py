"""Learning-rate schedules, as in ``torch.optim.lr_scheduler``."""

from .base import EPOCH_DEPRECATION_WARNING as EPOCH_DEPRECATION_WARNING
from .base import LRScheduler as LRScheduler
from .compound import ChainedScheduler as ChainedScheduler
from .compound import SequentialLR as SequentialLR
from .cosines import CosineAnnealingLR as CosineAnnealingLR
from .cosines import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from .cycles import CyclicLR as CyclicLR
from .cycles import OneCycleLR as OneCycleLR
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .ramps import ConstantLR as ConstantLR
from .ramps import ExponentialLR as ExponentialLR
from .ramps import LambdaLR as LambdaLR
from .ramps import LinearLR as LinearLR
from .ramps import MultiplicativeLR as MultiplicativeLR
from .ramps import MultiStepLR as MultiStepLR
from .ramps import PolynomialLR as PolynomialLR
from .ramps import StepLR as StepLR

for _value in list(globals().values()):  # where a schedule's class says that it lives
    if isinstance(_value, type):
        _value.__module__ = __name__

_LRScheduler = LRScheduler  # its name in older programs
