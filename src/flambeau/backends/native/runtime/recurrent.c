/* Recurrent layers of float32 over whole sequences: an LSTM's forward and backward.
 *
 * The rows of all time steps follow each other, step t has sizes[t] of them, never more than the
 * step before: the first so many sequences. Gates are blocks (gate, row, hidden). The products with
 * the input are made for all rows at once. Sequences do not depend on each other, so that each
 * thread takes some of them through all steps; the recurrent weights, packed once, serve all. */
#include "fl.h"
#include "vmath.h"

enum { LEAST_SEQUENCES = 12, RECURRENT_GRAIN = 1 << 19 };

typedef struct {
    int64_t steps, rows, hidden, gates, reverse;
    const int64_t *sizes, *offsets;
    const float *packed; /* the recurrent weights, gate after gate */
    int64_t packed_size;
    /* forward */
    const float *bias; /* (gates, hidden) */
    float *values, *c_before, *tanh_c, *output, *h, *c;
    /* backward: `values` and so on are read, `slopes` written */
    const float *toward_output;
    float *slopes;
} layer;

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

/* The rows of step number `i` in the order of time (or against it) that belong to the sequences
 * begin..end: how many, and the first of them among all rows. */
static int64_t rows_of(const layer *l, int64_t i, int64_t begin, int64_t end, int64_t *first)
{
    int64_t t = l->reverse ? l->steps - 1 - i : i;
    *first = l->offsets[t] + begin;
    return smaller(end, l->sizes[t]) - begin;
}

/* Where the rows of each step begin; the sum of all in the end. */
static int64_t *step_offsets(int64_t steps, const int64_t *sizes)
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
static float *pack_gates(layer *l, const float *weight, int transposed, int64_t room)
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

static void over_sequences(layer *l, fl_body body)
{
    int64_t batch = l->sizes[0], threads = fl_threads_here();
    int64_t work = l->rows * l->gates * l->hidden * l->hidden;
    int64_t most = larger(1, smaller(threads, work / RECURRENT_GRAIN));
    fl_for(batch, larger(LEAST_SEQUENCES, (batch + most - 1) / most), body, l);
}

/* ---- forward ---- */

/* One row of one step. i, f, g, o come as W x + W h and leave as the gates' values. */
static void lstm_cell(int64_t n, const float *restrict bias, float *restrict i, float *restrict f, float *restrict g, float *restrict o, float *restrict c, float *restrict before, float *restrict tanh_c, float *restrict h, float *restrict output)
{
    for (int64_t j = 0; j < n; j++) {
        i[j] = fl_sigmoidf(i[j] + bias[j]);
        f[j] = fl_sigmoidf(f[j] + bias[n + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        g[j] = fl_tanhf(g[j] + bias[2 * n + j]);
        o[j] = fl_sigmoidf(o[j] + bias[3 * n + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        before[j] = c[j];
        c[j] = f[j] * c[j] + i[j] * g[j];
        tanh_c[j] = fl_tanhf(c[j]);
        h[j] = output[j] = o[j] * tanh_c[j];
    }
}

static void add_recurrent(const layer *l, int64_t rows, int64_t first, int64_t begin)
{
    int64_t n = l->hidden;
    for (int64_t g = 0; g < l->gates; g++)
        fl_sgemm_packed(rows, n, n, l->h + begin * n, n, 1, l->packed + g * l->packed_size, l->values + (g * l->rows + first) * n, n, 1, 0, 0);
}

static void lstm_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, gate = l->rows * n, first;
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        add_recurrent(l, rows, first, begin);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (first + r) * n, state = (begin + r) * n;
            float *v = l->values + at;
            lstm_cell(n, l->bias, v, v + gate, v + 2 * gate, v + 3 * gate, l->c + state, l->c_before + at, l->tanh_c + at, l->h + state, l->output + at);
        }
    }
}

int fl_lstm(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *c_before, float *tanh_c, float *output, float *h, float *c)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 4, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = gates, .c_before = c_before, .tanh_c = tanh_c, .output = output, .h = h, .c = c,
    };
    float *bias = offsets ? pack_gates(&l, weight_hh, 1, 4 * n) : 0;
    if (!bias)
        return 0;
    l.rows = offsets[steps];
    l.bias = bias;
    for (int64_t j = 0; j < 4 * n; j++)
        bias[j] = (bias_ih ? bias_ih[j] : 0) + (bias_hh ? bias_hh[j] : 0);
    fl_sgemm_batch(1, 4, l.rows, n, features, x, 0, 0, features, 1, weight_ih, 0, n * features, 1, features, gates, 0, l.rows * n, n, 1, 0, 0, 0);
    over_sequences(&l, lstm_forward);
    return 1;
}

