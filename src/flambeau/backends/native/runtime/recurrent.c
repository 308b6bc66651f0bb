/* Recurrent layers of float32 over whole sequences: the LSTM; gru.c has the others.
 *
 * The rows of all time steps follow each other, step t has sizes[t] of them, never more than the
 * step before: the first so many sequences. Sequences do not depend on each other, so that each
 * thread takes some of them through all steps; the weights, packed once, serve all.
 *
 * A row [x, h] of input and state meets both weights in one product, some units at a time, whose sums
 * the cell takes while they are in the first cache. Where the weights are too large for the second cache, or the sequences too
 * few to make good use of them, the input's product is made for all steps at once, and a row holds
 * the state only.
 *
 * The values that are kept for the gradient are blocks (gate, row, hidden); the slopes are rows
 * (row, gate, hidden), so that they too meet a weight in one product. */
#include "recurrent_weights.h"

enum { JOINED_SEQUENCES = 8, JOINED_WEIGHTS = 1 << 17, FEW_SEQUENCES = 3, PACKING_GRAIN = 1 << 14 };

/* ---- forward ---- */

/* How the packed weights of some units lie: gate after gate, or side by side where a product of few
 * rows is made with wide tiles. */
typedef struct {
    int64_t units, padded, row, gate; /* row, gate: strides */
} unit_block;

FL_INLINE unit_block block_of(const layer *l, int64_t unit)
{
    int64_t units = smaller(UNITS, l->hidden - unit), padded = whole_vectors(units);
    if (l->sizes[0] <= FEW_SEQUENCES)
        return (unit_block){units, padded, 4 * padded, padded};
    return (unit_block){units, padded, padded, (l->joined + l->hidden) * padded};
}

/* Whether products are made some units at a time, whose cells follow. */
FL_INLINE int in_blocks(const layer *l) { return l->joined || l->sizes[0] <= FEW_SEQUENCES; }

/* What some units of one row of one step become. */
typedef struct {
    float i[UNITS], f[UNITS], g[UNITS], o[UNITS], before[UNITS], c[UNITS], tanh_c[UNITS], h[UNITS];
} lstm_values;

