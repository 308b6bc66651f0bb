/* What recurrent layers share: how a layer goes through its steps; see recurrent.c. */
#ifndef FL_RECURRENT_H
#define FL_RECURRENT_H
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2") /* vectors are written out: O3 only takes longer to compile */
#endif
#include "fl.h"
#include "vector.h"
#include "vmath.h"

enum {
    LEAST_SEQUENCES = 12,      /* of a thread */
    RECURRENT_GRAIN = 1 << 19, /* multiplications */
    PARTS = FL_REGISTERS == 32 ? 3 : 2,
    UNITS = PARTS * FL_WIDTH, /* columns of a product's tile */
    TILE = FL_REGISTERS == 32 ? 8 : 6, /* rows of it */
    JOINED_SEQUENCES = TILE + TILE / 2, /* a few rows beside a tile are multiplied at half its speed */
    JOINED_WEIGHTS = 1 << 17, /* the second cache holds them */
    FEW_SEQUENCES = 3,
    WIDE_TILE = 4, /* times UNITS: enough sums for one row's products to follow each other */
    PACKING_GRAIN = 1 << 14,
};
#define EACH_PART FL_UNROLL for (int k = 0; k < PARTS; k++)
#define SELDOM static __attribute__((noinline, unused))

typedef struct layer layer;

/* At most UNITS units of `rows` sequences from `begin` on at one step, whose first row is `first`. */
typedef struct {
    int64_t unit, n, begin, rows, first;
    const float *sum;  /* of the sequence `begin`, from the first of these units on */
    int64_t apart;     /* the sums of two gates */
    const float *from; /* the states before, at these units; and where those after go */
    float *to;
} unit_step;

struct layer {
    int64_t steps, rows, hidden, features, gates, reverse;
    int64_t sums_each;   /* of a unit: as many as gates, or one more where the last gate's are two,
                            first the state's and then the input's */
    const int64_t *sizes, *offsets;
    const float *packed; /* weights */
    const float *x;
    float *output, *h;
    /* forward */
    void (*cells)(const layer *l, const unit_step *s);
    const float *bias;   /* (gates, hidden), and a GRU's last once more: the state's */
    float *values;       /* (gates, rows, hidden) */
    int64_t joined;      /* features of x that stand before each state */
    float *states[2], *sums; /* (sequences, joined + hidden) of two steps; (sequences, sums_each, units) */
    float *c_before, *tanh_c, *c; /* an LSTM's */
    float *h_before, *new_hidden; /* a GRU's */
    int64_t relu;                 /* a simple layer's */
    /* backward: `values` and so on are read, `slopes` (rows, sums_each, hidden) written */
    void (*row_slopes)(const layer *l, int64_t row, int64_t sequence);
    int64_t adds; /* to what row_slopes leaves of the state's gradient */
    const float *toward_output, *zeros;
    float *slopes;
};

FL_INLINE int64_t whole_vectors(int64_t n) { return (n + FL_WIDTH - 1) / FL_WIDTH * FL_WIDTH; }
FL_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
FL_INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
FL_INLINE void copy_numbers(float *to, const float *from, int64_t n) { memcpy(to, from, (size_t)n * sizeof(float)); }

/* ---- vectors of which `left` numbers count ---- */

SELDOM fvec get_part(const float *from, int64_t left) { return left > 0 ? fvec_load_part(from, left) : (fvec){0}; }
SELDOM void put_part(float *to, fvec v, int64_t left)
{
    if (left > 0)
        fvec_store_part(to, v, left);
}
FL_INLINE fvec get(const float *from, int64_t left) { return left >= FL_WIDTH ? fvec_load(from) : get_part(from, left); }
FL_INLINE void put(float *to, fvec v, int64_t left)
{
    if (left >= FL_WIDTH)
        fvec_store(to, v);
    else
        put_part(to, v, left);
}

/* The same with whole vectors, for numbers that vectors were stored to or will be loaded from: parts
 * of other widths would have to wait for them. */
FL_INLINE void copy_vectors(float *to, const float *from, int64_t n)
{
    for (int64_t j = 0; j < n; j += FL_WIDTH)
        put(to + j, get(from + j, n - j), n - j);
}

/* ---- gates ---- */

/* For x = n ln 2 + r, n whole and -125..129: e^r - 1, and `half` = 2^(n-1), infinite for n = 129. */
FL_INLINE fvec gate_exponential(fvec x, fvec *half)
{
    fvec t = x * 1.44269504f + FL_ROUND;
    *half = (fvec)(((ivec)t << 23) + (126 << 23));
    t -= FL_ROUND;
    fvec r = (x - t * 0.693145751953125f) - t * 1.42860677e-6f;
    fvec q = r * 0.00139422156f + 0.00836884882f; /* as fl_exp_polynomial */
    q = q * r + 0.0416663848f;
    q = q * r + 0.166665196f;
    q = q * r + 0.5f;
    return q * (r * r) + r;
}

