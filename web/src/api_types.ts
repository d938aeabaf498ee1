// What the API answers: docs/api/openapi.json, of which this holds what the page reads. What is not
// known is absent, and absent is never shown as zero.

export const STATES = [
  'CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2',
  'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT',
] as const;
export type State = (typeof STATES)[number];

export type Severity = 'information' | 'warning' | 'problem';

export interface Evidence { fact: string; origin: string; check?: string }
export interface Candidate { cause: string; decided_by?: string; command?: string }
export interface Unseen { what: string; remedy: string }

export interface Socket {
  state: State; local: string; remote: string; at_least_ms?: number; at_most_ms?: number;
  pid?: number; process?: string;
}

export interface Finding {
  id: string; active: boolean; first_seen_unix_s: number; last_seen_unix_s: number;
  network_namespace?: string; rule: string; severity: Severity; claim: string;
  at_least_ms?: number; at_most_ms?: number; evidence: Evidence[]; candidates?: Candidate[];
  unknown: string[]; advice: string[]; socket_count: number; sockets: Socket[];
}

export interface Rate { from: State; to: State; per_second: number }

export interface Now {
  at_unix_s: number;
  host: { name: string; kernel: string; tcpdx_version: string; watching_since_unix_s: number };
  source: 'events' | 'samples';
  states: Record<State, number>;
  rates_over_ms: number;
  rates: Rate[];
  opened_actively_per_second?: number; opened_passively_per_second?: number;
  closed_per_second?: number; resets_sent_per_second?: number; resets_received_per_second?: number;
  retransmissions_per_second?: number; drops_per_second?: number;
  lost: { changes: number; details: number; skipped: number };
  recording: { state: 'on' | 'off' | 'stopped'; reason?: string };
  findings_at_unix_s?: number;
  findings: Finding[];
  not_seen: Unseen[];
}

export type Opener = 'active' | 'passive';
export type Kind = 'full' | 'request' | 'time-wait';

export interface Row {
  id: string; state?: State; kind?: Kind; local_address?: string; local_port?: number;
  remote_address?: string; remote_port?: number; service_port?: number;
  age_at_least_ms?: number; age_at_most_ms?: number; opener?: Opener;
  owner?: 'process' | 'never-accepted' | 'kernel'; pid?: number; process?: string; unit?: string;
  more_holders?: number; recv_q?: number; send_q?: number; accept_queue?: number; backlog?: number;
  // Everything else of tcpdx.list/1, shown by its name.
  [field: string]: string | number | boolean | undefined;
}

export interface Connections {
  at_unix_s: number; snapshot: string; total: number; listed: number; offset: number;
  limit: number; table_changed: boolean; connections: Row[];
}

export type Count = Partial<Row> & { count: number };
export interface Counts { total: number; counts: Count[]; table_changed: boolean }

export interface LifeState {
  state: State; kind: Kind; since_unix_s?: number; since_earliest_unix_s?: number;
  lasted_at_least_us?: number; lasted_at_most_us?: number;
  cause?: string; cause_kind?: 'system-call' | 'segment' | 'timer' | 'limit';
  sends?: string; flaw?: 'steps-missed' | 'illegal';
}

export type Ending =
  | 'closed' | 'reset' | 'refused' | 'unreachable' | 'unanswered' | 'timed-out' | 'orphaned'
  | 'no-source-port' | 'dropped' | 'unseen';

export interface Life {
  local_address: string; local_port?: number; remote_address?: string; remote_port?: number;
  opener?: Opener; owner?: 'process' | 'listener' | 'kernel'; pid?: number; process?: string;
  first_fin?: 'local' | 'peer' | 'both'; ending?: Ending; reset_by?: 'local' | 'peer';
  reset_reason?: string; error?: string; bytes_sent?: number; bytes_received?: number;
  retransmissions?: number; syn_retransmissions?: number; incomplete?: boolean;
  states: LifeState[];
}

export interface Connection {
  at_unix_s: number; id: string; open: boolean; row?: Row; life: Life;
  peer?: { where: 'here' | 'elsewhere'; id?: string; life?: Life; possible_states?: State[] };
}

export type ClosedConnection = Life & { id: string; ended_unix_s: number; opened_unix_s?: number };
export interface Closed {
  from_unix_s: number; to_unix_s: number; total: number; offset: number; limit: number;
  connections: ClosedConnection[];
}

export type Numbers = (number | null)[];
export const EVENT_SERIES = [
  'opened_actively', 'opened_passively', 'closed', 'resets_sent', 'resets_received',
  'retransmissions', 'drops',
] as const;
export type EventSeries = (typeof EVENT_SERIES)[number];

export type GapReason =
  | 'not-running' | 'crashed' | 'disk-full' | 'write-failed' | 'events-lost' | 'sampled';
export interface Gap { from_unix_s: number; to_unix_s: number; reason: GapReason; lost?: number }

export type Series = Record<EventSeries, Numbers> & {
  from_unix_s: number; to_unix_s: number; step_s: number; time_unix_s: number[];
  states: Record<State, Numbers>; states_most: Record<State, Numbers>; gaps: Gap[];
  oldest_unix_s?: number;
};

export interface MapNode {
  id: string; kind: 'process' | 'peer' | 'others' | 'unknown' | 'kernel'; name: string;
  unit?: string; processes?: number; pids?: number[]; connections: number; listens_on?: number[];
  members?: number;
}
export interface MapEdge {
  from: string; to: string; opener_known: boolean; port?: number; connections: number;
  states: Partial<Record<State, number>>;
}
export interface HostMap {
  at_unix_s: number; nodes: MapNode[]; edges: MapEdge[]; nodes_in_all: number;
}

export interface FindingsOfTime { from_unix_s: number; to_unix_s: number; findings: Finding[] }

export interface Transition {
  from: State; to: State; cause: string; cause_kind: string; sends?: string; source: string;
  in_rfc: boolean; in_linux: boolean; note?: string;
}
export interface ExplainAll {
  states: { state: State; netstat_name: string; meaning: string }[]; transitions: Transition[];
}
export interface ExplainState {
  state: State; netstat_name: string; meaning: string; details: string; normal: string;
  worry: string; causes: string[]; ways_in: Transition[]; ways_out: Transition[];
  options: { name: string; value?: string; effect: string }[]; rules: string[];
}
export interface ExplainRules { rules: { rule: string; title: string }[] }
export interface ExplainRule { rule: string; title: string; page_markdown?: string }

export interface ApiProblem { error: string; message: string; parameter?: string }
