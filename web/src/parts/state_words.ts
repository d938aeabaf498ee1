// How states are grouped and coloured. A colour is never the only sign: the name stands beside it.

import type { State } from '../api_types';

export type Phase = 'rest' | 'opening' | 'open' | 'closing' | 'closed-by-peer' | 'over';

const PHASES: Record<State, Phase> = {
  CLOSED: 'rest',
  LISTEN: 'rest',
  'SYN-SENT': 'opening',
  'SYN-RECEIVED': 'opening',
  ESTABLISHED: 'open',
  'FIN-WAIT-1': 'closing',
  'FIN-WAIT-2': 'closing',
  CLOSING: 'closing',
  'CLOSE-WAIT': 'closed-by-peer',
  'LAST-ACK': 'closed-by-peer',
  'TIME-WAIT': 'over',
};

export function phase_of(state: State): Phase {
  return PHASES[state];
}

// The filter of `tcpdx list` that shows a state.
export function filter_of(state: State): string {
  return `state ${state.toLowerCase()}`;
}
