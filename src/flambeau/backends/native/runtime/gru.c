/* Recurrent layers of float32 over whole sequences: the gated recurrent unit and the simple layer, in
 * the manner of recurrent.c. */
#include "recurrent_weights.h"

/* ---- the gated recurrent unit: gates r, z, n ---- */

/* What some units of each row become. Sums and slopes are of r, of z, and of n twice: the state's,
 * which r multiplies, and the input's. */
static void gru_cells(const layer *l, const unit_step *s)
{
    int64_t n = l->hidden, gate = l->rows * n, width = l->joined + n, apart = s->apart, at = s->first * n + s->unit;
    const float *bias = l->bias + s->unit, *sum = s->sum, *from = s->from;
    float *state = s->to;
    for (int64_t row = 0; row < s->rows; row++, sum += 4 * apart, from += width, state += width, at += n) {
        fvec r[PARTS], z[PARTS], new[PARTS], candidate[PARTS];
#define SUM(gate, of) (fvec_load(sum + (gate) * apart + k * FL_WIDTH) + fvec_load(bias + (of) * n + k * FL_WIDTH))
        EACH_PART r[k] = gate_sigmoid(SUM(0, 0));
        EACH_PART z[k] = gate_sigmoid(SUM(1, 1));
        EACH_PART {
            new[k] = SUM(2, 3);
            candidate[k] = gate_tanh(SUM(3, 2) + r[k] * new[k]);
        }
#undef SUM
        EACH_PART {
            int64_t j = k * FL_WIDTH, left = s->n - j;
            float *values = l->values + at + j;
            fvec before = get(from + j, left), h = (before - candidate[k]) * z[k] + candidate[k];
            put(values, r[k], left);
            put(values + gate, z[k], left);
            put(values + 2 * gate, candidate[k], left);
            put(l->new_hidden + at + j, new[k], left);
            put(l->h_before + at + j, before, left);
            put(state + j, h, left);
            put(l->output + at + j, h, left);
        }
    }
}

int fl_gru(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *h_before, float *new_hidden, float *output, float *h)
{
    layer l = {
        .steps = steps, .hidden = hidden, .features = features, .gates = 3, .sums_each = 4, .reverse = reverse, .sizes = sizes,
        .cells = gru_cells, .values = gates, .h_before = h_before, .new_hidden = new_hidden, .output = output, .h = h, .x = x,
    };
    return layer_forward(&l, weight_ih, weight_hh, bias_ih, bias_hh);
}

/* From the gradient of a row's state to those of the gates before their functions, and to the share
 * of the state before. */
static void gru_row_slopes(const layer *l, int64_t row, int64_t sequence)
{
    int64_t n = l->hidden, gate = l->rows * n, at = row * n;
    const float *values = l->values + at, *before = l->h_before + at, *new = l->new_hidden + at, *more = output_slope(l, row);
    float *h = l->h + sequence * n, *slopes = l->slopes + 4 * at;
    for (int64_t j = 0, left = n; j < n; j += FL_WIDTH, left -= FL_WIDTH) {
        fvec r = get(values + j, left), z = get(values + gate + j, left), candidate = get(values + 2 * gate + j, left);
        fvec state = get(h + j, left) + get(more + j, left);
        fvec slope = (1.0f - candidate * candidate) * (1.0f - z) * state;
        put(slopes + j, slope * get(new + j, left) * ((1.0f - r) * r), left);
        put(slopes + n + j, (get(before + j, left) - candidate) * ((1.0f - z) * z) * state, left);
        put(slopes + 2 * n + j, slope * r, left);
        put(slopes + 3 * n + j, slope, left);
        put(h + j, state * z, left);
    }
}

/* The weights' and the biases': r and z see inputs and states, n's two sums the one or the other. */
static int gru_weight_gradients(const layer *l, float *gweight_ih, float *gweight_hh, float *gbias_ih, float *gbias_hh)
{
    int64_t n = l->hidden, two = 2 * n;
    weight_sums both = {.l = l, .slopes = l->slopes, .columns = two, .gweight_ih = gweight_ih, .gweight_hh = gweight_hh, .gbias = gbias_ih ? gbias_ih : gbias_hh};
    weight_sums state = {.l = l, .slopes = l->slopes + two, .columns = n, .gweight_hh = gweight_hh ? gweight_hh + two * n : 0, .gbias = gbias_hh ? gbias_hh + two : 0};
    weight_sums input = {.l = l, .slopes = l->slopes + two + n, .columns = n, .gweight_ih = gweight_ih ? gweight_ih + two * l->features : 0, .gbias = gbias_ih ? gbias_ih + two : 0};
    if (!weight_gradients(&both) || !weight_gradients(&state) || !weight_gradients(&input))
        return 0;
    if (gbias_ih && gbias_hh)
        copy_numbers(gbias_hh, gbias_ih, two);
    return 1;
}

