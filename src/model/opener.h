#pragma once

#include "model/connection.h"

namespace tcpdx {

// Works out which end opened from one snapshot, and notes how it is known. Our own SYN takes one
// sequence number, so on the side that sent it one more byte is acknowledged than was sent:
//
//     bytes_acked + (send queue - not sent) - (bytes_sent - bytes_retransmitted)
//
// is 1 for an active and 0 for a passive open, and one more once our FIN is out as well. Verified
// for idle, busy, blocked and half-closed sockets; needs Linux 4.19. Leaves Unknown what it cannot
// tell, in particular TIME-WAIT sockets, which keep no counters.
void infer_opener(Connection& connection);

}  // namespace tcpdx
