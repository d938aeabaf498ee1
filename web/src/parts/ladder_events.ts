// From the lives of both ends to the steps and arrows of a ladder. Pure, so that it can be tested.

import type { Connection, Life, LifeState, State } from '../api_types';

export type Side = 'here' | 'peer';

export interface LadderStep {
  side: Side;
  index: number;              // of the state in its life
  step: LifeState;
  before: State | undefined;
}

export interface LadderArrow {
  from: Side;
  label: string;
  sent_at: number | null;     // index of the step that sent it; null: the other end is not watched
  received_at: number | null;
}

export interface Ladder { steps: LadderStep[]; arrows: LadderArrow[]; peer_life: Life | null }

const AWAITED: [RegExp, string][] = [
  [/^SYN\+ACK/, 'SYN+ACK'], [/^FIN with the ACK/, 'FIN+ACK'], [/^FIN/, 'FIN'], [/^RST/, 'RST'],
  [/^(another |new )?SYN/, 'SYN'], [/^ACK/, 'ACK'], [/^ICMP/, 'ICMP'], [/^data/, 'data'],
];

// "SYN+ACK received" -> "SYN+ACK". Causes are rows of src/model/transitions.cpp.
export function received_segment(step: LifeState): string | null {
  if (step.cause_kind !== 'segment' || step.cause === undefined) return null;
  const cause = step.cause.replace(/^(An?|The) /, '');
  return AWAITED.find(([pattern]) => pattern.test(cause))?.[1] ?? 'segment';
}

export function ladder_of(connection: Connection): Ladder {
  const peer_life = connection.peer?.life ?? null;
  const ladder = new Building(peer_life !== null);
  ladder.merge(side_steps('here', connection.life), peer_life ? side_steps('peer', peer_life) : []);
  return { steps: ladder.steps, arrows: ladder.arrows, peer_life };
}

function side_steps(side: Side, life: Life): LadderStep[] {
  return life.states.map((step, index) => ({ side, index, step, before: life.states[index - 1]?.state }));
}

function began(step: LadderStep): number {
  return step.step.since_unix_s ?? 0;
}

function other(side: Side): Side {
  return side === 'here' ? 'peer' : 'here';
}

class Building {
  readonly steps: LadderStep[] = [];
  readonly arrows: LadderArrow[] = [];
  private readonly on_the_way: LadderArrow[] = [];

  constructor(private readonly peer_watched: boolean) {}

  // By time, but never a segment's arrival before its sending: over loopback they are a microsecond
  // apart, and a half-open request is noticed only after it was made.
  merge(here: LadderStep[], peer: LadderStep[]): void {
    while (here.length > 0 || peer.length > 0) {
      const [first, second] = here[0] && (!peer[0] || began(here[0]) <= began(peer[0])) ? [here, peer] : [peer, here];
      const from = second[0] && this.needs(first[0]!, second[0]) ? second : first;
      this.add(from.shift()!);
    }
  }

  private needs(step: LadderStep, later: LadderStep): boolean {
    const received = received_segment(step.step);
    return received !== null && this.waiting(step.side, received) < 0
      && later.step.sends !== undefined && fits(later.step.sends, received);
  }

  // Index of the segment on the way to `side`; negative when there is none.
  private waiting(side: Side, received: string): number {
    return this.on_the_way.findIndex((arrow) => arrow.from === other(side) && fits(arrow.label, received));
  }

  private add(step: LadderStep): void {
    const at = this.steps.push(step) - 1;
    const received = received_segment(step.step);
    if (received !== null) this.receive(step.side, received, at);
    if (step.step.sends === undefined) return;
    const arrow: LadderArrow = { from: step.side, label: step.step.sends, sent_at: at, received_at: null };
    this.arrows.push(arrow);
    if (this.peer_watched) this.on_the_way.push(arrow);
  }

  private receive(side: Side, received: string, at: number): void {
    const index = this.waiting(side, received);
    if (index < 0) {
      this.arrows.push({ from: other(side), label: received, sent_at: null, received_at: at });
      return;
    }
    this.on_the_way[index]!.received_at = at;
    forget(this.on_the_way, index);
  }
}

// A segment that came shows that those sent before it will change nothing any more.
function forget(on_the_way: LadderArrow[], arrived: number): void {
  const { from } = on_the_way[arrived]!;
  for (let at = arrived; at >= 0; --at) {
    if (on_the_way[at]!.from === from) on_the_way.splice(at, 1);
  }
}

// An end that sends SYN+ACK also acknowledges; what the receiver takes of a segment may be part of it.
function fits(sent: string, received: string): boolean {
  return sent === received || (received === 'FIN+ACK' && sent === 'FIN') || (received === 'ACK' && sent === 'FIN');
}
