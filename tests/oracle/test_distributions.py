"""Distributions: expressions under PyTorch and flambeau give the same, draws included."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import flambeau
import flambeau.distributions

torch = pytest.importorskip("torch")

# How to make each, and values that it can have.
MAKE = {
    "normal": ("D.Normal(a, b)", "T.tensor([[0.5], [-1.0]])"),
    "normal of numbers": ("D.Normal(0.5, 2.0)", "T.tensor([0.0, 3.0])"),
    "log normal": ("D.LogNormal(a, b)", "T.tensor([[0.5], [1.5]])"),
    "half normal": ("D.HalfNormal(b)", "T.tensor([[0.5], [1.5]])"),
    "uniform": ("D.Uniform(a, a + b)", "a + b / 3"),
    "exponential": ("D.Exponential(b)", "T.tensor([[0.5], [1.5]])"),
    "laplace": ("D.Laplace(a, b)", "T.tensor([[0.5], [-1.0]])"),
    "cauchy": ("D.Cauchy(a, b)", "T.tensor([[0.5], [-1.0]])"),
    "bernoulli": ("D.Bernoulli(p)", "T.tensor([1.0, 0.0, 1.0])"),
    "bernoulli by logits": ("D.Bernoulli(logits=a)", "T.tensor([[1.0], [0.0]])"),
    "geometric": ("D.Geometric(p)", "T.tensor([0.0, 3.0, 1.0])"),
    "poisson": ("D.Poisson(b)", "T.tensor([[0.0], [3.0]])"),
    "categorical": ("D.Categorical(m)", "T.tensor([2, 0])"),
    "categorical by logits": ("D.Categorical(logits=m)", "T.tensor([[2, 0], [1, 1]])"),
    "one hot": ("D.OneHotCategorical(m)", "T.eye(3)[[0, 2]]"),
    "one hot by logits": ("D.OneHotCategorical(logits=m)", "T.eye(3)[[0, 2]]"),
    "straight through": ("D.OneHotCategoricalStraightThrough(m)", "T.eye(3)[[0, 2]]"),
    "multinomial": ("D.Multinomial(4, m)", "T.tensor([[1.0, 1.0, 2.0], [4.0, 0.0, 0.0]])"),
    "independent": ("D.Independent(D.Normal(m, m + 1), 1)", "T.ones(2, 3)"),
    "several normals": ("D.MultivariateNormal(a, S)", "T.ones(2, 3)"),
    "by precision": ("D.MultivariateNormal(a, precision_matrix=S)", "T.ones(3)"),
    "by a factor": ("D.MultivariateNormal(m, scale_tril=T.linalg.cholesky(S))", "T.ones(2, 3)"),
}
ASK = """
repr(d) | d.batch_shape | d.event_shape | d.mean | d.mode | d.variance | d.stddev | d.entropy()
d.log_prob(x) | d.cdf(x) | d.icdf(p) | d.support | d.has_rsample | d.perplexity()
d.expand((2, *d.batch_shape)) | d.expand((2, *d.batch_shape)).log_prob(x) | d.sample()
d.sample((4,)) | d.sample((2, 3)).shape | d.rsample((2,)) | d.enumerate_support()
d.enumerate_support(False) | d.has_enumerate_support | d.probs | d.logits | d.covariance_matrix
d.precision_matrix | d.scale_tril | d.param_shape
"""
PAIRS = """
D.Normal(a, b), D.Normal(b, p) | D.HalfNormal(b), D.HalfNormal(p) | D.Laplace(a, b), D.Laplace(b, p)
D.Exponential(b), D.Exponential(p) | D.Uniform(a, a + b), D.Uniform(a - 1, a + b)
D.Geometric(p), D.Geometric(p / 2)
D.Uniform(a, a + b), D.Uniform(a, a + b / 2) | D.Uniform(a, a + b), D.Normal(a, b)
D.Poisson(b), D.Poisson(p)
D.Bernoulli(p), D.Bernoulli(p / 2) | D.Bernoulli(p), D.Bernoulli(logits=a)
D.Bernoulli(T.tensor([0.0, 1.0, 0.5, 0.5])), D.Bernoulli(T.tensor([0.5, 0.5, 0.0, 1.0]))
D.Categorical(m), D.Categorical(logits=m) | D.OneHotCategorical(m), D.OneHotCategorical(m + 1)
D.Categorical(T.tensor([0.5, 0.5, 0.0])), D.Categorical(T.tensor([1.0, 0.0, 0.0]))
D.Independent(D.Normal(m, m), 1), D.Independent(D.Normal(m, m + 1), 1)
D.MultivariateNormal(a, S), D.MultivariateNormal(b, S + T.eye(3))
D.LogNormal(a, b), D.Exponential(b)
"""
MISTAKES = """
D.Normal(a, -b) | D.Normal(T.tensor(T.nan), b) | D.Normal("a", b) | D.Uniform(b, a)
D.Bernoulli(b) | D.Bernoulli() | D.Bernoulli(p, p) | D.Categorical(T.tensor(0.5))
D.Categorical(logits=T.tensor(0.5)) | D.Exponential(0.0) | D.Poisson(-1.0)
D.Geometric(0.0) | D.MultivariateNormal(a, -S) | D.MultivariateNormal(a)
D.MultivariateNormal(a, a)
D.MultivariateNormal(T.tensor(1.0), S) | D.MultivariateNormal(a, scale_tril=S)
D.Normal(a, b).log_prob(1.0) | D.Normal(a, b).log_prob(T.ones(2))
D.Categorical(m).log_prob(T.tensor(3))
D.Bernoulli(p).log_prob(T.tensor(0.5)) | D.Exponential(b).log_prob(-b)
D.Independent(D.Normal(a, b), 2)
D.Uniform(a, a + b).log_prob(b + 3) | D.OneHotCategorical(m).log_prob(T.ones(2))
D.Poisson(b).log_prob(p)
D.Multinomial(2, m).log_prob(T.ones(2, 3)) | D.Normal(a, b).enumerate_support()
"""


ABSENT = (("NotImplementedError",), ("AttributeError",))


def names(T):
    return {
        "T": T, "D": T.distributions, "a": T.tensor([0.0, 1.0, -2.0]),
        "b": T.tensor([1.0, 2.0, 0.5]), "p": T.tensor([0.25, 0.5, 0.875]),
        "m": T.tensor([[1.0, 2.0, 3.0], [0.5, 0.25, 0.25]]),
        "S": T.tensor([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 1.0]]),
    }  # fmt: skip


def outcome(expression, T, scope):
    T.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return eval(expression, scope)
        except Exception as error:
            lines = str(error).replace("flambeau", "torch").splitlines()
            return type(error).__name__, lines[0] if lines else ""


def assert_same(mine, theirs, expression):
    if isinstance(theirs, torch.Tensor):
        assert mine.dtype.__str__().split(".")[1] == str(theirs.dtype).split(".")[1], expression
        np.testing.assert_allclose(
            mine.numpy(), theirs.numpy(), rtol=2e-5, atol=2e-6, err_msg=expression
        )
    else:
        assert repr(mine).replace("flambeau", "torch") == repr(theirs), expression


def split(text):
    return [part for line in text.strip().splitlines() for part in line.split(" | ")]


@pytest.mark.parametrize("name", MAKE)
def test_same_answers(name):
    make, values = MAKE[name]
    scopes = []
    for T in (flambeau, torch):
        scope = names(T)
        scope.update(d=eval(make, scope), x=eval(values, scope))
        scopes.append(scope)
    for ask in split(ASK):
        mine, theirs = (outcome(ask, T, s) for T, s in zip((flambeau, torch), scopes, strict=True))
        if isinstance(theirs, tuple) and theirs[:1] in ABSENT:
            assert mine[:1] == theirs[:1], f"{ask}: {mine}"
            continue
        assert_same(mine, theirs, ask)


@pytest.mark.parametrize("pair", split(PAIRS))
def test_divergences(pair):
    ask = f"D.kl_divergence({pair})"
    assert_same(outcome(ask, flambeau, names(flambeau)), outcome(ask, torch, names(torch)), ask)


@pytest.mark.parametrize("mistake", split(MISTAKES))
def test_mistakes(mistake):
    mine, theirs = (outcome(mistake, T, names(T)) for T in (flambeau, torch))
    assert mine == theirs
    assert isinstance(theirs, tuple) and theirs[0].endswith("Error")


def test_gradients_reach_the_parameters():
    def gradients(T):
        D = T.distributions
        T.manual_seed(0)
        a, b = T.tensor([0.5, -1.0], requires_grad=True), T.tensor([1.0, 2.0], requires_grad=True)
        logits = T.tensor([0.1, 0.2, 0.7], requires_grad=True)
        loss = 0
        for kind in (D.Normal, D.Laplace, D.LogNormal, D.Cauchy):
            d = kind(a, b)
            x = d.rsample((3,))
            loss = loss + d.log_prob(x).sum() + d.entropy().sum() + x.sum()
        c = D.Categorical(logits=logits)
        loss = loss + (c.log_prob(c.sample((5,))) * T.arange(5.0)).sum() + c.entropy()
        loss = loss + D.OneHotCategoricalStraightThrough(logits=logits).rsample() @ T.arange(3.0)
        loss = loss + D.kl_divergence(D.Normal(a, b), D.Normal(0.0, 1.0)).sum()
        tril = T.diag_embed(b)
        loss = loss + D.MultivariateNormal(a, scale_tril=tril).rsample((2,)).pow(2).sum()
        loss.backward()
        return [x.grad.numpy() for x in (a, b, logits)]

    for mine, theirs in zip(gradients(flambeau), gradients(torch), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_own_rules_for_divergences():
    D = flambeau.distributions

    class Mine(D.Normal):
        pass

    @D.register_kl(Mine, Mine)
    def rule(p, q):
        return flambeau.tensor(7.0)

    assert D.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0)) == 7
    assert D.kl_divergence(Mine(0.0, 1.0), D.Normal(0.0, 1.0)) == 0
    with pytest.raises(AttributeError, match="nearest name is"):
        D.Norml