/* 1 / (1 + e^-x): 2.43 ulp, and 0 below -88.6. Cheaper than fl_sigmoidf, which keeps the digits of
 * all denormals. The same on each 37th float with fused multiply-add and without. */
FL_INLINE fvec gate_sigmoid(fvec x)
{
    fvec half, v = -x;
    v = fvec_select(v < -86.0f, fvec_set(-86.0f), v);
    v = fvec_select(v > 89.3f, fvec_set(89.3f), v); /* where `half` is infinite */
    fvec p = gate_exponential(v, &half);
    return 0.5f / (half * (p + 1.0f) + 0.5f);
}

/* tanh x from e^-2|x|: 2.52 ulp; a single way for small and large numbers. fl_tanhf's two would take
 * 2 to 3 % of a layer's time. */
FL_INLINE fvec gate_tanh(fvec x)
{
    const ivec sign = (ivec)fvec_set(-0.0f);
    fvec half, v = (fvec)((ivec)x | sign);
    v = fvec_select(v < -10.0f, fvec_set(-10.0f), v); /* from here on 1 */
    fvec p = gate_exponential(v + v, &half);
    fvec y = half * p + (half - 0.5f); /* (e^2v - 1) / 2 */
    y = y / (y + 1.0f);
    return (fvec)(((ivec)y & ~sign) | ((ivec)x & sign));
}

/* ---- rows ---- */

/* The rows of step number `i` in the order of time (or against it) that belong to the sequences
 * begin..end: how many, and the first of them among all rows. */
FL_INLINE int64_t rows_of(const layer *l, int64_t i, int64_t begin, int64_t end, int64_t *first)
{
    int64_t t = l->reverse ? l->steps - 1 - i : i;
    *first = l->offsets[t] + begin;
    return smaller(end, l->sizes[t]) - begin;
}

/* Finds out where the rows of each step begin, and how many there are in all. */
SELDOM int count_rows(layer *l)
{
    int64_t *offsets = fl_scratch(FL_ROWS_B, (size_t)(l->steps + 1) * sizeof *offsets);
    if (!offsets)
        return 0;
    offsets[0] = 0;
    for (int64_t t = 0; t < l->steps; t++)
        offsets[t + 1] = offsets[t] + l->sizes[t];
    l->offsets = offsets;
    l->rows = offsets[l->steps];
    return 1;
}

SELDOM void over_sequences(layer *l, fl_body body)
{
    int64_t batch = l->sizes[0], threads = fl_threads_here();
    int64_t work = l->rows * l->gates * l->hidden * l->hidden;
    int64_t most = larger(1, smaller(threads, work / RECURRENT_GRAIN));
    fl_for(batch, larger(LEAST_SEQUENCES, (batch + most - 1) / most), body, l);
}

/* ---- the packed weights of the way forward ---- */

FL_INLINE int has_few(const layer *l) { return l->sizes[0] <= FEW_SEQUENCES; }

/* Units whose sums are made at a time: with few rows so many that all their gates fill wide tiles. */
FL_INLINE int64_t block_units(const layer *l) { return has_few(l) && l->gates % WIDE_TILE ? WIDE_TILE * UNITS : UNITS; }

/* How the packed weights of a block of units lie: gate after gate, or side by side for a wide tile. */
typedef struct {
    int64_t units, padded, row, gate; /* row, gate: strides */
} unit_block;

FL_INLINE unit_block block_of(const layer *l, int64_t unit)
{
    int64_t units = smaller(block_units(l), l->hidden - unit), padded = whole_vectors(units);
    if (has_few(l))
        return (unit_block){units, padded, l->gates * padded, padded};
    return (unit_block){units, padded, padded, (l->joined + l->hidden) * padded};
}

/* Whether products are made some units at a time, whose cells follow. */
FL_INLINE int in_blocks(const layer *l) { return l->joined || has_few(l); }

/* `count` rows of k numbers each, as columns of rows of `stride` numbers; zeros up to whole vectors. */
SELDOM void pack_rows(int64_t count, int64_t k, const float *from, float *to, int64_t stride)
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

/* The weights of some units and gates. */
typedef struct {
    const layer *l;
    const float *weight_ih, *weight_hh;
    float *to;
} packing;

