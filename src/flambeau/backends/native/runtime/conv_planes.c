/* Padded copies of a convolution's source: see fl_planes in conv.h. */
#include "conv.h"
#include "strided.h"

fl_conv fl_conv_folded(const fl_conv *shape) {
    fl_conv s = *shape;
    int trivial[3];
    for (int a = 0; a < 3; a++)
        trivial[a] = s.kernel[a] == 1 && s.stride[a] == 1 && !s.padding[a];
    for (int a = 1; a >= 0 && trivial[2] && trivial[a]; a--) {
        s.size[2] *= s.size[a], s.out[2] *= s.out[a];
        s.size[a] = s.out[a] = 1;
    }
    return s;
}

int fl_meets_forward(const fl_conv *s, int axis, int64_t first, int64_t tap, int64_t *at) {
    (void)first;
    *at = tap * s->dilation[axis] - s->padding[axis];
    return 1;
}

int fl_meets_backward(const fl_conv *s, int axis, int64_t first, int64_t tap, int64_t *at) {
    int64_t distance = first + s->padding[axis] - tap * s->dilation[axis];
    *at = distance / s->stride[axis];
    return distance % s->stride[axis] == 0;
}

int64_t fl_planes_window(fl_planes *p, const fl_conv *s, fl_meeting meets, int axis, int64_t parts) {
    int64_t low = INT64_MAX, high = INT64_MIN, at, *slot = p->slot[axis], taps = s->kernel[axis];
    for (int64_t i = 0; i < parts * taps; i++)
        if (meets(s, axis, i / taps, i % taps, &at))
            low = fl_least(low, at), high = fl_most(high, at);
    if (low > high)
        low = high = 0;
    p->low[axis] = low;
    for (int64_t i = 0; i < p->step[axis]; i++)
        slot[i] = -1;
    for (int64_t i = 0; i < parts * taps; i++)
        if (meets(s, axis, i / taps, i % taps, &at))
            slot[(at - low) % p->step[axis]] = 0;
    p->slots[axis] = 0;
    for (int64_t i = 0; i < p->step[axis]; i++)
        if (!slot[i])
            slot[i] = p->slots[axis]++;
    p->slots[axis] = fl_most(1, p->slots[axis]);
    return high - low;
}

void fl_planes_measure(fl_planes *p, const int64_t *count, const int64_t *total, const int64_t *reach, int direct) {
    p->plane = 1;
    for (int a = 0; a < 3; a++) {
        p->e[a] = count[a] + reach[a] / p->step[a];
        direct = direct && p->step[a] == 1 && p->low[a] >= 0 &&
                 p->low[a] + total[a] + reach[a] <= p->size[a];
        p->plane *= p->e[a];
    }
    int64_t size = p->size[0] * p->size[1] * p->size[2];
    p->direct = direct && !(size % 512 == 0 && p->channels > 8);
    if (p->direct) {
        p->e[1] = p->size[1], p->e[2] = p->size[2];
        p->plane = p->channel = p->size[0] * p->e[1] * p->e[2];
        p->image = p->all * p->channel;
        return;
    }
    p->channel = p->slots[0] * p->slots[1] * p->slots[2] * p->plane;
    if (p->channel % 128 == 0)
        p->channel += 16; /* channels at powers of two would share a few sets of the cache */
    p->image = p->channels * p->channel;
}

int64_t fl_planes_room(const fl_planes *p, int64_t images) {
    return p->direct ? 0 : images * p->image + FL_WIDTH;
}

int64_t fl_planes_offset(const fl_planes *p, const int64_t *u) {
    int64_t at = 0, number = 0;
    for (int a = 0; a < 3; a++) {
        number = number * p->slots[a] + p->slot[a][u[a] % p->step[a]];
        at = at * p->e[a] + u[a] / p->step[a];
    }
    return number * p->plane + at;
}

