// The state diagram of RFC 9293, figure 5, as coordinates: once for a desk and once for a phone,
// since text that is scaled down is text that is not read. Every arrow is a row of the table in
// src/model/transitions.cpp; what is not drawn is listed below the diagram when it happens.

import type { State } from '../api_types';

export interface Box { state: State; x: number; y: number; again?: boolean }
export interface Arrow {
  from: State;
  to: State;
  label: string;                 // event / segment sent, as the RFC writes it
  kind: 'active' | 'passive' | 'other';
  in_linux: boolean;
  path: string;                  // SVG path, from edge to edge
  label_at: [number, number];
  anchor: 'start' | 'middle' | 'end';
}
export interface Layout {
  width: number; height: number; box_width: number; box_height: number;
  boxes: Box[]; arrows: Arrow[];
}

type Line = [State, State, Arrow['kind'], string, string, [number, number], Arrow['anchor']];

function arrows_of(lines: Line[]): Arrow[] {
  return lines.map(([from, to, kind, label, path, label_at, anchor]) => ({
    from, to, kind, label, path, label_at, anchor,
    // Linux refuses connect() on a listening socket, and a reset request leaves no socket to
    // return to LISTEN: its listener never left it.
    in_linux: !(from === 'LISTEN' && to === 'SYN-SENT') && !(from === 'SYN-RECEIVED' && to === 'LISTEN'),
  }));
}

// 760 x 610. Box corners; columns at x = 8, 310, 612; 140 x 46.
const WIDE: Layout = {
  width: 760, height: 616, box_width: 140, box_height: 46,
  boxes: [
    { state: 'CLOSED', x: 310, y: 6 },
    { state: 'LISTEN', x: 8, y: 84 },
    { state: 'SYN-SENT', x: 612, y: 84 },
    { state: 'SYN-RECEIVED', x: 8, y: 186 },
    { state: 'ESTABLISHED', x: 310, y: 270 },
    { state: 'FIN-WAIT-1', x: 8, y: 366 },
    { state: 'CLOSE-WAIT', x: 612, y: 366 },
    { state: 'FIN-WAIT-2', x: 8, y: 464 },
    { state: 'CLOSING', x: 310, y: 464 },
    { state: 'LAST-ACK', x: 612, y: 464 },
    { state: 'TIME-WAIT', x: 310, y: 562 },
    { state: 'CLOSED', x: 612, y: 562, again: true },
  ],
  arrows: arrows_of([
    ['CLOSED', 'LISTEN', 'passive', 'listen()', 'M310 24 H60 V84', [68, 18], 'start'],
    ['LISTEN', 'CLOSED', 'other', 'close()', 'M120 84 V42 H310', [126, 56], 'start'],
    ['CLOSED', 'SYN-SENT', 'active', 'connect() / SYN', 'M450 24 H700 V84', [694, 18], 'end'],
    ['SYN-SENT', 'CLOSED', 'other', 'close()', 'M640 84 V42 H450', [634, 56], 'end'],
    ['LISTEN', 'SYN-SENT', 'active', 'send() / SYN', 'M148 107 H612', [380, 101], 'middle'],
    ['LISTEN', 'SYN-RECEIVED', 'passive', 'SYN / SYN+ACK', 'M60 130 V186', [68, 152], 'start'],
    ['SYN-RECEIVED', 'LISTEN', 'other', 'RST', 'M30 186 V130', [24, 152], 'end'],
    ['SYN-SENT', 'SYN-RECEIVED', 'other', 'SYN / SYN+ACK', 'M646 130 V202 H148', [400, 196], 'middle'],
    ['SYN-RECEIVED', 'ESTABLISHED', 'passive', 'ACK', 'M148 218 H350 V270', [158, 234], 'start'],
    ['SYN-SENT', 'ESTABLISHED', 'active', 'SYN+ACK / ACK', 'M700 130 V293 H450', [458, 287], 'start'],
    ['SYN-RECEIVED', 'FIN-WAIT-1', 'other', 'close() / FIN', 'M60 232 V366', [68, 310], 'start'],
    ['ESTABLISHED', 'FIN-WAIT-1', 'other', 'close() / FIN', 'M350 316 V380 H148', [338, 374], 'end'],
    ['ESTABLISHED', 'CLOSE-WAIT', 'other', 'FIN / ACK', 'M410 316 V380 H612', [422, 374], 'start'],
    ['FIN-WAIT-1', 'CLOSING', 'other', 'FIN / ACK', 'M148 400 H380 V464', [236, 416], 'start'],
    ['FIN-WAIT-1', 'FIN-WAIT-2', 'other', 'ACK', 'M60 412 V464', [68, 434], 'start'],
    ['FIN-WAIT-1', 'TIME-WAIT', 'other', 'FIN+ACK / ACK', 'M128 412 V440 H218 V578 H310', [224, 534], 'start'],
    ['FIN-WAIT-2', 'TIME-WAIT', 'other', 'FIN / ACK', 'M60 510 V594 H310', [68, 550], 'start'],
    ['CLOSING', 'TIME-WAIT', 'other', 'ACK', 'M380 510 V562', [388, 532], 'start'],
    ['CLOSE-WAIT', 'LAST-ACK', 'other', 'close() / FIN', 'M682 412 V464', [674, 434], 'end'],
    ['LAST-ACK', 'CLOSED', 'other', 'ACK', 'M682 510 V562', [674, 532], 'end'],
    ['TIME-WAIT', 'CLOSED', 'other', '2MSL', 'M450 585 H612', [531, 579], 'middle'],
  ]),
};

