/* Recurrent layers of float32 over whole sequences: the LSTM; gru.c has the others.
 *
 * The rows of all time steps follow each other, step t has sizes[t] of them, never more than the
 * step before: the first so many sequences. Sequences do not depend on each other, so that each
 * thread takes some of them through all steps; the weights, packed once, serve all.
 *
 * A row [x, h] of input and state meets both weights in one product, some units at a time, whose sums
 * the cell takes while they are in the first cache. Where the weights are too large for the second
 * cache, or the sequences too few to make good use of them, the input's product is made for all steps
 * at once, and a row holds the state only.
 *
 * The values that are kept for the gradient are blocks (gate, row, hidden); the slopes are rows
 * (row, gate, hidden), so that they too meet a weight in one product. */
#include "recurrent_weights.h"

/* What some units of each row become: gates i, f, g, o. */
static void lstm_cells(const layer *l, const unit_step *s)
{
    int64_t n = l->hidden, gate = l->rows * n, width = l->joined + n, apart = s->apart, at = s->first * n + s->unit;
    const float *bias = l->bias + s->unit, *sum = s->sum;
    float *cell = l->c + s->begin * n + s->unit, *state = s->to;
    for (int64_t r = 0; r < s->rows; r++, sum += 4 * apart, cell += n, state += width, at += n) {
        fvec i[PARTS], f[PARTS], g[PARTS], o[PARTS], before[PARTS], c[PARTS], h[PARTS];
#define SUM(gate) (fvec_load(sum + (gate) * apart + k * FL_WIDTH) + fvec_load(bias + (gate) * n + k * FL_WIDTH))
        EACH_PART i[k] = gate_sigmoid(SUM(0));
        EACH_PART f[k] = gate_sigmoid(SUM(1));
        EACH_PART g[k] = gate_tanh(SUM(2));
        EACH_PART o[k] = gate_sigmoid(SUM(3));
#undef SUM
        EACH_PART {
            before[k] = get(cell + k * FL_WIDTH, s->n - k * FL_WIDTH);
            c[k] = f[k] * before[k] + i[k] * g[k];
        }
        EACH_PART h[k] = gate_tanh(c[k]);
        EACH_PART {
            int64_t j = k * FL_WIDTH, left = s->n - j;
            float *values = l->values + at + j;
            put(values, i[k], left);
            put(values + gate, f[k], left);
            put(values + 2 * gate, g[k], left);
            put(values + 3 * gate, o[k], left);
            put(l->c_before + at + j, before[k], left);
            put(l->tanh_c + at + j, h[k], left);
            put(cell + j, c[k], left);
            put(state + j, o[k] * h[k], left);
            put(l->output + at + j, o[k] * h[k], left);
        }
    }
}

int fl_lstm(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *c_before, float *tanh_c, float *output, float *h, float *c)
{
    layer l = {
        .steps = steps, .hidden = hidden, .features = features, .gates = 4, .sums_each = 4, .reverse = reverse, .sizes = sizes,
        .cells = lstm_cells, .values = gates, .c_before = c_before, .tanh_c = tanh_c, .output = output, .h = h, .c = c, .x = x,
    };
    return layer_forward(&l, weight_ih, weight_hh, bias_ih, bias_hh);
}

/* From the gradients of a row's hidden state and of its cell to those of the gates before their
 * functions, and of the cell before. */
static void lstm_row_slopes(const layer *l, int64_t row, int64_t sequence)
{
    int64_t n = l->hidden, gate = l->rows * n, at = row * n;
    const float *values = l->values + at, *before = l->c_before + at, *tanh_c = l->tanh_c + at, *more = output_slope(l, row);
    const float *h = l->h + sequence * n;
    float *c = l->c + sequence * n, *slopes = l->slopes + 4 * at;
    for (int64_t j = 0, left = n; j < n; j += FL_WIDTH, left -= FL_WIDTH) {
        fvec i = get(values + j, left), f = get(values + gate + j, left);
        fvec g = get(values + 2 * gate + j, left), o = get(values + 3 * gate + j, left);
        fvec state = get(h + j, left) + get(more + j, left), t = get(tanh_c + j, left);
        fvec cell = get(c + j, left) + (1.0f - t * t) * o * state;
        put(slopes + j, (1.0f - i) * i * g * cell, left);
        put(slopes + n + j, (1.0f - f) * f * get(before + j, left) * cell, left);
        put(slopes + 2 * n + j, (1.0f - g * g) * i * cell, left);
        put(slopes + 3 * n + j, (1.0f - o) * o * t * state, left);
        put(c + j, cell * f, left);
    }
}

int fl_lstm_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *h0, const float *weight_ih, const float *weight_hh, const float *output, const float *gates, const float *c_before, const float *tanh_c, float *slopes, float *gx, float *gh, float *gc, float *gweight_ih, float *gweight_hh, float *gbias)
{
    layer l = {
        .steps = steps, .hidden = hidden, .features = features, .gates = 4, .sums_each = 4, .reverse = reverse, .sizes = sizes,
        .row_slopes = lstm_row_slopes, .values = (float *)gates, .c_before = (float *)c_before, .tanh_c = (float *)tanh_c,
        .x = x, .output = (float *)output, .h = gh, .c = gc, .toward_output = toward_output, .slopes = slopes,
    };
    if (!layer_backward(&l, weight_hh))
        return 0;
    if (gx)
        input_gradient(&l, 0, 4, weight_ih, gx, 0);
    weight_sums sums = {
        .l = &l, .slopes = slopes, .columns = 4 * hidden, .h0 = h0,
        .gweight_ih = gweight_ih, .gweight_hh = gweight_hh, .gbias = gbias,
    };
    return weight_gradients(&sums);
}
