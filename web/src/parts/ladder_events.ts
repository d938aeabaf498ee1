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
  const steps = merge(side_steps('here', connection.life), peer_life ? side_steps('peer', peer_life) : []);
  return { steps, arrows: arrows_of(steps, peer_life !== null), peer_life };
}

function side_steps(side: Side, life: Life): LadderStep[] {
  return life.states.map((step, index) => ({ side, index, step, before: life.states[index - 1]?.state }));
}

// By time; at the same microsecond, and where a time is missing, the order of each end is kept.
function merge(here: LadderStep[], peer: LadderStep[]): LadderStep[] {
  const merged: LadderStep[] = [];
  let next_peer = 0;
  for (const step of here) {
    while (next_peer < peer.length && began(peer[next_peer]!) < began(step)) merged.push(peer[next_peer++]!);
    merged.push(step);
  }
  return merged.concat(peer.slice(next_peer));
}

function began(step: LadderStep): number {
  return step.step.since_unix_s ?? 0;
}

function other(side: Side): Side {
  return side === 'here' ? 'peer' : 'here';
}

function arrows_of(steps: LadderStep[], peer_watched: boolean): LadderArrow[] {
  const arrows: LadderArrow[] = [];
  const on_the_way: LadderArrow[] = [];
  steps.forEach(({ side, step }, at) => {
    const received = received_segment(step);
    if (received !== null) {
      const waiting = on_the_way.findIndex((arrow) => arrow.from === other(side) && fits(arrow.label, received));
      if (waiting >= 0) {
        on_the_way[waiting]!.received_at = at;
        forget(on_the_way, waiting);
      } else {
        arrows.push({ from: other(side), label: received, sent_at: null, received_at: at });
      }
    }
    if (step.sends !== undefined) {
      const arrow: LadderArrow = { from: side, label: step.sends, sent_at: at, received_at: null };
      arrows.push(arrow);
      if (peer_watched) on_the_way.push(arrow);
    }
  });
  return arrows;
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
