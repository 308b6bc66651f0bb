#!/bin/sh
# Install PyTorch (CPU) and expecttest, which tests/oracle compares with, into a virtual environment:
#     sh scripts/install_oracle.sh .venv/bin/python
# On Linux the package index serves a build that brings gigabytes of CUDA packages; PyTorch's own
# index has the CPU build. Nothing depends on PyTorch, so that a failure here is no error.
set -u
python=$1
pip="$python -m pip -qq --disable-pip-version-check"
wanted="torch==2.13.0 expecttest>=0.2"
cpu_index=https://download.pytorch.org/whl/cpu

# shellcheck disable=SC2086  # the lists are meant to be split
plan=$($pip install --retries 1 --dry-run --report - $wanted 2>/dev/null) || plan=""
case "$plan" in
    *'"name": "nvidia-'*|*'"name": "cuda-'*|"")
        $pip install --retries 0 --extra-index-url "$cpu_index" \
            "torch==2.13.0+cpu" "expecttest>=0.2" ;;
    *) $pip install $wanted ;;
esac 2>/dev/null || echo "PyTorch 2.13.0 is not to be had here" >&2
# A package that sits on PyTorch, for tests/test_third_party.py; it may be missing.
$pip install --no-deps "torchmetrics>=1.6" "lightning-utilities>=0.11" 2>/dev/null
exit 0
