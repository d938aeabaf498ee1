/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/* One record of the iterator's output. Shared by the BPF program and C++. */
#ifndef TCPDX_SOCKDIAG_BPF_SOCKET_AGE_RECORD_H
#define TCPDX_SOCKDIAG_BPF_SOCKET_AGE_RECORD_H

#include <linux/types.h>

struct socket_age_record {
	__u64 cookie;
	__u64 age_ms;
};

#ifdef __cplusplus
static_assert(sizeof(socket_age_record) == 16);
#endif

#endif
