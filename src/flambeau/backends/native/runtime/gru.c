/* Recurrent layers of float32 over whole sequences: the gated recurrent unit and the simple layer, in
 * the manner of recurrent.c. */
#include "recurrent.h"

/* ---- the gated recurrent unit: gates r, z, n ---- */

/* One row of one step. r and z come as W x + W h, n as W x, new as W h; h as the state before. */
static void gru_cell(int64_t n, const float *restrict bias, float *restrict r, float *restrict z, float *restrict candidate, float *restrict new, float *restrict h, float *restrict before, float *restrict output)
{
    for (int64_t j = 0; j < n; j++) {
        r[j] = fl_sigmoidf(r[j] + bias[j]);
        z[j] = fl_sigmoidf(z[j] + bias[n + j]);
    }
    for (int64_t j = 0; j < n; j++) {
        new[j] += bias[3 * n + j];
        candidate[j] = fl_tanhf(candidate[j] + bias[2 * n + j] + r[j] * new[j]);
        before[j] = h[j];
        h[j] = output[j] = (h[j] - candidate[j]) * z[j] + candidate[j];
    }
}

static void gru_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, gate = l->rows * n, first;
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        for (int64_t g = 0; g < 2; g++)
            from_state(l, g, begin, rows, l->values + g * gate + first * n, 1);
        from_state(l, 2, begin, rows, l->new_hidden + first * n, 0);
        for (int64_t r = 0; r < rows; r++) {
            int64_t at = (first + r) * n;
            float *v = l->values + at;
            gru_cell(n, l->bias, v, v + gate, v + 2 * gate, l->new_hidden + at, l->h + (begin + r) * n, l->h_before + at, l->output + at);
        }
    }
}

int fl_gru(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *gates, float *h_before, float *new_hidden, float *output, float *h)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 3, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = gates, .h_before = h_before, .new_hidden = new_hidden, .output = output, .h = h,
    };
    float *bias = offsets ? pack_gates(&l, weight_hh, 1, 4 * n) : 0;
    if (!bias)
        return 0;
    l.rows = offsets[steps];
    l.bias = bias; /* of r and of z, and of n those of the input and of the state apart */
    for (int64_t j = 0; j < 3 * n; j++) {
        float of_input = bias_ih ? bias_ih[j] : 0, of_state = bias_hh ? bias_hh[j] : 0;
        bias[j] = j < 2 * n ? of_input + of_state : of_input;
        if (j >= 2 * n)
            bias[j + n] = of_state;
    }
    project_input(&l, features, x, weight_ih);
    over_sequences(&l, gru_forward);
    return 1;
}

/* One row of one step: from the gradient of the state to those of r, z and n before their functions,
 * n's as the state sees it (dn) and as the input does (dx); and to the share of the state before. */
static void gru_cell_slopes(int64_t n, const float *restrict r, const float *restrict z, const float *restrict candidate, const float *restrict new, const float *restrict before, float *restrict h, float *restrict dr, float *restrict dz, float *restrict dn, float *restrict dx)
{
    for (int64_t j = 0; j < n; j++) {
        float slope = (1 - candidate[j] * candidate[j]) * (1 - z[j]) * h[j];
        dx[j] = slope;
        dn[j] = slope * r[j];
        dr[j] = slope * new[j] * ((1 - r[j]) * r[j]);
        dz[j] = (before[j] - candidate[j]) * ((1 - z[j]) * z[j]) * h[j];
        h[j] *= z[j];
    }
}

static void gru_backward(void *context, int64_t begin, int64_t end)
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
            gru_cell_slopes(n, v, v + gate, v + 2 * gate, l->new_hidden + at, l->h_before + at, h + r * n, s, s + gate, s + 2 * gate, s + 3 * gate);
        }
        for (int64_t g = 0; g < 3; g++)
            toward_state(l, g, first, rows, h, 1);
    }
}

