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
	RECOVERED,	/* it gave up, and was revived */
	GIVEN_UP,	/* it is given up at the end */
	SUSPECTED,	/* a runaway, by samples alone */
	RUNAWAY,
};

enum verdict verdict_of(const struct model *m, const struct node *node);
enum verdict verdict_of_all(const struct model *m);
const char *verdict_name(enum verdict v);

/* One sentence on what is the matter, and one on what to do. Free them. */
char *diagnosis(const struct model *m, const struct node *node);
char *advice(const struct model *m, const struct node *node);

/* What this trace cannot tell, and how to record one that can; NULL at the end. */
const char *cannot_tell(const struct model *m, int i);

#endif
