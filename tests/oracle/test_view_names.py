"""What ``grad_fn`` is called, and which calls give the tensor itself, as in PyTorch."""

import warnings

import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
import flambeau.nn.functional  # noqa: E402

EXPRESSIONS = """
x.view(6,4) | x.view(T.int32) | x.reshape(6,4) | x.transpose(0,1).reshape(6,4) | x.flatten()
x.flatten(1,1) | x.ravel() | x.transpose(0,1).ravel() | x.unflatten(2,(2,2)) | x.expand(5,2,3,4)
x.permute(2,0,1) | x.transpose(0,1) | m.t() | m.T | x.mT | m.H | c.H | c.adjoint() | c.conj()
x.movedim(0,1) | x.squeeze() | x.squeeze(0) | x.squeeze((0,1)) | x.unsqueeze(0) | x.select(0,1)
x.narrow(0,0,1) | x[0] | x[0:1] | x[0,1] | x[None] | x[...] | x[:] | x[0,:] | x[:,0] | x[0,None]
x[None,0] | x[0,...] | x[i] | x[:,i] | x[x>0] | x[True] | x[0:1,i] | x[::2] | x.unbind()[0]
x.split(1)[0] | x.split([1,1])[0] | x.chunk(2)[0] | x.tensor_split(2)[0] | x.hsplit(3)[0]
v.unfold(0,2,1) | m.diagonal() | m.diag() | v.diag() | v.diagflat() | m.as_strided((2,),(1,))
c.real | c.imag | x.real | T.view_as_real(c) | x.detach() | x.clone() | x.contiguous()
x.transpose(0,1).contiguous() | x.clone().copy_(x) | T.zeros(2,3,4).copy_(x) | x.to(T.float64)
x.double() | x.type(T.float64) | c.to(T.float32) | x.clone().fill_(1) | x.clone().fill_(v[0])
x.clone().zero_() | x.masked_fill(x>0,1) | x.masked_fill(x>0,v[0]) | x.masked_select(x>0)
x.masked_scatter(x>0,T.zeros(24)) | x.index_select(0,i) | x.index_add(0,i,x) | x.index_copy(0,i,x)
x.index_fill(0,i,1) | x.index_fill(0,i,v[0]) | x.index_put((i,),v[0])
x.index_reduce(0,i,x,"mean") | m.gather(0,k) | m.scatter(0,k,m) | m.scatter(0,k,1.)
m.scatter_add(0,k,m) | m.scatter_reduce(0,k,m,"sum") | m.scatter_reduce(0,k,m,"amax") | x.take(i)
x.take_along_dim(T.zeros(1,3,4,dtype=T.int64),0) | x.put(i,v[:2]) | T.where(x>0,x,1.)
T.cat([x,x]) | T.stack([x,x]) | T.hstack([x,x]) | T.column_stack([v,v]) | T.block_diag(m,m)
x.repeat(2,1,1) | x.tile(2) | x.repeat_interleave(2) | x.repeat_interleave(i+1,0) | x.roll(1)
x.flip(0) | m.fliplr() | m.rot90() | m.tril() | m.triu() | T.meshgrid(v,v,indexing="ij")[0]
T.cartesian_prod(v,v) | T.cartesian_prod(v) | T.combinations(v) | T.atleast_1d(v) | T.atleast_2d(v)
F.pad(x,(1,1)) | F.pad(x,(1,1),mode="reflect") | F.pad(x,(1,1),mode="circular")
F.pad(x,(1,1),mode="replicate") | F.pad(x[None],(1,1,1,1),mode="reflect") | x.view_as(x)
T.select_scatter(x,x[0],0,0) | T.slice_scatter(x,x[:1],0,0,1) | T.diagonal_scatter(m,v[:4])
T.as_strided_scatter(m,v[:2],(2,),(1,)) | T.broadcast_tensors(x,x)[0] | x.expand_as(x)
"""
CASES = [e.strip() for line in EXPRESSIONS.strip().splitlines() for e in line.split("|")]


def outcome(T, expression):
    x, m, v = T.ones(2, 3, 4), T.ones(4, 4), T.ones(6)
    c = T.ones(2, 3, dtype=T.complex64)
    for t in (x, m, v, c):
        t.requires_grad_()
    k, i = T.zeros(2, 2, dtype=T.int64), T.tensor([0, 1])
    names = {"T": T, "F": T.nn.functional, "x": x, "m": m, "v": v, "c": c, "k": k, "i": i}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = eval(expression, names)
    same = [name for name, value in names.items() if value is result]
    return type(result.grad_fn).__name__, result.requires_grad, same


@pytest.mark.parametrize("expression", CASES)
def test_names(expression):
    assert outcome(flambeau, expression) == outcome(torch, expression)