static void pack_weights(void *context, int64_t begin, int64_t end)
{
    const packing *w = context;
    int64_t n = w->l->hidden, joined = w->l->joined, gates = w->l->gates;
    for (int64_t i = begin; i < end; i++) {
        int64_t unit = i / gates * block_units(w->l), row = i % gates * n + unit;
        unit_block b = block_of(w->l, unit);
        float *to = w->to + unit * gates * (joined + n) + i % gates * b.gate;
        pack_rows(b.units, joined, w->weight_ih + row * joined, to, b.row);
        pack_rows(b.units, n, w->weight_hh + row * n, to + joined * b.row, b.row);
    }
}

/* Both biases added; where the last gate's sums are two, its biases one after the other. */
FL_INLINE void add_biases(const layer *l, const float *bias_ih, const float *bias_hh, float *to)
{
    int64_t n = l->hidden, all = l->gates * n, both = all - (l->sums_each - l->gates) * n;
    for (int64_t j = 0; j < all; j++) {
        float of_input = bias_ih ? bias_ih[j] : 0, of_state = bias_hh ? bias_hh[j] : 0;
        to[j] = j < both ? of_input + of_state : of_input;
        if (j >= both)
            to[j + n] = of_state;
    }
}

/* Finds room for what the forward way needs, and packs the weights. Behind the biases and the sums is
 * room for UNITS numbers that cells read but do not use. */
SELDOM int prepare_forward(layer *l, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh)
{
    int64_t n = l->hidden, each = l->sums_each, batch = l->sizes[0];
    l->joined = batch >= JOINED_SEQUENCES && l->gates * n * (l->features + n) <= JOINED_WEIGHTS ? l->features : 0;
    int64_t width = l->joined + n, gates = l->gates, block = block_units(l);
    int64_t packed = in_blocks(l) ? gates * width * whole_vectors(n) : fl_sgemm_packed_size(gates * n, n);
    int64_t biases = whole_vectors(each * n) + UNITS;
    float *bias = fl_scratch(FL_ROWS_A, (size_t)(biases + packed + 2 * batch * width + batch * each * larger(n, block) + UNITS) * sizeof(float));
    if (!bias)
        return 0;
    float *to = bias + biases;
    l->bias = bias;
    l->packed = to;
    l->states[0] = to + packed;
    l->states[1] = l->states[0] + batch * width;
    l->sums = l->states[1] + batch * width;
    add_biases(l, bias_ih, bias_hh, bias);
    if (in_blocks(l)) {
        packing w = {l, weight_ih, weight_hh, to};
        fl_for((n + block - 1) / block * gates, larger(1, PACKING_GRAIN / (block * width)), pack_weights, &w);
    } else
        fl_sgemm_pack(gates * n, n, weight_hh, 1, n, to);
    return 1;
}

/* ---- forward ---- */

/* Puts what comes from the input where a state's products are added: some units, `apart` numbers of
 * each gate. */
SELDOM void start_sums(const layer *l, int64_t unit, int64_t units, int64_t apart, int64_t rows, int64_t first, float *sum)
{
    int64_t n = l->hidden, gates = l->gates, each = l->sums_each;
    for (int64_t r = 0; r < rows; r++, sum += each * apart)
        for (int64_t g = 0; g < gates; g++) {
            float *to = sum + g * apart;
            if (g == gates - 1 && each > gates) {
                for (int64_t j = 0; j < units; j++)
                    to[j] = 0;
                to += apart;
            }
            copy_vectors(to, l->values + (g * l->rows + first + r) * n + unit, units);
        }
}

/* The sums of some units by a product for each gate. */
FL_INLINE void multiply_units(const layer *l, unit_block b, int64_t rows, const float *packed, const float *from, float *sum)
{
    int64_t width = l->joined + l->hidden, each = l->sums_each * b.padded, last = l->gates - 1;
    int64_t whole = l->sums_each > l->gates ? last : l->gates;
    for (int64_t g = 0; g < whole; g++)
        fl_sgemm_here(rows, b.padded, width, from, width, 1, packed + g * b.gate, b.row, sum + g * b.padded, each, 0);
    if (whole == last) {
        const float *weights = packed + last * b.gate;
        fl_sgemm_here(rows, b.padded, l->hidden, from + l->joined, width, 1, weights + l->joined * b.row, b.row, sum + last * b.padded, each, 0);
        fl_sgemm_here(rows, b.padded, l->joined, from, width, 1, weights, b.row, sum + l->gates * b.padded, each, 0);
    }
}

/* The cells of any number of units. */
FL_INLINE void run_cells(const layer *l, unit_step s)
{
    for (int64_t left = s.n; left > 0; left -= UNITS) {
        s.n = smaller(UNITS, left);
        l->cells(l, &s);
        s.unit += UNITS;
        s.sum += UNITS;
        s.from += UNITS;
        s.to += UNITS;
    }
}

