import assert from 'node:assert/strict';
import { test } from 'node:test';
import { example, load } from './load.mjs';

const { layout_for } = await load('parts/diagram_layout.ts');
const { STATES } = await load('api_types.ts');
const { transitions } = example('explain_states');

for (const [name, layout] of [['wide', layout_for(false)], ['narrow', layout_for(true)]]) {
  test(`the ${name} diagram has every state once`, () => {
    assert.deepEqual(layout.boxes.filter((box) => !box.again).map((box) => box.state).sort(), [...STATES].sort());
  });

  test(`every arrow of the ${name} diagram is in the table of transitions`, () => {
    for (const { from, to, in_linux } of layout.arrows) {
      const rows = transitions.filter((row) => row.from === from && row.to === to);
      assert.notEqual(rows.length, 0, `${from} to ${to}`);
      assert.equal(rows.some((row) => row.in_linux), in_linux, `${from} to ${to} in Linux`);
    }
  });

  test(`the ${name} diagram stays within its bounds`, () => {
    for (const box of layout.boxes) {
      assert.ok(box.x >= 0 && box.x + layout.box_width <= layout.width, box.state);
      assert.ok(box.y >= 0 && box.y + layout.box_height <= layout.height, box.state);
    }
  });

  test(`active and passive opens have arrows of their own in the ${name} diagram`, () => {
    const kind_of = (from, to) => layout.arrows.find((arrow) => arrow.from === from && arrow.to === to)?.kind;
    assert.equal(kind_of('CLOSED', 'SYN-SENT'), 'active');
    assert.equal(kind_of('SYN-SENT', 'ESTABLISHED'), 'active');
    assert.equal(kind_of('CLOSED', 'LISTEN'), 'passive');
    assert.equal(kind_of('LISTEN', 'SYN-RECEIVED'), 'passive');
    assert.equal(kind_of('SYN-RECEIVED', 'ESTABLISHED'), 'passive');
  });
}
