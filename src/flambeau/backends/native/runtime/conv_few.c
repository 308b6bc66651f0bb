/* Convolutions with few places, as products of matrices.
 *
 * Vectors along places, as in conv.c, would stay mostly empty. Here the windows of all images and
 * places are copied, one a row (columns: channel, tap), and go through one matrix product. Taps that
 * meet only padding everywhere are left out. */
#include "plans.h"
#include "conv.h"
#include <stdlib.h>
#include <string.h>

enum { FEW = 16, LANES = 8 }; /* more places are conv.c's, and with few channels most of these too */
enum { GRAIN = 16 * 1024 }; /* elements copied that are worth a thread */

typedef struct {
    const fl_conv *s;
    int64_t places, size, taps, window; /* taps: those in use */
    int64_t *number, *at;               /* their numbers in the window; at[place][tap], -1: padding */
    const float *from, *bias;
    float *to;
} few;

int fl_conv_has_few_places(const fl_conv *s) {
    int64_t places = s->out[0] * s->out[1] * s->out[2], channels = fl_least(s->inputs, s->outputs);
    return s->groups == 1 && (places < 4 || (places <= FEW && LANES * places <= channels));
}

/* Where a tap meets the input at a place, or -1. */
static int64_t meeting_place(const fl_conv *s, int64_t place, int64_t tap) {
    int64_t o[3] = {place / s->out[2] / s->out[1], place / s->out[2] % s->out[1], place % s->out[2]};
    int64_t t[3] = {tap / s->kernel[2] / s->kernel[1], tap / s->kernel[2] % s->kernel[1], tap % s->kernel[2]};
    int64_t result = 0;
    for (int a = 0; a < 3; a++) {
        int64_t at = o[a] * s->stride[a] - s->padding[a] + t[a] * s->dilation[a];
        if (at < 0 || at >= s->size[a])
            return -1;
        result = result * s->size[a] + at;
    }
    return result;
}

/* The taps in use, in memory that the caller frees. */
static int64_t *find_taps(few *k, const fl_conv *s) {
    k->s = s, k->taps = 0;
    k->places = s->out[0] * s->out[1] * s->out[2];
    k->size = s->size[0] * s->size[1] * s->size[2];
    k->window = s->kernel[0] * s->kernel[1] * s->kernel[2];
    k->number = malloc((size_t)(k->window * (1 + k->places)) * sizeof(int64_t));
    if (!k->number)
        return NULL;
    k->at = k->number + k->window;
    for (int64_t t = 0; t < k->window; t++) {
        int met = 0;
        for (int64_t p = 0; p < k->places; p++)
            met = met || meeting_place(s, p, t) >= 0;
        if (met)
            k->number[k->taps++] = t;
    }
    for (int64_t p = 0; p < k->places; p++)
        for (int64_t t = 0; t < k->taps; t++)
            k->at[p * k->taps + t] = meeting_place(s, p, k->number[t]);
    return k->number;
}

static void in_parts(const few *k, int64_t n, int64_t each, fl_body body) {
    fl_for(n, fl_most(1, GRAIN / fl_most(1, each)), body, (void *)k);
}

/* ---- copies: each runs over images, or over the weight's outer channels ---- */

/* from (n, c, size) to windows (n, place, c, tap). */
static void gather_windows(void *context, int64_t begin, int64_t end) {
    const few *k = context;
    for (int64_t i = begin * k->places; i < end * k->places; i++) {
        const float *x = k->from + i / k->places * k->s->inputs * k->size;
        const int64_t *at = k->at + i % k->places * k->taps;
        float *to = k->to + i * k->s->inputs * k->taps;
        for (int64_t c = 0; c < k->s->inputs; c++, x += k->size, to += k->taps)
            for (int64_t t = 0; t < k->taps; t++)
                to[t] = at[t] < 0 ? 0 : x[at[t]];
    }
}

/* Windows (n, place, c, tap) added up where they came from, and a bias. */
static void scatter_windows(void *context, int64_t begin, int64_t end) {
    const few *k = context;
    for (int64_t i = begin; i < end; i++) {
        float *x = k->to + i * k->s->inputs * k->size;
        for (int64_t j = 0; j < k->s->inputs * k->size; j++)
            x[j] = k->bias ? k->bias[j / k->size] : 0;
        for (int64_t p = 0; p < k->places; p++) {
            const float *from = k->from + (i * k->places + p) * k->s->inputs * k->taps;
            const int64_t *at = k->at + p * k->taps;
            for (int64_t c = 0; c < k->s->inputs; c++, from += k->taps)
                for (int64_t t = 0; t < k->taps; t++)
                    if (at[t] >= 0)
                        x[c * k->size + at[t]] += from[t];
        }
    }
}