int fl_gru_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *weight_ih, const float *weight_hh, const float *gates, const float *h_before, const float *new_hidden, float *slopes, float *gx, float *gh, float *gweight_ih, float *gweight_hh, float *gbias_ih, float *gbias_hh)
{
    layer l = {
        .steps = steps, .hidden = hidden, .features = features, .gates = 3, .sums_each = 4, .reverse = reverse, .sizes = sizes,
        .row_slopes = gru_row_slopes, .adds = 1, .values = (float *)gates, .h_before = (float *)h_before, .new_hidden = (float *)new_hidden,
        .x = x, .h = gh, .toward_output = toward_output, .slopes = slopes,
    };
    if (!layer_backward(&l, weight_hh))
        return 0;
    if (gx) {
        input_gradient(&l, 0, 2, weight_ih, gx, 0);
        input_gradient(&l, 3, 1, weight_ih + 2 * hidden * features, gx, 1);
    }
    return gru_weight_gradients(&l, gweight_ih, gweight_hh, gbias_ih, gbias_hh);
}

/* ---- the simple layer ---- */

static void rnn_cells(const layer *l, const unit_step *s)
{
    int64_t n = l->hidden, width = l->joined + n;
    const float *bias = l->bias + s->unit, *sum = s->sum;
    float *output = l->output + s->first * n + s->unit, *state = s->to;
    for (int64_t r = 0; r < s->rows; r++, sum += s->apart, output += n, state += width) {
        fvec h[PARTS];
        EACH_PART h[k] = fvec_load(sum + k * FL_WIDTH) + fvec_load(bias + k * FL_WIDTH);
        if (l->relu)
            EACH_PART h[k] = fvec_select(h[k] < 0.0f, (fvec){0}, h[k]); /* NaN stays */
        else
            EACH_PART h[k] = gate_tanh(h[k]);
        EACH_PART {
            int64_t j = k * FL_WIDTH;
            put(state + j, h[k], s->n - j);
            put(output + j, h[k], s->n - j);
        }
    }
}

int fl_rnn(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t relu, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *output, float *h)
{
    layer l = {
        .steps = steps, .hidden = hidden, .features = features, .gates = 1, .sums_each = 1, .reverse = reverse, .sizes = sizes,
        .cells = rnn_cells, .values = output, .output = output, .h = h, .x = x, .relu = relu,
    };
    return layer_forward(&l, weight_ih, weight_hh, bias_ih, bias_hh);
}

static void rnn_row_slopes(const layer *l, int64_t row, int64_t sequence)
{
    int64_t n = l->hidden;
    const float *output = l->output + row * n, *more = output_slope(l, row), *h = l->h + sequence * n;
    float *slopes = l->slopes + row * n;
    for (int64_t j = 0, left = n; j < n; j += FL_WIDTH, left -= FL_WIDTH) {
        fvec y = get(output + j, left), state = get(h + j, left) + get(more + j, left);
        fvec slope = l->relu ? fvec_select(y > 0.0f, fvec_set(1.0f), (fvec){0}) : 1.0f - y * y;
        put(slopes + j, slope * state, left);
    }
}

int fl_rnn_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t relu, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *h0, const float *weight_ih, const float *weight_hh, const float *output, float *slopes, float *gx, float *gh, float *gweight_ih, float *gweight_hh, float *gbias)
{
    layer l = {
        .steps = steps, .hidden = hidden, .features = features, .gates = 1, .sums_each = 1, .reverse = reverse, .sizes = sizes,
        .row_slopes = rnn_row_slopes, .x = x, .output = (float *)output, .h = gh, .toward_output = toward_output, .slopes = slopes, .relu = relu,
    };
    if (!layer_backward(&l, weight_hh))
        return 0;
    if (gx)
        input_gradient(&l, 0, 1, weight_ih, gx, 0);
    weight_sums sums = {
        .l = &l, .slopes = slopes, .columns = hidden, .h0 = h0,
        .gweight_ih = gweight_ih, .gweight_hh = gweight_hh, .gbias = gbias,
    };
    return weight_gradients(&sums);
}