// 340 x 636 for 360 px. Three columns at x = 0, 121, 242; 98 x 40. Labels are short: the event only.
const NARROW: Layout = {
  width: 340, height: 636, box_width: 98, box_height: 40,
  boxes: [
    { state: 'CLOSED', x: 121, y: 4 },
    { state: 'LISTEN', x: 0, y: 92 },
    { state: 'SYN-SENT', x: 242, y: 92 },
    { state: 'SYN-RECEIVED', x: 0, y: 192 },
    { state: 'ESTABLISHED', x: 121, y: 282 },
    { state: 'FIN-WAIT-1', x: 0, y: 384 },
    { state: 'CLOSE-WAIT', x: 242, y: 384 },
    { state: 'FIN-WAIT-2', x: 0, y: 486 },
    { state: 'CLOSING', x: 121, y: 486 },
    { state: 'LAST-ACK', x: 242, y: 486 },
    { state: 'TIME-WAIT', x: 121, y: 586 },
    { state: 'CLOSED', x: 242, y: 586, again: true },
  ],
  arrows: arrows_of([
    ['CLOSED', 'LISTEN', 'passive', 'listen()', 'M121 16 H24 V92', [28, 11], 'start'],
    ['LISTEN', 'CLOSED', 'other', 'close()', 'M74 92 V34 H121', [70, 60], 'end'],
    ['CLOSED', 'SYN-SENT', 'active', 'connect()', 'M219 16 H326 V92', [322, 11], 'end'],
    ['SYN-SENT', 'CLOSED', 'other', 'close()', 'M302 92 V34 H219', [297, 62], 'end'],
    ['LISTEN', 'SYN-RECEIVED', 'passive', 'SYN', 'M34 132 V192', [39, 154], 'start'],
    ['SYN-SENT', 'SYN-RECEIVED', 'other', 'SYN', 'M262 132 V204 H98', [170, 199], 'middle'],
    ['SYN-RECEIVED', 'ESTABLISHED', 'passive', 'ACK', 'M98 220 H150 V282', [104, 234], 'start'],
    ['SYN-SENT', 'ESTABLISHED', 'active', 'SYN+ACK', 'M310 132 V302 H219', [304, 242], 'end'],
    ['SYN-RECEIVED', 'FIN-WAIT-1', 'other', 'close()', 'M34 232 V384', [39, 316], 'start'],
    ['ESTABLISHED', 'FIN-WAIT-1', 'other', 'close()', 'M140 322 V396 H98', [134, 350], 'end'],
    ['ESTABLISHED', 'CLOSE-WAIT', 'other', 'FIN', 'M200 322 V396 H242', [206, 350], 'start'],
    ['FIN-WAIT-1', 'CLOSING', 'other', 'FIN', 'M98 412 H170 V486', [175, 440], 'start'],
    ['FIN-WAIT-1', 'FIN-WAIT-2', 'other', 'ACK', 'M24 424 V486', [30, 470], 'start'],
    ['FIN-WAIT-1', 'TIME-WAIT', 'other', 'FIN+ACK', 'M84 424 V446 H110 V598 H121', [80, 440], 'end'],
    ['FIN-WAIT-2', 'TIME-WAIT', 'other', 'FIN', 'M34 526 V614 H121', [39, 556], 'start'],
    ['CLOSING', 'TIME-WAIT', 'other', 'ACK', 'M170 526 V586', [175, 548], 'start'],
    ['CLOSE-WAIT', 'LAST-ACK', 'other', 'close()', 'M300 424 V486', [295, 446], 'end'],
    ['LAST-ACK', 'CLOSED', 'other', 'ACK', 'M300 526 V586', [295, 548], 'end'],
    ['TIME-WAIT', 'CLOSED', 'other', '2MSL', 'M219 606 H242', [230, 580], 'middle'],
  ]),
};

export function layout_for(narrow: boolean): Layout {
  return narrow ? NARROW : WIDE;
}
