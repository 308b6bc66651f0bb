/* How a correlation (conv.c) is cut into work: what conv_plan.c finds out and conv.c does. */
#ifndef FL_CONV_PLAN_H
#define FL_CONV_PLAN_H
#include "conv.h"

typedef struct { int32_t lane, to; } fl_move;
/* Where a vector reads and writes; its lanes' moves where they do not all stay together. */
typedef struct { int64_t x, y; const fl_move *moves; } fl_place;
typedef struct { fl_place *places; int64_t tiles; } fl_tiling;

/* The outputs at first + spread * o, o < count, and the taps that reach them. */
typedef struct {
    int64_t first[3], count[3];
    int64_t taps;                /* of one channel */
    int32_t *tap, *window;       /* where they lie in the planes, for a chunk of channels; in a window */
    int64_t weights;             /* where the part's packed weights begin in a group's */
    int64_t base, pitch[2];      /* where it is gathered, and its rows' distance there */
    fl_tiling tilings[2];        /* for a whole unit, and for the last one */
} fl_part;

typedef struct {
    fl_planes planes;
    const float *source, *w, *bias;
    float *result, *packed;
    int64_t batch, groups, outs;       /* outs: the result's channels of a group */
    int64_t size[3], spread[3];        /* the result's; result elements between outputs of a part */
    int64_t window;                    /* taps of a channel */
    int64_t w_group, w_channel, w_out; /* strides of w by group, source's and result's channels */
    fl_part *parts;
    int64_t part_count, most[3];       /* most: the largest count of outputs along each axis */
    int64_t down, across, chunk;       /* the kernel takes so many channels, vectors, source channels */
    int64_t images, units;             /* images of a unit of work */
    int64_t axis, band, bands;         /* outputs of a unit along one axis */
    int64_t blocks, shares;            /* blocks of `down` channels, and over how many jobs they go */
    int64_t y_channel, y_image;        /* strides of what the kernel writes to */
    int gathers;                       /* parts come together in scratch memory first */
    int blocks_first;                  /* all tiles for a block of channels, or the other way round */
    fl_tile_done done;
    void *context;
} fl_correlation;

/* Fills in everything from `parts` on; `parts` says how many there are along each axis. The memory
 * of the tables, which the caller frees; NULL where there is none. */
void *fl_correlation_plan(fl_correlation *k, const fl_conv *s, fl_meeting meets, const int64_t *parts);

#endif