/* from (n, o, place) to (n, place, o). */
static void places_first(void *context, int64_t begin, int64_t end) {
    const few *k = context;
    int64_t outs = k->s->outputs, each = outs * k->places;
    for (int64_t i = begin * each; i < end * each; i++)
        k->to[i / each * each + i % k->places * outs + i % each / k->places] = k->from[i];
}

/* from (n, place, o) to (n, o, place), and a bias. */
static void places_last(void *context, int64_t begin, int64_t end) {
    const few *k = context;
    int64_t outs = k->s->outputs, each = outs * k->places;
    for (int64_t i = begin * each; i < end * each; i++) {
        int64_t o = i % each / k->places, p = i % k->places;
        k->to[i] = k->from[i / each * each + p * outs + o] + (k->bias ? k->bias[o] : 0);
    }
}

/* The weight's taps in use: (o, c, window) to (o, c, tap); and back, the others being 0. */
static void used_taps(void *context, int64_t begin, int64_t end) {
    const few *k = context;
    for (int64_t i = begin * k->s->inputs; i < end * k->s->inputs; i++)
        for (int64_t t = 0; t < k->taps; t++)
            k->to[i * k->taps + t] = k->from[i * k->window + k->number[t]];
}

static void all_taps(void *context, int64_t begin, int64_t end) {
    const few *k = context;
    memset(k->to + begin * k->s->inputs * k->window, 0, (size_t)((end - begin) * k->s->inputs * k->window) * sizeof(float));
    for (int64_t i = begin * k->s->inputs; i < end * k->s->inputs; i++)
        for (int64_t t = 0; t < k->taps; t++)
            k->to[i * k->window + k->number[t]] = k->from[i * k->taps + t];
}

/* ---- the three products ---- */

/* The matrices: windows (rows, columns), outputs (rows, o), weight (o, columns). Arrays that have
 * these forms serve as they are. */
typedef struct { int64_t rows, columns; float *windows, *outputs, *weight, *memory; } matrices;

static int make_matrices(const few *k, matrices *m, float *w, float *y) {
    m->rows = k->s->batch * k->places;
    m->columns = k->s->inputs * k->taps;
    int64_t windows = m->rows * m->columns;
    int64_t outputs = k->places > 1 ? m->rows * k->s->outputs : 0;
    int64_t weight = k->taps < k->window ? k->s->outputs * m->columns : 0;
    m->memory = m->windows = malloc((size_t)(windows + outputs + weight + 1) * sizeof(float));
    if (!m->memory)
        return 0;
    m->outputs = k->places > 1 ? m->windows + windows : y;
    m->weight = k->taps < k->window ? m->windows + windows + outputs : w;
    return 1;
}

static void run(few *k, fl_body body, int64_t n, int64_t each, const float *from, const float *bias, float *to) {
    k->from = from, k->bias = bias, k->to = to;
    in_parts(k, n, each, body);
}

/* x, w and y are what fl.h says; the one of `which` ('y', 'x', 'w') is computed. */
int fl_conv_few(const fl_conv *s, int which, float *x, float *w, const float *bias, float *y) {
    few k;
    matrices m;
    if (!find_taps(&k, s))
        return 0;
    if (!make_matrices(&k, &m, w, y)) {
        free(k.number);
        return 0;
    }
    int64_t outs = s->outputs, columns = m.columns, window = k.places * columns;
    if (which != 'w' && m.weight != w)
        run(&k, used_taps, outs, columns, w, NULL, m.weight);
    if (which != 'x')
        run(&k, gather_windows, s->batch, window, x, NULL, m.windows);
    if (which != 'y' && m.outputs != y)
        run(&k, places_first, s->batch, k.places * outs, y, NULL, m.outputs);
    if (which == 'y') {
        fl_sgemm(m.rows, outs, columns, m.windows, columns, 1, m.weight, 1, columns, m.outputs, outs, 1, 0, NULL, NULL);
        if (m.outputs != y || bias)
            run(&k, places_last, s->batch, k.places * outs, m.outputs, bias, y);
    } else if (which == 'x') {
        fl_sgemm(m.rows, columns, outs, m.outputs, outs, 1, m.weight, columns, 1, m.windows, columns, 1, 0, NULL, NULL);
        run(&k, scatter_windows, s->batch, window, m.windows, bias, x);
    } else {
        fl_sgemm(outs, columns, m.rows, m.outputs, 1, outs, m.windows, columns, 1, m.weight, columns, 1, 0, NULL, NULL);
        if (m.weight != w)
            run(&k, all_taps, outs, s->inputs * k.window, m.weight, NULL, w);
    }
    free(m.memory);
    free(k.number);
    return 1;
}
