/* What recurrent layers share; see recurrent.c. */
#ifndef FL_RECURRENT_H
#define FL_RECURRENT_H
#include "fl.h"
#include "vector.h"
#include "vmath.h"

enum {
    LEAST_SEQUENCES = 12,
    RECURRENT_GRAIN = 1 << 19,
    UNITS = (FL_REGISTERS == 32 ? 3 : 2) * FL_WIDTH, /* columns of a product's tile */
};

typedef struct {
    int64_t steps, rows, hidden, gates, reverse;
    const int64_t *sizes, *offsets;
    const float *packed; /* the recurrent weights, gate after gate */
    int64_t packed_size;
    /* forward */
    const float *bias; /* (gates, hidden) */
    float *values, *output, *h;
    float *c_before, *tanh_c, *c;     /* an LSTM's, also what follows */
    const float *x;
    int64_t joined;                   /* features of x that stand before each state */
    float *states[2], *sums;          /* (sequences, joined + hidden) of two steps; (sequences, gates, units) */
    float *h_before, *new_hidden;     /* a GRU's */
    int64_t relu;                     /* a simple layer's */
    /* backward: `values` and so on are read, `slopes` written */
    const float *toward_output, *zeros;
    float *slopes;
} layer;

FL_INLINE int64_t whole_vectors(int64_t n) { return (n + FL_WIDTH - 1) / FL_WIDTH * FL_WIDTH; }
FL_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
FL_INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
FL_INLINE void copy_numbers(float *to, const float *from, int64_t n) { memcpy(to, from, (size_t)n * sizeof(float)); }

/* For x = n ln 2 + r, n whole and -125..129: e^r - 1, and `half` = 2^(n-1), infinite for n = 129. */
FL_INLINE float gate_exponential(float x, float *half)
{
    float t = x * 1.44269504f + FL_ROUND;
    *half = fl_float_of_bits((int32_t)(((uint32_t)fl_bits(t) << 23) + (126u << 23)));
    t -= FL_ROUND;
    float r = (x - t * 0.693145751953125f) - t * 1.42860677e-6f;
    return fl_exp_polynomial(r) * (r * r) + r;
}

/* 1 / (1 + e^-x): 2.43 ulp, and 0 below -88.6. Cheaper than fl_sigmoidf, which keeps the digits of
 * all denormals. The same on each 37th float with fused multiply-add and without. */
FL_INLINE float gate_sigmoid(float x)
{
    float half, v = -x;
    v = v < -86.0f ? -86.0f : v;
    v = v > 89.3f ? 89.3f : v; /* where `half` is infinite */
    float p = gate_exponential(v, &half);
    return 0.5f / (half * (p + 1.0f) + 0.5f);
}

/* tanh x: 2.52 ulp; a single way for small and large numbers, unlike fl_tanhf. */
FL_INLINE float gate_tanh(float x)
{
    float half, v = x + x;
    v = v < -20.0f ? -20.0f : v; /* from here on 1 */
    v = v > 20.0f ? 20.0f : v;
    float p = gate_exponential(v, &half);
    float y = half * p + (half - 0.5f); /* (e^2x - 1) / 2 */
    return y / (y + 1.0f);
}

/* The same with whole vectors, for numbers that vectors were stored to or will be loaded from: parts
 * of other widths would have to wait for them. */
FL_INLINE void copy_vectors(float *to, const float *from, int64_t n)
{
    int64_t j = 0;
    for (; j + FL_WIDTH <= n; j += FL_WIDTH)
        fvec_store(to + j, fvec_load(from + j));
    if (j < n)
        copy_numbers(to + j, from + j, n - j);
}

/* The rows of step number `i` in the order of time (or against it) that belong to the sequences
 * begin..end: how many, and the first of them among all rows. */
FL_INLINE int64_t rows_of(const layer *l, int64_t i, int64_t begin, int64_t end, int64_t *first)
{
    int64_t t = l->reverse ? l->steps - 1 - i : i;
    *first = l->offsets[t] + begin;
    return smaller(end, l->sizes[t]) - begin;
}

/* Where the rows of each step begin; the sum of all in the end. */
FL_INLINE int64_t *step_offsets(int64_t steps, const int64_t *sizes)
{
    int64_t *offsets = fl_scratch(FL_ROWS_B, (size_t)(steps + 1) * sizeof *offsets);
    if (offsets) {
        offsets[0] = 0;
        for (int64_t t = 0; t < steps; t++)
            offsets[t + 1] = offsets[t] + sizes[t];
    }
    return offsets;
}

/* Packs the gates' recurrent weights (hidden, hidden), transposed for the way forward; the caller's
 * numbers have room behind them. */
FL_INLINE float *pack_gates(layer *l, const float *weight, int transposed, int64_t room)
{
    int64_t n = l->hidden;
    l->packed_size = fl_sgemm_packed_size(n, n);
    float *to = fl_scratch(FL_ROWS_A, (size_t)(l->gates * l->packed_size + room) * sizeof(float));
    if (!to)
        return 0;
    for (int64_t g = 0; g < l->gates; g++)
        fl_sgemm_pack(n, n, weight + g * n * n, transposed ? 1 : n, transposed ? n : 1, to + g * l->packed_size);
    l->packed = to;
    return to + l->gates * l->packed_size;
}