/* From the sums of the gates, `padded` apart, and the cells before. */
FL_INLINE void lstm_cell(int64_t n, int64_t padded, const float *sum, const float *bias, int64_t hidden, lstm_values *v)
{
    for (int64_t j = 0; j < n; j++) {
        v->i[j] = gate_sigmoid(sum[j] + bias[j]);
        v->f[j] = gate_sigmoid(sum[padded + j] + bias[hidden + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        v->g[j] = gate_tanh(sum[2 * padded + j] + bias[2 * hidden + j]);
        v->o[j] = gate_sigmoid(sum[3 * padded + j] + bias[3 * hidden + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        v->c[j] = v->f[j] * v->before[j] + v->i[j] * v->g[j];
        v->tanh_c[j] = gate_tanh(v->c[j]);
        v->h[j] = v->o[j] * v->tanh_c[j];
    }
}

/* Some units of `rows` sequences from `begin` on, at a step whose first row is `first`. */
FL_INLINE void lstm_cells(const layer *l, int64_t n, const float *sum, int64_t padded, int64_t unit, int64_t begin, int64_t rows, int64_t first, float *states)
{
    int64_t hidden = l->hidden, gate = l->rows * hidden, width = l->joined + hidden;
    const float *bias = l->bias + unit;
    float *c = l->c + begin * hidden + unit, *state = states + begin * width + l->joined + unit;
    for (int64_t r = 0; r < rows; r++, sum += 4 * padded, c += hidden, state += width) {
        int64_t at = (first + r) * hidden + unit;
        float *values = l->values + at;
        lstm_values v;
        copy_vectors(v.before, c, n);
        lstm_cell(n, padded, sum, bias, hidden, &v);
        copy_vectors(values, v.i, n);
        copy_vectors(values + gate, v.f, n);
        copy_vectors(values + 2 * gate, v.g, n);
        copy_vectors(values + 3 * gate, v.o, n);
        copy_vectors(l->c_before + at, v.before, n);
        copy_vectors(l->tanh_c + at, v.tanh_c, n);
        copy_vectors(c, v.c, n);
        copy_vectors(state, v.h, n);
        copy_vectors(l->output + at, v.h, n);
    }
}

static void lstm_block(const layer *l, const float *sum, int64_t apart, int64_t unit, int64_t begin, int64_t rows, int64_t first, float *states)
{
    if (l->hidden - unit >= UNITS)
        lstm_cells(l, UNITS, sum, apart, unit, begin, rows, first, states);
    else
        lstm_cells(l, l->hidden - unit, sum, apart, unit, begin, rows, first, states);
}

/* All units, some after the other, from the products on. */
static void lstm_in_blocks(const layer *l, int64_t begin, int64_t rows, int64_t first, const float *from, float *to)
{
    int64_t n = l->hidden, width = l->joined + n;
    float *sum = l->sums + begin * 4 * UNITS;
    for (int64_t unit = 0; unit < n; unit += UNITS) {
        unit_block b = block_of(l, unit);
        const float *packed = l->packed + unit * 4 * width;
        for (int64_t r = 0; r < rows && !l->joined; r++)
            for (int64_t g = 0; g < 4; g++)
                copy_vectors(sum + (r * 4 + g) * b.padded, l->values + (g * l->rows + first + r) * n + unit, b.units);
        if (b.row > b.padded)
            fl_sgemm_here(rows, 4 * b.padded, width, from + begin * width, width, 1, packed, b.row, sum, 4 * b.padded, !l->joined);
        else
            for (int64_t g = 0; g < 4; g++)
                fl_sgemm_here(rows, b.padded, width, from + begin * width, width, 1, packed + g * b.gate, b.row, sum + g * b.padded, 4 * b.padded, 0);
        lstm_block(l, sum, b.padded, unit, begin, rows, first, to);
    }
}

/* All units from one product on: better where the weights come from afar. */
static void lstm_at_once(const layer *l, int64_t begin, int64_t rows, int64_t first, const float *from, float *to)
{
    int64_t n = l->hidden;
    float *sum = l->sums + begin * 4 * n;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t g = 0; g < 4; g++)
            copy_numbers(sum + (r * 4 + g) * n, l->values + (g * l->rows + first + r) * n, n);
    fl_sgemm_packed(rows, 4 * n, n, from + begin * n, n, 1, l->packed, sum, 4 * n, 1, 0, 0);
    for (int64_t unit = 0; unit < n; unit += UNITS)
        lstm_block(l, sum + unit, n, unit, begin, rows, first, to);
}

static void lstm_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, width = l->joined + n, first;
    for (int64_t r = begin; r < end; r++)
        for (int i = 0; i < 2; i++)
            copy_numbers(l->states[i] + r * width + l->joined, l->h + r * n, n);
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        float *from = l->states[i % 2], *to = l->states[1 - i % 2];
        for (int64_t r = 0; r < rows && l->joined; r++)
            copy_numbers(from + (begin + r) * width, l->x + (first + r) * l->joined, l->joined);
        if (rows > 0)
            (in_blocks(l) ? lstm_in_blocks : lstm_at_once)(l, begin, rows, first, from, to);
    }
    for (int64_t r = begin, t = l->steps - 1; r < end; r++) {
        while (l->sizes[t] <= r)
            t--;
        copy_numbers(l->h + r * n, l->output + (l->offsets[l->reverse ? 0 : t] + r) * n, n);
    }
}

/* The weights of some units and gates. */
typedef struct {
    const layer *l;
    const float *weight_ih, *weight_hh;
    float *to;
} lstm_weights;

static void pack_weights(void *context, int64_t begin, int64_t end)
{
    const lstm_weights *w = context;
    int64_t n = w->l->hidden, joined = w->l->joined;
    for (int64_t i = begin; i < end; i++) {
        int64_t unit = i / 4 * UNITS, row = i % 4 * n + unit;
        unit_block b = block_of(w->l, unit);
        float *to = w->to + unit * 4 * (joined + n) + i % 4 * b.gate;
        pack_rows(b.units, joined, w->weight_ih + row * joined, to, b.row);
        pack_rows(b.units, n, w->weight_hh + row * n, to + joined * b.row, b.row);
    }
}

/* Finds room for what the forward way needs, and packs the weights. */
static int lstm_prepare(layer *l, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh)
{
    int64_t n = l->hidden, width = l->joined + n, batch = l->sizes[0];
    int64_t packed = in_blocks(l) ? 4 * width * whole_vectors(n) : fl_sgemm_packed_size(4 * n, n);
    float *bias = fl_scratch(FL_ROWS_A, (size_t)(packed + 4 * n + 2 * batch * width + batch * 4 * larger(n, UNITS)) * sizeof(float));
    if (!bias)
        return 0;
    float *to = bias + whole_vectors(4 * n);
    l->bias = bias;
    l->packed = to;
    l->states[0] = to + packed;
    l->states[1] = l->states[0] + batch * width;
    l->sums = l->states[1] + batch * width;
    for (int64_t j = 0; j < 4 * n; j++)
        bias[j] = (bias_ih ? bias_ih[j] : 0) + (bias_hh ? bias_hh[j] : 0);
    if (!in_blocks(l)) {
        fl_sgemm_pack(4 * n, n, weight_hh, 1, n, to);
        return 1;
    }
    lstm_weights w = {l, weight_ih, weight_hh, to};
    fl_for((n + UNITS - 1) / UNITS * 4, larger(1, PACKING_GRAIN / (UNITS * width)), pack_weights, &w);
    return 1;
}

int fl_lstm(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *c_before, float *tanh_c, float *output, float *h, float *c)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 4, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = gates, .c_before = c_before, .tanh_c = tanh_c, .output = output, .h = h, .c = c, .x = x,
        .joined = sizes[0] >= JOINED_SEQUENCES && 4 * n * (features + n) <= JOINED_WEIGHTS ? features : 0,
    };
    if (!offsets || !lstm_prepare(&l, weight_ih, weight_hh, bias_ih, bias_hh))
        return 0;
    l.rows = offsets[steps];
    if (!l.joined)
        project_input(&l, features, x, weight_ih);
    over_sequences(&l, lstm_forward);
    return 1;
}

