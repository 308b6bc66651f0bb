/* Recurrent layers of float32 over whole sequences: the LSTM; gru.c has the others.
 *
 * The rows of all time steps follow each other, step t has sizes[t] of them, never more than the
 * step before: the first so many sequences. Sequences do not depend on each other, so that each
 * thread takes some of them through all steps; the weights, packed once, serve all.
 *
 * A row [x, h] of input and state meets both weights in one product, whose sums the cell takes while
 * they are in the cache. Where the weights are too large for the second cache, or the sequences too
 * few to make good use of them, the input's product is made for all steps at once, and a row holds
 * the state only.
 *
 * The values that are kept for the gradient are blocks (gate, row, hidden); the slopes are rows
 * (row, gate, hidden), so that they too meet a weight in one product. */
#include "recurrent.h"

enum { JOINED_SEQUENCES = 8, JOINED_WEIGHTS = 1 << 17, SUM_COLUMNS = 64, SUM_GRAIN = 1 << 17 };

/* ---- forward ---- */

/* One row of one step: from the sums of the gates to their values and the new state. */
static void lstm_cell(int64_t n, const float *restrict bias, const float *restrict sum, float *restrict i, float *restrict f, float *restrict g, float *restrict o, float *restrict c, float *restrict before, float *restrict tanh_c, float *restrict h, float *restrict output)
{
    for (int64_t j = 0; j < n; j++) {
        i[j] = fl_sigmoidf(sum[j] + bias[j]);
        f[j] = fl_sigmoidf(sum[n + j] + bias[n + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        g[j] = fl_tanhf(sum[2 * n + j] + bias[2 * n + j]);
        o[j] = fl_sigmoidf(sum[3 * n + j] + bias[3 * n + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        before[j] = c[j];
        c[j] = f[j] * c[j] + i[j] * g[j];
        tanh_c[j] = fl_tanhf(c[j]);
        h[j] = output[j] = o[j] * tanh_c[j];
    }
}

/* The sums of all gates of the sequences begin, begin + 1... at a step whose first row is `first`. */
static void lstm_sums(const layer *l, int64_t begin, int64_t rows, int64_t first)
{
    int64_t n = l->hidden, width = l->joined + n;
    float *state = l->states + begin * width, *sum = l->sums + begin * 4 * n;
    for (int64_t r = 0; r < rows; r++)
        if (l->joined)
            copy_numbers(state + r * width, l->x + (first + r) * l->joined, l->joined);
        else
            for (int64_t g = 0; g < 4; g++)
                copy_numbers(sum + (r * 4 + g) * n, l->values + (g * l->rows + first + r) * n, n);
    fl_sgemm_packed(rows, 4 * n, width, state, width, 1, l->packed, sum, 4 * n, !l->joined, 0, 0);
}

static void lstm_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, gate = l->rows * n, width = l->joined + n, first;
    float *states = l->states + l->joined;
    for (int64_t r = begin; r < end; r++)
        copy_numbers(states + r * width, l->h + r * n, n);
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        lstm_sums(l, begin, rows, first);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (first + r) * n, s = begin + r;
            float *v = l->values + at;
            lstm_cell(n, l->bias, l->sums + s * 4 * n, v, v + gate, v + 2 * gate, v + 3 * gate, l->c + s * n, l->c_before + at, l->tanh_c + at, states + s * width, l->output + at);
        }
    }
    for (int64_t r = begin; r < end; r++)
        copy_numbers(l->h + r * n, states + r * width, n);
}

/* Finds room for what the forward way needs, and packs the weights. */
static float *lstm_prepare(layer *l, const float *weight_ih, const float *weight_hh)
{
    int64_t n = l->hidden, width = l->joined + n, batch = l->sizes[0];
    int64_t packed = fl_sgemm_packed_size(4 * n, width), both = l->joined ? 4 * n * width : 0;
    float *bias = fl_scratch(FL_ROWS_A, (size_t)(packed + 4 * n + larger(both, batch * (width + 4 * n))) * sizeof(float));
    if (!bias)
        return 0;
    float *to = bias + 4 * n, *weights = to + packed;
    l->bias = bias;
    l->packed = to;
    l->states = weights; /* the weights side by side are not needed after the packing */
    l->sums = l->states + batch * width;
    for (int64_t j = 0; l->joined && j < 4 * n; j++) {
        copy_numbers(weights + j * width, weight_ih + j * l->joined, l->joined);
        copy_numbers(weights + j * width + l->joined, weight_hh + j * n, n);
    }
    fl_sgemm_pack(4 * n, width, l->joined ? weights : weight_hh, 1, width, to);
    return bias;
}

int fl_lstm(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *c_before, float *tanh_c, float *output, float *h, float *c)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 4, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = gates, .c_before = c_before, .tanh_c = tanh_c, .output = output, .h = h, .c = c, .x = x,
        .joined = sizes[0] >= JOINED_SEQUENCES && 4 * n * (features + n) <= JOINED_WEIGHTS ? features : 0,
    };
    float *bias = offsets ? lstm_prepare(&l, weight_ih, weight_hh) : 0;
    if (!bias)
        return 0;
    l.rows = offsets[steps];
    for (int64_t j = 0; j < 4 * n; j++)
        bias[j] = (bias_ih ? bias_ih[j] : 0) + (bias_hh ? bias_hh[j] : 0);
    if (!l.joined)
        project_input(&l, features, x, weight_ih);
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
            float *s = l->slopes + 4 * at;
            lstm_cell_slopes(n, v, v + gate, v + 2 * gate, v + 3 * gate, l->c_before + at, l->tanh_c + at, h + r * n, l->c + (begin + r) * n, s, s + n, s + 2 * n, s + 3 * n);
        }
        fl_sgemm_packed(rows, n, 4 * n, l->slopes + first * 4 * n, 4 * n, 1, l->packed, h, n, 0, 0, 0);
    }
}

