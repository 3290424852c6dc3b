/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What it means, in words.
 */
#ifndef KSWAPD_REPORT_VERDICT_H
#define KSWAPD_REPORT_VERDICT_H

#include "model.h"

/* From good to bad; of several nodes the worst counts. */
enum verdict {
	HEALTHY,	/* kswapd did not give up */
	UNKNOWN,	/* the trace cannot tell */
	RECOVERED,	/* it gave up, and the node is not hopeless at the end */
	GAVE_UP,	/* it gave up; the trace cannot tell how it ended */
	GIVEN_UP,	/* the node is hopeless at the end */
	SUSPECTED,	/* of a runaway; whether the node was balanced is not certain */
	RUNAWAY,
};

enum verdict verdict_of(const struct model *m, const struct node *node);
enum verdict verdict_of_all(const struct model *m);
/* The same while events still come: what was long ago is over. */
enum verdict verdict_now(const struct model *m, const struct node *node);
const char *verdict_name(enum verdict v);
const char *verdict_code(enum verdict v);

/* Is the verdict one of a list, such as "given-up,unknown"? */
enum { FAIL_GIVEN_UP = 1, FAIL_RUNAWAY = 2, FAIL_SUSPECTED = 4, FAIL_UNKNOWN = 8 };
/* 0 if a word of the list is none of them */
unsigned int fail_list(const char *list);
bool fails_on(const struct model *m, unsigned int list);

/* One or two sentences on the state of the node, and on what to do. Free them. */
char *diagnosis(const struct model *m, const struct node *node);
char *advice(const struct model *m, const struct node *node);
char *words_now(const struct model *m, const struct node *node, bool advice);
/* The same as a code, which does not change with the words. */
const char *diagnosis_code(const struct model *m, const struct node *node);
const char *advice_code(const struct model *m, const struct node *node);

/* What this trace cannot tell, and how to record one that can; NULL at the end. */
struct limit {
	const char *code, *text;
};

const struct limit *cannot_tell(const struct model *m, int i);

#endif