/* ---- backward ---- */

/* One row of one step: from the gradients of its hidden state (of which `more` is a part, too) and of
 * its cell to those of the gates before their functions, and of the cell before. */
static void lstm_cell_slopes(int64_t n, const float *restrict i, const float *restrict f, const float *restrict g, const float *restrict o, const float *restrict before, const float *restrict tanh_c, const float *restrict h, const float *restrict more, float *restrict c, float *restrict di, float *restrict df, float *restrict dg, float *restrict d_o)
{
    for (int64_t j = 0; j < n; j++) {
        float state = h[j] + more[j];
        float cell = c[j] + (1 - tanh_c[j] * tanh_c[j]) * o[j] * state;
        d_o[j] = (1 - o[j]) * o[j] * tanh_c[j] * state;
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
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (first + r) * n;
            const float *v = l->values + at, *more = l->toward_output ? l->toward_output + at : l->zeros;
            float *s = l->slopes + 4 * at;
            lstm_cell_slopes(n, v, v + gate, v + 2 * gate, v + 3 * gate, l->c_before + at, l->tanh_c + at, h + r * n, more, l->c + (begin + r) * n, s, s + n, s + 2 * n, s + 3 * n);
        }
        fl_sgemm_packed(rows, n, 4 * n, l->slopes + first * 4 * n, 4 * n, 1, l->packed, h, n, 0, 0, 0);
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
    int64_t size = fl_sgemm_packed_size(n, 4 * n);
    float *packed = offsets ? fl_scratch(FL_ROWS_A, (size_t)(size + n) * sizeof(float)) : 0;
    if (!packed)
        return 0;
    fl_sgemm_pack(n, 4 * n, weight_hh, n, 1, packed);
    l.packed = packed;
    for (int64_t j = 0; j < n; j++)
        packed[size + j] = 0;
    l.zeros = packed + size;
    l.rows = offsets[steps];
    over_sequences(&l, lstm_backward);
    if (gx)
        fl_sgemm(l.rows, features, 4 * n, slopes, 4 * n, 1, weight_ih, features, 1, gx, features, 1, 0, 0, 0);
    weight_sums sums = {
        .l = &l, .slopes = slopes, .width = 4 * n, .columns = 4 * n, .x = x, .h0 = h0, .features = features,
        .gweight_ih = gweight_ih, .gweight_hh = gweight_hh, .gbias = gbias,
    };
    return weight_gradients(&sums);
}