/* The sums of the columns of a matrix, some columns at a time. */
typedef struct {
    const float *from;
    float *to;
    int64_t rows, columns;
} sums_of_columns;

static void sum_columns(void *context, int64_t begin, int64_t end)
{
    const sums_of_columns *s = context;
    for (int64_t first = begin * SUM_COLUMNS; first < end * SUM_COLUMNS && first < s->columns; first += SUM_COLUMNS) {
        int64_t count = smaller(SUM_COLUMNS, s->columns - first);
        float sum[SUM_COLUMNS] = {0};
        const float *from = s->from + first;
        for (int64_t r = 0; r < s->rows; r++, from += s->columns)
            add_rows(sum, from, count);
        copy_numbers(s->to + first, sum, count);
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
    float *packed = offsets ? fl_scratch(FL_ROWS_A, (size_t)fl_sgemm_packed_size(n, 4 * n) * sizeof(float)) : 0;
    if (!packed)
        return 0;
    fl_sgemm_pack(n, 4 * n, weight_hh, n, 1, packed);
    l.packed = packed;
    l.rows = offsets[steps];
    over_sequences(&l, lstm_backward);
    if (gx)
        fl_sgemm(l.rows, features, 4 * n, slopes, 4 * n, 1, weight_ih, features, 1, gx, features, 1, 0, 0, 0);
    if (gweight_ih)
        fl_sgemm(4 * n, features, l.rows, slopes, 1, 4 * n, x, features, 1, gweight_ih, features, 1, 0, 0, 0);
    if (gweight_hh)
        recurrent_weight(&l, h0, gweight_hh);
    if (gbias) {
        sums_of_columns s = {slopes, gbias, l.rows, 4 * n};
        fl_for((4 * n + SUM_COLUMNS - 1) / SUM_COLUMNS, larger(1, SUM_GRAIN / (l.rows * SUM_COLUMNS)), sum_columns, &s);
    }
    return 1;
}
