/* Recurrent layers of float32 over whole sequences: the LSTM; gru.c has the others.
 *
 * The rows of all time steps follow each other, step t has sizes[t] of them, never more than the
 * step before: the first so many sequences. Gates are blocks (gate, row, hidden). The products with
 * the input are made for all rows at once. Sequences do not depend on each other, so that each
 * thread takes some of them through all steps; the recurrent weights, packed once, serve all. */
#include "recurrent.h"

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

static void lstm_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, gate = l->rows * n, first;
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        for (int64_t g = 0; g < 4; g++)
            from_state(l, g, begin, rows, l->values + g * gate + first * n, 1);
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
            float *s = l->slopes + at;
            lstm_cell_slopes(n, v, v + gate, v + 2 * gate, v + 3 * gate, l->c_before + at, l->tanh_c + at, h + r * n, l->c + (begin + r) * n, s, s + gate, s + 2 * gate, s + 3 * gate);
        }
        for (int64_t g = 0; g < 4; g++)
            toward_state(l, g, first, rows, h, g > 0);
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
    l.rows = offsets[steps];
    over_sequences(&l, lstm_backward);
    for (int64_t g = 0; g < 4; g++) {
        if (gx)
            input_product(&l, g, features, weight_ih + g * n * features, gx, g > 0);
        if (gweight_ih)
            weight_product(&l, g, features, x, gweight_ih + g * n * features);
        if (gbias)
            slope_sums(&l, g, gbias + g * n);
    }
    if (gweight_hh)
        recurrent_weight(&l, h0, gweight_hh);
    return 1;
}
