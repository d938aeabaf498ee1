/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* The ring buffer, and what happens when it is full. */
#ifndef TCPDX_TRACE_BPF_TRACE_OUTPUT_H
#define TCPDX_TRACE_BPF_TRACE_OUTPUT_H

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* user space sizes it by the memory there is */
} records SEC(".maps");

/* Details are refused beyond this fill, so that changes of state find room until the end. */
const volatile __u64 most_bytes_for_details = 1 << 19;

/* Read by user space without a system call. */
struct trace_losses losses[TRACE_MOST_CPUS] = {};

static __always_inline struct trace_losses *losses_here(void)
{
	return &losses[bpf_get_smp_processor_id() & (TRACE_MOST_CPUS - 1)];
}

/* No wake-up: it would cost ten times the rest. The reader looks every few milliseconds. */
static __always_inline void write_change(struct trace_record *record)
{
	record->monotonic_ns = bpf_ktime_get_ns();
	if (bpf_ringbuf_output(&records, record, sizeof(*record), BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&losses_here()->changes, 1);
}

static __always_inline void write_detail(struct trace_record *record)
{
	record->monotonic_ns = bpf_ktime_get_ns();
	if (bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > most_bytes_for_details ||
	    bpf_ringbuf_output(&records, record, sizeof(*record), BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&losses_here()->details, 1);
}

#endif
