/* Combining elements of type T with those of a table at index numbers; see scatters.c. */

/* Rows that lie contiguous on both sides: their elements do not depend on each other. */
static int F(add_neighbours)(const job *j, char *table, const int64_t *index, char *values)
{
    const int64_t a = j->p.axes - 2, rows = j->p.size[a], count = j->p.size[a + 1];
    const int64_t it = j->p.table[a], ii = j->p.index[a], iv = j->p.values[a], step = j->p.step;
    for (int64_t r = 0; r < rows; r++) {
        const int64_t i = counted(j, index[r * ii]);
        T *restrict t = (T *)(table + r * it) + i * step;
        const T *restrict v = (const T *)(values + r * iv);
        if (r + 8 < rows)
            __builtin_prefetch((T *)(table + r * it) + index[(r + 8) * ii] * step, 1);
        if (is_own(j, i))
            for (int64_t k = 0; k < count; k++)
                t[k] += v[k];
    }
    return 0;
}

/* Indices one after the other along an axis, all of them this thread's. */
static int F(add_all)(const job *j, char *table, const int64_t *index, char *values)
{
    const int64_t a = j->p.axes - 1, count = j->p.size[a], step = j->p.step;
    const int64_t ts = j->p.table[a], vs = j->p.values[a];
    T *t = (T *)table;
    const T *v = (const T *)values;
    for (int64_t k = 0; k < count; k++, t += ts, v += vs)
        t[index[k] * step] += *v;
    return 0;
}

/* x is what is there, y what comes. */
FL_INLINE T F(combined)(T x, T y, int64_t how)
{
    switch (how) {
    case FL_ADD: return x + y;
    case FL_MULTIPLY: return x * y;
    case FL_MAXIMUM: return x >= y || IS_NAN(x) ? x : y;
    default: return x <= y || IS_NAN(x) ? x : y;
    }
}

/* Elements along one axis, one after the other. */
static int F(combine_one)(const job *j, char *table, const int64_t *index, char *values)
{
    const int64_t a = j->p.axes - 1, count = j->p.size[a], step = j->p.step, how = j->how;
    const int64_t is = j->p.index[a], ts = j->p.table[a], vs = j->p.values[a];
    const T *v = (const T *)values;
    if (how == FL_ADD && is == 1 && j->all && !j->p.wraps)
        return F(add_all)(j, table, index, values);
    for (int64_t k = 0; k < count; k++) {
        const int64_t i = counted(j, index[k * is]);
        T *t = (T *)table + k * ts + i * step;
        if (is_own(j, i))
            *t = F(combined)(*t, v[k * vs], how);
    }
    return 0;
}

FL_ROWS(F(combine), F(combine_one))

/* The table's elements at the indices combined with values, one after the other in their order. */
int64_t F(fl_combine)(const fl_places *places, T *table, const int64_t *index, const T *values, int64_t how)
{
    const int64_t wrong = check(places, index), a = places->axes - 1;
    if (wrong)
        return wrong;
    const int rows = !places->index[a] && places->table[a] == 1 && places->values[a] == 1;
    job j = {*places, (char *)table, (char *)values, index, .how = how};
    j.row = rows && how == FL_ADD ? F(add_neighbours) : F(combine);
    j.table_item = j.values_item = sizeof(T);
    run(&j, 0);
    return 0;
}

#undef T
#undef F
#undef IS_NAN