/* `count` rows of k numbers each, as columns of rows of `stride` numbers; zeros up to whole vectors. */
FL_INLINE void pack_rows(int64_t count, int64_t k, const float *from, float *to, int64_t stride)
{
    for (int64_t j = 0; j < count; j += FL_WIDTH) {
        int64_t p = 0;
        for (; p + FL_WIDTH <= k; p += FL_WIDTH) {
            fvec square[FL_WIDTH];
            FL_UNROLL for (int i = 0; i < FL_WIDTH; i++)
                square[i] = j + i < count ? fvec_load(from + (j + i) * k + p) : (fvec){0};
            fvec_transpose(square);
            FL_UNROLL for (int i = 0; i < FL_WIDTH; i++)
                fvec_store(to + (p + i) * stride + j, square[i]);
        }
        for (; p < k; p++)
            for (int64_t i = j; i < j + FL_WIDTH; i++)
                to[p * stride + i] = i < count ? from[i * k + p] : 0;
    }
}

FL_INLINE void over_sequences(layer *l, fl_body body)
{
    int64_t batch = l->sizes[0], threads = fl_threads_here();
    int64_t work = l->rows * l->gates * l->hidden * l->hidden;
    int64_t most = larger(1, smaller(threads, work / RECURRENT_GRAIN));
    fl_for(batch, larger(LEAST_SEQUENCES, (batch + most - 1) / most), body, l);
}

/* values (gates, rows, hidden) = x W^T for all gates. */
FL_INLINE void project_input(const layer *l, int64_t features, const float *x, const float *weight)
{
    int64_t n = l->hidden;
    fl_sgemm_batch(1, l->gates, l->rows, n, features, x, 0, 0, features, 1, weight, 0, n * features, 1, features, l->values, 0, l->rows * n, n, 1, 0, 0, 0);
}

/* to (+)= the state of `rows` sequences times the recurrent weight of a gate, transposed. */
FL_INLINE void from_state(const layer *l, int64_t gate, int64_t begin, int64_t rows, float *to, int64_t accumulate)
{
    int64_t n = l->hidden;
    fl_sgemm_packed(rows, n, n, l->h + begin * n, n, 1, l->packed + gate * l->packed_size, to, n, accumulate, 0, 0);
}

/* to (+)= the slopes of some rows of a gate times its recurrent weight. */
FL_INLINE void toward_state(const layer *l, int64_t gate, int64_t first, int64_t rows, float *to, int64_t accumulate)
{
    int64_t n = l->hidden;
    fl_sgemm_packed(rows, n, n, l->slopes + (gate * l->rows + first) * n, n, 1, l->packed + gate * l->packed_size, to, n, accumulate, 0, 0);
}

/* ---- gradients of what serves all steps ---- */

FL_INLINE void add_rows(float *restrict to, const float *restrict from, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        to[j] += from[j];
}

/* to (+)= the slopes of some rows times the states before them, for each gate. An LSTM's slopes are
 * rows of all gates. */
FL_INLINE void add_products(const layer *l, int64_t first, int64_t rows, const float *before, float *to, int64_t *accumulate)
{
    int64_t n = l->hidden, all = l->gates * n;
    if (rows <= 0)
        return;
    if (l->tanh_c)
        fl_sgemm(all, n, rows, l->slopes + first * all, 1, all, before, n, 1, to, n, 1, *accumulate, 0, 0);
    else
        fl_sgemm_batch(1, l->gates, n, n, rows, l->slopes + first * n, 0, l->rows * n, 1, n, before, 0, 0, n, 1, to, 0, n * n, n, 1, *accumulate, 0, 0);
    *accumulate = 1;
}

/* The recurrent weight's: a state before is the output one step ago, or a first state. */
FL_INLINE void recurrent_weight(const layer *l, const float *h0, float *to)
{
    int64_t n = l->hidden, last = l->steps - 1, batch = l->sizes[0], accumulate = 0;
    if (l->sizes[last] == batch) { /* all of one size: the steps but one go together */
        add_products(l, l->offsets[l->reverse ? last : 0], batch, h0, to, &accumulate);
        add_products(l, l->reverse ? 0 : batch, l->rows - batch, l->output + (l->reverse ? batch * n : 0), to, &accumulate);
        return;
    }
    for (int64_t t = 0; t < l->steps; t++) {
        int64_t past = l->reverse ? t + 1 : t - 1, known = 0;
        if (past >= 0 && past <= last) {
            known = smaller(l->sizes[t], l->sizes[past]);
            add_products(l, l->offsets[t], known, l->output + l->offsets[past] * n, to, &accumulate);
        }
        add_products(l, l->offsets[t] + known, l->sizes[t] - known, h0 + known * n, to, &accumulate);
    }
}

/* The input's from the slopes of one gate. */
FL_INLINE void input_product(const layer *l, int64_t gate, int64_t features, const float *weight, float *to, int64_t accumulate)
{
    int64_t n = l->hidden;
    fl_sgemm(l->rows, features, n, l->slopes + gate * l->rows * n, n, 1, weight, features, 1, to, features, 1, accumulate, 0, 0);
}

/* The input weight's from the slopes of one gate. */
FL_INLINE void weight_product(const layer *l, int64_t gate, int64_t features, const float *x, float *to)
{
    int64_t n = l->hidden;
    fl_sgemm(n, features, l->rows, l->slopes + gate * l->rows * n, 1, n, x, features, 1, to, features, 1, 0, 0, 0);
}

/* The sums of a gate's slopes over all rows. */
FL_INLINE void slope_sums(const layer *l, int64_t gate, float *restrict to)
{
    for (int64_t j = 0; j < l->hidden; j++)
        to[j] = 0;
    for (int64_t r = 0; r < l->rows; r++)
        add_rows(to, l->slopes + (gate * l->rows + r) * l->hidden, l->hidden);
}

#endif
