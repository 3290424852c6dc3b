/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tables of the values of a node, of its samples and of an episode, one line for each
 * value. JSON, CSV, the comparison of traces and the metrics use the same tables.
 */
#ifndef KSWAPD_REPORT_FIELDS_H
#define KSWAPD_REPORT_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

enum kind {
	F_COUNT,
	F_SECONDS,	/* a duration, in ns */
	F_TIME,		/* on the clock of the trace, in ns or without a unit */
	F_DECIMAL,	/* with one digit, or two */
	F_BOOL,
	F_TRI,		/* enum belief: IS_HOPELESS is true, UNSURE null */
	F_WORD,
};

struct value {
	union {
		uint64_t number;
		double decimal;
		const char *word;
	};
};

struct field {
	const char *key;	/* in JSON and CSV */
	const char *label;	/* in the comparison of traces, or NULL */
	const char *metric;	/* for Prometheus, or NULL */
	const char *help;	/* of the metric */
	enum kind kind;
	/* false: the trace does not tell */
	bool (*get)(const struct model *m, const struct node *node, const struct episode *ep,
		    struct value *val);
};

/* A NULL key ends each table. */
extern const struct field node_fields[];
extern const struct field sample_fields[];
extern const struct field episode_fields[];

/* Is the hopeless time exact, a lower bound, or unknown? */
const char *hopeless_bound(const struct node *node);
/* val in words, or "?" if it is not known */
void field_words(char *buf, size_t size, const struct field *f, const struct model *m,
		 const struct node *node, const struct episode *ep);

/* "cgroup /a/b", or "reclaim of the cgroup with id 7" */
#define CGROUP_WORDS	(CGROUP_LEN + 16)
const char *cgroup_words(const struct reset_cgroup *c, char *buf);

double percent(uint64_t part, uint64_t whole);
/* Getters for the text; false if the trace does not have the value. */
bool get_awake(const struct model *m, const struct node *node, const struct episode *ep,
	       struct value *val);
bool get_cpu(const struct model *m, const struct node *node, const struct episode *ep,
	     struct value *val);
bool get_refaults(const struct model *m, const struct node *node, const struct episode *ep,
		  struct value *val);
bool get_other_runs(const struct model *m, const struct node *node, const struct episode *ep,
		    struct value *val);

#endif