/* ---- backward ---- */

/* One row of one step: from the gradients of its hidden state and of its cell to those of the gates
 * before their functions, and of the cell before. */
static void lstm_cell_slopes(int64_t n, const float *restrict i, const float *restrict f, const float *restrict g, const float *restrict o, const float *restrict before, const float *restrict tanh_c, const float *restrict h, float *restrict c, float *restrict di, float *restrict df, float *restrict dg, float *restrict d_o)
{
    for (int64_t j = 0; j < n; j++) {
        float cell = c[j] + (1 - tanh_c[j] * tanh_c[j]) * o[j] * h[j];
        d_o[j] = (1 - o[j]) * o[j] * tanh_c[j] * h[j];
        di[j] = (1 - i[j]) * i[j] * g[j] * cell;
        df[j] = (1 - f[j]) * f[j] * before[j] * cell;
        dg[j] = (1 - g[j] * g[j]) * i[j] * cell;
        c[j] = cell * f[j];
    }
}

static void add_rows(float *restrict to, const float *restrict from, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        to[j] += from[j];
}

static void lstm_backward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, gate = l->rows * n, first;
    for (int64_t i = l->steps - 1; i >= 0; i--) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        float *h = l->h + begin * n;
        if (l->toward_output)
            add_rows(h, l->toward_output + first * n, rows * n);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (first + r) * n;
            const float *v = l->values + at;
            float *s = l->slopes + at;
            lstm_cell_slopes(n, v, v + gate, v + 2 * gate, v + 3 * gate, l->c_before + at, l->tanh_c + at, h + r * n, l->c + (begin + r) * n, s, s + gate, s + 2 * gate, s + 3 * gate);
        }
        for (int64_t g = 0; g < 4; g++)
            fl_sgemm_packed(rows, n, n, l->slopes + g * gate + first * n, n, 1, l->packed + g * l->packed_size, h, n, g > 0, 0, 0);
    }
}

/* ---- gradients of what serves all steps ---- */

/* to (+)= the slopes of some rows times the states before them, for each gate. */
static void add_products(const layer *l, int64_t first, int64_t rows, const float *before, float *to, int64_t *accumulate)
{
    int64_t n = l->hidden;
    if (rows <= 0)
        return;
    fl_sgemm_batch(1, l->gates, n, n, rows, l->slopes + first * n, 0, l->rows * n, 1, n, before, 0, 0, n, 1, to, 0, n * n, n, 1, *accumulate, 0, 0);
    *accumulate = 1;
}

/* The recurrent weight's: a state before is the output one step ago, or a first state. */
static void recurrent_weight(const layer *l, const float *h0, float *to)
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

static void bias_sums(const layer *l, float *restrict to)
{
    int64_t n = l->hidden;
    for (int64_t g = 0; g < l->gates; g++, to += n) {
        for (int64_t j = 0; j < n; j++)
            to[j] = 0;
        for (int64_t r = 0; r < l->rows; r++)
            add_rows(to, l->slopes + (g * l->rows + r) * n, n);
    }
}

int fl_lstm_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *h0, const float *weight_ih, const float *weight_hh, const float *output, const float *gates, const float *c_before, const float *tanh_c, float *slopes, float *gx, float *gh, float *gc, float *gweight_ih, float *gweight_hh, float *gbias)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 4, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = (float *)gates, .c_before = (float *)c_before, .tanh_c = (float *)tanh_c,
        .output = (float *)output, .h = gh, .c = gc, .toward_output = toward_output, .slopes = slopes,
    };
    if (!offsets || !pack_gates(&l, weight_hh, 0, 0))
        return 0;
    int64_t rows = l.rows = offsets[steps];
    over_sequences(&l, lstm_backward);
    for (int64_t g = 0; gx && g < 4; g++)
        fl_sgemm(rows, features, n, slopes + g * rows * n, n, 1, weight_ih + g * n * features, features, 1, gx, features, 1, g > 0, 0, 0);
    if (gweight_ih)
        fl_sgemm_batch(1, 4, n, features, rows, slopes, 0, rows * n, 1, n, x, 0, 0, features, 1, gweight_ih, 0, n * features, features, 1, 0, 0, 0);
    if (gweight_hh)
        recurrent_weight(&l, h0, gweight_hh);
    if (gbias)
        bias_sums(&l, gbias);
    return 1;
}
