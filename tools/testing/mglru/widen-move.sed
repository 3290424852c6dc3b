# For debugging only. A CPU that drains its batch clears the LRU flag of a folio and then
# waits for the lock to move the folio. The wait is long if the lock is contended or if a
# virtual CPU is not running. Here the first folio of each batch waits for
# lru_move_delay_ms (default 0).
/^static void folio_batch_move_lru\(/ i\
static int lru_move_delay_ms;\
core_param(lru_move_delay_ms, lru_move_delay_ms, int, 0644);\

/^static void folio_batch_move_lru\(/,/^}/ s/^\t\tfolio_lruvec_relock_irqsave\(/\t\tif (!lruvec \&\& move_fn != lru_add \&\& !irqs_disabled())\
\t\t\tmdelay(lru_move_delay_ms);\
&/
s/^#include <linux\/sched\.h>/#include <linux\/delay.h>\
&/
