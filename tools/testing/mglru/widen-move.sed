# A debugging aid, not for use. A CPU that drains its batch takes the LRU flag from a
# folio, and then waits for the lock to move it. If its processor is virtual and does
# not run, or the lock is contended, that is long; here the first folio of each batch
# waits for lru_move_delay_ms (0 at first).
/^static void folio_batch_move_lru\(/ i\
static int lru_move_delay_ms;\
core_param(lru_move_delay_ms, lru_move_delay_ms, int, 0644);\

/^static void folio_batch_move_lru\(/,/^}/ s/^\t\tfolio_lruvec_relock_irqsave\(/\t\tif (!lruvec \&\& move_fn != lru_add \&\& !irqs_disabled())\
\t\t\tmdelay(lru_move_delay_ms);\
&/
s/^#include <linux\/sched\.h>/#include <linux\/delay.h>\
&/