/* All units, some after the other, from the products on. */
static void step_in_blocks(const layer *l, int64_t begin, int64_t rows, int64_t first, const float *from, float *to)
{
    int64_t n = l->hidden, width = l->joined + n, each = l->sums_each;
    float *sum = l->sums + begin * each * block_units(l);
    from += begin * width;
    to += begin * width + l->joined;
    for (int64_t unit = 0; unit < n; unit += block_units(l)) {
        unit_block b = block_of(l, unit);
        const float *packed = l->packed + unit * l->gates * width;
        if (l->joined)
            multiply_units(l, b, rows, packed, from, sum);
        else {
            start_sums(l, unit, b.units, b.padded, rows, first, sum);
            fl_sgemm_here(rows, b.row, n, from, n, 1, packed, b.row, sum, each * b.padded, 1);
        }
        run_cells(l, (unit_step){unit, b.units, begin, rows, first, sum, b.padded, from + l->joined + unit, to + unit});
    }
}

/* All units from one product on: better where the weights come from afar. */
static void step_at_once(const layer *l, int64_t begin, int64_t rows, int64_t first, const float *from, float *to)
{
    int64_t n = l->hidden, each = l->sums_each;
    float *sum = l->sums + begin * each * n;
    start_sums(l, 0, n, n, rows, first, sum);
    fl_sgemm_packed(rows, l->gates * n, n, from + begin * n, n, 1, l->packed, sum, each * n, 1, 0, 0);
    run_cells(l, (unit_step){0, n, begin, rows, first, sum, n, from + begin * n, to + begin * n});
}

static void run_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, width = l->joined + n, first;
    for (int64_t r = begin; r < end; r++)
        for (int i = 0; i < 2; i++) /* sequences may begin at any step */
            copy_numbers(l->states[i] + r * width + l->joined, l->h + r * n, n);
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        float *from = l->states[i % 2], *to = l->states[1 - i % 2];
        for (int64_t r = 0; r < rows && l->joined; r++)
            copy_numbers(from + (begin + r) * width, l->x + (first + r) * l->joined, l->joined);
        if (rows > 0)
            (in_blocks(l) ? step_in_blocks : step_at_once)(l, begin, rows, first, from, to);
    }
    for (int64_t r = begin, t = l->steps - 1; r < end; r++) {
        while (l->sizes[t] <= r)
            t--;
        copy_numbers(l->h + r * n, l->output + (l->offsets[l->reverse ? 0 : t] + r) * n, n);
    }
}

/* All steps; whether there was memory for it. */
SELDOM int layer_forward(layer *l, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh)
{
    int64_t n = l->hidden;
    if (!count_rows(l) || !prepare_forward(l, weight_ih, weight_hh, bias_ih, bias_hh))
        return 0;
    if (!l->joined)
        fl_sgemm_batch(1, l->gates, l->rows, n, l->features, l->x, 0, 0, l->features, 1, weight_ih, 0, n * l->features, 1, l->features, l->values, 0, l->rows * n, n, 1, 0, 0, 0);
    over_sequences(l, run_forward);
    return 1;
}

/* ---- backward ---- */

static void run_backward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, width = l->sums_each * n, first;
    for (int64_t i = l->steps - 1; i >= 0; i--) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        for (int64_t r = 0; r < rows; r++)
            l->row_slopes(l, first + r, begin + r);
        if (rows > 0)
            fl_sgemm_packed(rows, n, l->gates * n, l->slopes + first * width, width, 1, l->packed, l->h + begin * n, n, l->adds, 0, 0);
    }
}

/* The slopes of all steps; whether there was memory for it. */
SELDOM int layer_backward(layer *l, const float *weight_hh)
{
    int64_t n = l->hidden, size = fl_sgemm_packed_size(n, l->gates * n);
    float *packed = count_rows(l) ? fl_scratch(FL_ROWS_A, (size_t)(size + n) * sizeof(float)) : 0;
    if (!packed)
        return 0;
    fl_sgemm_pack(n, l->gates * n, weight_hh, n, 1, packed);
    l->packed = packed;
    for (int64_t j = 0; j < n; j++)
        packed[size + j] = 0;
    l->zeros = packed + size;
    over_sequences(l, run_backward);
    return 1;
}

/* A row of the gradient by the output. */
FL_INLINE const float *output_slope(const layer *l, int64_t row) { return l->toward_output ? l->toward_output + row * l->hidden : l->zeros; }

/* to (+)= the slopes of some gates times their input weight. */
FL_INLINE void input_gradient(const layer *l, int64_t first, int64_t gates, const float *weight, float *to, int64_t accumulate)
{
    int64_t n = l->hidden;
    fl_sgemm(l->rows, l->features, gates * n, l->slopes + first * n, l->sums_each * n, 1, weight, l->features, 1, to, l->features, 1, accumulate, 0, 0);
}
#endif