int fl_gru_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *weight_ih, const float *weight_hh, const float *gates, const float *h_before, const float *new_hidden, float *slopes, float *gx, float *gh, float *gweight_ih, float *gweight_hh, float *gbias_ih, float *gbias_hh)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes), accumulate = 0;
    layer l = {
        .steps = steps, .hidden = n, .gates = 3, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = (float *)gates, .h_before = (float *)h_before, .new_hidden = (float *)new_hidden,
        .h = gh, .toward_output = toward_output, .slopes = slopes,
    };
    if (!offsets || !pack_gates(&l, weight_hh, 0, 0))
        return 0;
    l.rows = offsets[steps];
    over_sequences(&l, gru_backward);
    for (int64_t g = 0; g < 3; g++) {
        int64_t of_input = g < 2 ? g : 3;
        if (gx)
            input_product(&l, of_input, features, weight_ih + g * n * features, gx, g > 0);
        if (gweight_ih)
            weight_product(&l, of_input, features, x, gweight_ih + g * n * features);
        if (gbias_ih)
            slope_sums(&l, of_input, gbias_ih + g * n);
        if (gbias_hh)
            slope_sums(&l, g, gbias_hh + g * n);
    }
    if (gweight_hh)
        add_products(&l, 0, l.rows, h_before, gweight_hh, &accumulate);
    return 1;
}

/* ---- the simple layer ---- */

static void rnn_cell(int64_t n, const float *restrict bias, float *restrict y, float *restrict h, int64_t relu)
{
    if (relu)
        for (int64_t j = 0; j < n; j++) {
            float sum = y[j] + bias[j];
            h[j] = y[j] = sum < 0 ? 0 : sum; /* NaN stays */
        }
    else
        for (int64_t j = 0; j < n; j++)
            h[j] = y[j] = fl_tanhf(y[j] + bias[j]);
}

static void rnn_forward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, first;
    for (int64_t i = 0; i < l->steps; i++) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        from_state(l, 0, begin, rows, l->values + first * n, 1);
        for (int64_t r = 0; r < rows; r++)
            rnn_cell(n, l->bias, l->values + (first + r) * n, l->h + (begin + r) * n, l->relu);
    }
}

int fl_rnn(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t relu, int64_t features, int64_t hidden, const float *x, const float *weight_ih, const float *weight_hh, const float *bias_ih, const float *bias_hh, float *output, float *h)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 1, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .values = output, .h = h, .relu = relu,
    };
    float *bias = offsets ? pack_gates(&l, weight_hh, 1, n) : 0;
    if (!bias)
        return 0;
    l.rows = offsets[steps];
    l.bias = bias;
    for (int64_t j = 0; j < n; j++)
        bias[j] = (bias_ih ? bias_ih[j] : 0) + (bias_hh ? bias_hh[j] : 0);
    project_input(&l, features, x, weight_ih);
    over_sequences(&l, rnn_forward);
    return 1;
}

static void rnn_cell_slopes(int64_t n, const float *restrict y, const float *restrict h, float *restrict slope, int64_t relu)
{
    if (relu)
        for (int64_t j = 0; j < n; j++)
            slope[j] = (y[j] > 0 ? 1.0f : 0.0f) * h[j];
    else
        for (int64_t j = 0; j < n; j++)
            slope[j] = (1 - y[j] * y[j]) * h[j];
}

static void rnn_backward(void *context, int64_t begin, int64_t end)
{
    const layer *l = context;
    int64_t n = l->hidden, first;
    for (int64_t i = l->steps - 1; i >= 0; i--) {
        int64_t rows = rows_of(l, i, begin, end, &first);
        if (rows <= 0)
            continue;
        float *h = l->h + begin * n;
        if (l->toward_output)
            add_rows(h, l->toward_output + first * n, rows * n);
        rnn_cell_slopes(rows * n, l->output + first * n, h, l->slopes + first * n, l->relu);
        toward_state(l, 0, first, rows, h, 0);
    }
}

int fl_rnn_gradient(int64_t steps, const int64_t *sizes, int64_t reverse, int64_t relu, int64_t features, int64_t hidden, const float *toward_output, const float *x, const float *h0, const float *weight_ih, const float *weight_hh, const float *output, float *slopes, float *gx, float *gh, float *gweight_ih, float *gweight_hh, float *gbias)
{
    int64_t n = hidden, *offsets = step_offsets(steps, sizes);
    layer l = {
        .steps = steps, .hidden = n, .gates = 1, .reverse = reverse, .sizes = sizes, .offsets = offsets,
        .output = (float *)output, .h = gh, .toward_output = toward_output, .slopes = slopes, .relu = relu,
    };
    if (!offsets || !pack_gates(&l, weight_hh, 0, 0))
        return 0;
    l.rows = offsets[steps];
    over_sequences(&l, rnn_backward);
    if (gx)
        input_product(&l, 0, features, weight_ih, gx, 0);
    if (gweight_ih)
        weight_product(&l, 0, features, x, gweight_ih);
    if (gweight_hh)
        recurrent_weight(&l, h0, gweight_hh);
    if (gbias)
        slope_sums(&l, 0, gbias);
    return 1;
}