/* At least n zeros: the planes are written in order, with place for a vector at the end. */
static void zeros(float *to, int64_t n) {
    for (int64_t i = 0; i < n; i += FL_WIDTH)
        fvec_store(to + i, (fvec){0});
}

void fl_copy_floats(const float *from, int64_t n, float *to) {
    int64_t i = 0;
    for (; i + FL_WIDTH <= n; i += FL_WIDTH)
        fvec_store(to + i, fvec_load(from + i));
    if (i < n && n >= FL_WIDTH)
        fvec_store(to + n - FL_WIDTH, fvec_load(from + n - FL_WIDTH));
    else
        for (; i < n; i++)
            to[i] = from[i];
}

/* Every second element. */
static void copy_second(const float *from, int64_t n, float *to) {
    int64_t i = 0;
    while (n >= FL_WIDTH && i < n) {
        i = fl_least(i, n - FL_WIDTH);
        fvec_store(to + i, fvec_load_second(from + 2 * i));
        i += FL_WIDTH;
    }
    for (; i < n; i++)
        to[i] = from[2 * i];
}

/* A row of n elements, `step` apart in the source, of which [begin, end) are inside it. */
static void copy_row(const float *from, int64_t step, int64_t begin, int64_t end, int64_t n, float *to) {
    zeros(to, begin);
    if (step == 1)
        fl_copy_floats(from + begin, end - begin, to + begin);
    else if (step == 2)
        copy_second(from + 2 * begin, end - begin, to + begin);
    else
        for (int64_t i = begin; i < end; i++)
            to[i] = from[step * i];
    zeros(to + end, n - end);
}

/* One phase of one channel. */
static void copy_plane(const fl_planes *p, const float *source, const int64_t *low, float *to) {
    int64_t begin = fl_least(p->e[2], fl_most(0, fl_pieces(-low[2], p->step[2])));
    int64_t end = fl_most(begin, fl_least(p->e[2], fl_pieces(p->size[2] - low[2], p->step[2])));
    for (int64_t i = 0; i < p->e[0]; i++) {
        int64_t d = low[0] + i * p->step[0];
        for (int64_t j = 0; j < p->e[1]; j++, to += p->e[2]) {
            int64_t h = low[1] + j * p->step[1];
            if (d < 0 || d >= p->size[0] || h < 0 || h >= p->size[1])
                zeros(to, p->e[2]);
            else
                copy_row(source + (d * p->size[1] + h) * p->size[2] + low[2], p->step[2], begin, end, p->e[2], to);
        }
    }
}

#include "plans.h"

static void copy_channel(const fl_planes *p, const float *source, const int64_t *low, float *to) {
    for (int64_t i = 0; i < p->step[0]; i++)
        for (int64_t j = 0; j < p->step[1]; j++)
            for (int64_t k = 0; k < p->step[2]; k++) {
                if (p->slot[0][i] < 0 || p->slot[1][j] < 0 || p->slot[2][k] < 0)
                    continue;
                copy_plane(p, source, (int64_t[]){low[0] + i, low[1] + j, low[2] + k}, to);
                to += p->plane;
            }
    zeros(to, p->channel - p->slots[0] * p->slots[1] * p->slots[2] * p->plane);
}

const float *fl_planes_of(const fl_planes *p, const float *source, int64_t image, int64_t images, int64_t group, const int64_t *from, float *to) {
    int64_t size = p->size[0] * p->size[1] * p->size[2], low[3];
    for (int a = 0; a < 3; a++)
        low[a] = p->low[a] + from[a] * p->step[a];
    source += (image * p->all + group * p->channels) * size;
    if (p->direct)
        return source + (low[0] * p->size[1] + low[1]) * p->size[2] + low[2];
    for (int64_t i = 0; i < images; i++)
        for (int64_t c = 0; c < p->channels; c++)
            copy_channel(p, source + (i * p->all + c) * size, low, to + i * p->image + c * p->channel);
    zeros(to + images * p->image, FL_WIDTH);
    return to;
}
