// The page in a real browser, against the mock: what each view shows, and that it can be used with a
// keyboard, in both languages, in the dark and on a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start_mock } from '../../mock/server.mjs';
import { open_browser } from './browser.mjs';

let mock;
let browser;
let page;
const STATES = ['CLOSED', 'LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'];

before(async () => {
  mock = await start_mock({ port: 0, rows: 100_000, clients: 30 });
  browser = await open_browser({ url: mock.url });
  page = browser.page;
});

after(async () => {
  await browser?.close();
  mock?.server.closeAllConnections();
  mock?.server.close();
});

async function text_of(selector) {
  return (await page.locator(selector).first().innerText()).replace(/\s+/g, ' ');
}

async function eventually(check, what) {
  for (let tries = 0; tries < 60; ++tries) {
    if (await check()) return;
    await page.waitForTimeout(100);
  }
  assert.fail(what);
}

test('the first line counts connections by state and names the worst finding', async () => {
  await browser.go('#/now');
  await page.locator('.counts li').first().waitFor();
  assert.match(await text_of('.counts'), /ESTABLISHED/);
  assert.match(await text_of('.worst'), /^PROBLEM shop-api \(pid 15301\) does not close.* and 1 more$/);
});

test('the diagram has all eleven states with their counts', async () => {
  for (const state of STATES) {
    const label = await page.locator(`a.state-box[aria-label^="${state}:"]`).getAttribute('aria-label');
    assert.match(label, new RegExp(`^${state}: ${mock.world.counts[state].toLocaleString('en')} connections`));
  }
});

test('rates stand on their arrows, and those without an arrow below', async () => {
  assert.match(await page.locator('.arrow.active.busy').first().textContent(), /connect\(\) \/ SYN ?1\d\/s/);
  mock.world.change = (now) => ({ ...now, rates: [...now.rates, { from: 'ESTABLISHED', to: 'CLOSED', per_second: 0.4 }] });
  await eventually(async () => /ESTABLISHED → CLOSED 0.4\/s/.test(await text_of('.elsewhere')), 'resets are not shown');
  mock.world.change = (now) => now;
});

test('findings stand worst first, with evidence, commands, candidates and advice', async () => {
  const severities = await page.locator('.findings .finding').evaluateAll((all) => all.map((one) => one.dataset.severity));
  assert.deepEqual(severities, ['problem', 'warning']);
  assert.match(await text_of('.finding-body'), /Evidence.*8 in CLOSE-WAIT for at least 60 s.*ss -tanpie state close-wait.*What to do.*Look for the missing close\(\)/);
  await page.locator('.finding[data-severity=warning] summary').click();
  assert.match(await text_of('.finding[data-severity=warning] .finding-body'), /It can be one of these.*packet filter.*decided by.*tcpdx probe.*Not known whether the SYNs reach the peer/);
});

test('a finding that was opened stays open when the next second comes', async () => {
  mock.world.change = (now) => ({ ...now, findings: now.findings.map((one) => ({ ...one, at_least_ms: one.at_least_ms + Math.round(now.at_unix_s) })) });
  await page.waitForTimeout(2300);
  assert.equal(await page.locator('.finding[data-severity=warning]').getAttribute('open'), '');
  mock.world.change = (now) => now;
});

test('without findings it says so, and what could not be seen', async () => {
  mock.world.change = (now) => ({ ...now, findings: [] });
  await eventually(async () => /Nothing wrong found in what could be seen/.test(await text_of('.worst')), 'the first line does not say it');
  assert.match(await text_of('.verdict'), /Nothing wrong found in what could be seen/);
  assert.match(await text_of('.not-seen'), /other network namespaces/);
  mock.world.change = (now) => now;
});

test('lost events, sampling and a stopped recording are said', async () => {
  mock.world.change = (now) => ({ ...now, source: 'samples', lost: { changes: 3, details: 0, skipped: 0 }, recording: { state: 'stopped', reason: 'disk full' }, retransmissions_per_second: undefined });
  await eventually(async () => /Without events.*Lost: 3 changes.*Recording has stopped: disk full/.test((await page.locator('.warnings').innerText()).replace(/\s+/g, ' ')), 'not said');
  assert.match(await text_of('.rates'), /Retransmissions not known/);
  mock.world.change = (now) => now;
});

test('a name with HTML in it stays text', async () => {
  mock.world.change = (now) => ({ ...now, findings: [{ ...now.findings[0], id: 'x', claim: '<img src=x onerror=alert(1)><b>evil</b>' }] });
  await eventually(async () => (await text_of('.worst')).includes('<b>evil</b>'), 'not shown as text');
  assert.equal(await page.locator('.worst b, .worst img').count(), 0);
  mock.world.change = (now) => now;
});

test('the table of 100,000 connections has few rows in the document and tells all of them', async () => {
  await browser.go('#/connections');
  await page.locator('.vt-row').first().waitFor();
  assert.equal(await page.locator('[role=grid]').getAttribute('aria-rowcount'), '100001');
  assert.ok((await page.locator('.vt-row').count()) < 80);
  assert.equal(await text_of('.total'), '100,000 connections');
});

test('the table is scrolled smoothly to its end', async () => {
  const frames = await page.evaluate(async () => {
    const scroller = document.querySelector('.vt-scroller');
    const gaps = [];
    let last = performance.now();
    for (let step = 0; step < 120; ++step) {
      scroller.scrollTop += 1900;
      await new Promise(requestAnimationFrame);
      gaps.push(performance.now() - last);
      last = performance.now();
    }
    return gaps.sort((a, b) => a - b);
  });
  // 17 and 30 ms where nothing else runs; tests often run beside others.
  assert.ok(frames[60] < 50, `half of the frames take ${frames[60]} ms`);
  assert.ok(frames[113] < 200, `95 % of the frames take ${frames[113]} ms`);
});

test('rows are moved through with the keyboard, and Enter opens one', async () => {
  await page.locator('[role=grid]').focus();
  await page.keyboard.press('End');
  await eventually(async () => (await page.locator('.vt-row.current').getAttribute('aria-rowindex')) === '100001', 'End does not lead to the last row');
  await eventually(async () => !(await text_of('.vt-row.current')).includes('…'), 'the last row does not come');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  const active = await page.locator('[role=grid]').getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`#${active}`).getAttribute('aria-rowindex'), '3');
  await page.keyboard.press('Enter');
  await page.locator('.connection-heading .address').first().waitFor();
  await page.goBack();
  await page.locator('.vt-row').first().waitFor();
});

test('back from a connection, the table is where it was left', async () => {
  await page.locator('[role=grid]').focus();
  for (let press = 0; press < 6; ++press) await page.keyboard.press('PageDown');
  const left = await page.locator('.vt-row.current').getAttribute('aria-rowindex');
  await eventually(async () => !(await text_of('.vt-row.current')).includes('…'), 'the row does not come');
  await page.keyboard.press('Enter');
  await page.locator('.connection-heading .address').first().waitFor();
  await page.keyboard.press('Escape');
  await eventually(async () => (await page.locator('.vt-row.current').getAttribute('aria-rowindex')) === left, `not at ${left}`);
});

test('an answer that takes longer than the refresh is still shown', async () => {
  await page.route(/\/api\/v1\/connections\?/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 6000));
    await route.continue().catch(() => undefined);
  });
  await browser.go('#/connections?filter=state+closing');
  const expected = mock.world.counts.CLOSING.toLocaleString('en');
  for (let tries = 0; tries < 90 && !(await text_of('.total')).startsWith(`${expected} of`); ++tries) await page.waitForTimeout(100);
  assert.match(await text_of('.total'), new RegExp(`^${expected} of`));
  await page.unroute(/\/api\/v1\/connections\?/);
  await browser.go('#/connections');
});

test('a filter narrows the table and stands in the address', async () => {
  await page.locator('#filter').fill('state close-wait and process nginx');
  await page.keyboard.press('Enter');
  const expected = mock.world.rows.filter((row) => row.state === 'CLOSE-WAIT' && row.process === 'nginx').length;
  await eventually(async () => (await text_of('.total')) === `${expected.toLocaleString('en')} of 100,000 connections`, 'wrong total');
  assert.match(page.url(), /filter=state\+close-wait/);
  assert.match(await text_of('.vt-row'), /CLOSE-WAIT.*nginx/);
});

test('a wrong filter is explained, and the old rows stay', async () => {
  await page.locator('#filter').fill('state closewait2');
  await eventually(async () => (await text_of('#filter-problem')) === "There is no state 'closewait2'.", 'not explained');
  assert.equal(await page.locator('#filter').getAttribute('aria-invalid'), 'true');
  assert.ok((await page.locator('.vt-row').count()) > 0);
  await page.locator('#filter').fill('');
  await eventually(async () => (await page.locator('#filter').getAttribute('aria-invalid')) === null, 'stays marked');
});

test('a click on a state filters by it, a click on a heading sorts', async () => {
  await page.locator('.chip', { hasText: 'LAST-ACK' }).click();
  await eventually(async () => (await text_of('.vt-row')).includes('LAST-ACK'), 'not filtered');
  await page.locator('.vt-header button', { hasText: 'Age' }).click();
  await page.locator('.vt-header button', { hasText: 'Age' }).click();
  await eventually(async () => (await page.locator('[aria-sort=descending]').count()) === 1, 'not sorted');
  const most = Math.max(...mock.world.rows.filter((row) => row.state === 'LAST-ACK').map((row) => row.age_at_least_ms));
  await eventually(async () => (await text_of('.vt-row')).includes(`${Math.floor(most / 60000)} m`), 'the oldest is not first');
});

test('counts by process lead to the connections of one', async () => {
  await browser.go('#/connections?by=process');
  await page.locator('.group-table tbody tr').first().waitFor();
  const row = page.locator('.group-table tbody tr', { hasText: /^[\d,]+\s*nginx \(811\)/ });
  const number = (await row.locator('a').innerText()).trim();
  await row.locator('a').click();
  await eventually(async () => (await text_of('.total')) === `${number} of 100,000 connections`, 'another number of rows');
});

test('a connection of both ends here is drawn with its states, dwell times and segments', async () => {
  await browser.go('#/connection/4026531840-2f30');
  await page.locator('.ladder svg').waitFor();
  const drawn = await page.locator('.ladder svg').evaluate((svg) => [...svg.querySelectorAll('text')].map((one) => one.textContent));
  for (const state of ['SYN-SENT', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'SYN-RECEIVED', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSED']) assert.ok(drawn.includes(state), state);
  for (const segment of ['SYN', 'SYN+ACK', 'ACK', 'FIN', '480 µs']) assert.ok(drawn.includes(segment), segment);
  assert.match(await text_of('.outcome'), /This end opened it.*This end closed first.*It ended: closed normally/);
});

test('each state of a connection says how it came and what it means', async () => {
  await browser.go('#/connection/4026531840-2f1a');
  await page.locator('.steps-table .is-now').waitFor();
  assert.match(await text_of('.steps-table .is-now'), /CLOSE-WAIT 6 m 2 s .*sends ACK The peer has closed, and the program on this host has not called close\(\) yet/);
  assert.match(await text_of('.steps'), /it can be in: FIN-WAIT-1, FIN-WAIT-2, CLOSED/);
  assert.match(await text_of('.facts'), /shop-api \(15301\).*14.1 KiB/);
});

test('a connection that is not known is said to be gone', async () => {
  await browser.go('#/connection/nothing');
  await eventually(async () => /There is no such connection/.test(await text_of('.problem')), 'not said');
  assert.equal(await page.locator('.connection .block').first().isVisible(), false, 'nothing empty beside it');
});

test('time has four charts, the gaps, the findings and what ended', async () => {
  await browser.go('#/time');
  await page.locator('.uplot canvas').first().waitFor();
  assert.equal(await page.locator('.uplot').count(), 4);
  assert.match(await text_of('.gaps'), /tcpdx was not running/);
  await page.locator('.time .finding').first().waitFor();
  assert.equal(await page.locator('.time .finding').count(), 3);
  await eventually(async () => (await page.locator('.time tbody tr:has(td.address)').count()) >= 2, 'nothing that ended');
});

test('dragging over one chart chooses the range for all, and back leads out', async () => {
  const box = await page.locator('.u-over').nth(1).boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 50, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=\d+&to=\d+/);
  const [, from, to] = /from=(\d+)&to=(\d+)/.exec(page.url());
  assert.ok(Math.abs(to - from - 900) < 60, `${to - from} s instead of a quarter of an hour`);
  await eventually(async () => /in steps of 1 s/.test(await text_of('.time > .quiet')), 'the charts do not follow');
  await page.locator('.presets button', { hasText: '24 h' }).click();
  await page.waitForURL(/last=86400/);
});

test('a chart is read with the keyboard', async () => {
  await browser.go('#/time');
  await page.locator('figure.chart').first().focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await eventually(async () => /ESTABLISHED:? ?[\d,]{2,}/.test(await text_of('.u-legend')), 'the cursor does not move');
});

test('a click on a chart shows the connections of that moment, and leads to them', async () => {
  await browser.go('#/time?last=900');
  await eventually(async () => /in steps of 1 s/.test(await text_of('.time > .quiet')), 'the charts of another time');
  await eventually(async () => /^Connections now/.test(await text_of('.moment')) && (await page.locator('.moment tbody tr').count()) > 3, 'nothing of now');
  const box = await page.locator('.u-over').first().boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await eventually(async () => /^Connections at \d\d:\d\d:\d\d/.test(await text_of('.moment')), 'no moment');
  const at = Number(/at=(\d+)/.exec(page.url())[1]);
  assert.ok(Math.abs(Date.now() / 1000 - 450 - at) < 60, `${at}`);
  assert.equal(await page.locator('.moment tbody a').first().getAttribute('href').then((link) => new URLSearchParams(link.split('?')[1]).get('at')), String(at));
  await page.locator('.moment-links a').first().click();
  await eventually(async () => /^As it was at/.test(await text_of('.past')), 'it is not said that this is the past');
  assert.equal(await page.locator('#follow').isVisible(), false);
  await page.locator('.vt-row').first().waitFor();
  await page.locator('.chip', { hasText: 'TIME-WAIT' }).click();
  assert.match(page.url(), new RegExp(`filter=state\\+time-wait&at=${at}`));
  await page.locator('.past a').last().click();
  await eventually(async () => (await page.locator('.past').isVisible()) === false, 'no way back');
  assert.match(page.url(), /filter=state\+time-wait$/);
});

test('the keyboard chooses a moment too, and the map shows it', async () => {
  await browser.go('#/time?last=3600');
  await page.locator('figure.chart').first().focus();
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Enter');
  await eventually(async () => /^Connections at/.test(await text_of('.moment')), 'no moment');
  await page.locator('.moment-links a').last().click();
  await eventually(async () => /^As it was at/.test(await text_of('.past')), 'it is not said that this is the past');
  await page.locator('.map svg').waitFor();
});

test('dragging a range takes the moment along', async () => {
  await browser.go('#/time?last=3600');
  const box = await page.locator('.u-over').first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 70, { steps: 5 });
  await page.mouse.up();
  await eventually(async () => /from=/.test(page.url()), 'no range');
  const to = Number(/to=(\d+)/.exec(page.url())[1]);
  await eventually(async () => (await page.locator('.moment-links a').first().getAttribute('href')).endsWith(`at=${to}`), 'the moment stays behind');
  assert.doesNotMatch(page.url(), /[?&]at=/);
});

test('of a moment that was not recorded, nothing is shown', async () => {
  await browser.go('#/connections?at=1600000000');
  await eventually(async () => /Nothing was recorded/.test(await text_of('#filter-problem')), 'not said');
  assert.equal(await page.locator('.vt-row').count(), 0);
});

test('the map goes from who opens to who is opened to, with many clients as one', async () => {
  await browser.go('#/map');
  await page.locator('.map-node').first().waitFor();
  const x = async (name) => (await page.locator('.map-node', { hasText: name }).first().boundingBox()).x;
  assert.ok((await x('31 clients')) < (await x('nginx')));
  assert.ok((await x('nginx')) < (await x('shop-api')));
  assert.ok((await x('shop-api')) < (await x('198.51.100.20')));
  assert.match(await text_of('.who tbody'), /31 clients elsewhere nginx 443 460/);
});

test('a node of the map is chosen with the keyboard, and the table follows', async () => {
  await page.locator('.map-node[data-id=n1]').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.map-node[data-id=n1]').getAttribute('aria-pressed'), 'true');
  assert.equal(await page.locator('.who tbody tr').count(), 3);
});

test('what a state and a rule mean can be read here', async () => {
  await browser.go('#/explain/CLOSE-WAIT');
  await eventually(async () => /When to worry Older than 60 s/.test((await page.locator('.explain').innerText()).replace(/\s+/g, ' ')), 'no text');
  await page.locator('.explain a', { hasText: 'close-wait-leak' }).click();
  await page.locator('.explain h3', { hasText: 'Evidence' }).waitFor();
  assert.ok((await page.locator('.explain code', { hasText: 'ss -tanpie state close-wait' }).count()) > 0);
});

test('all rules are listed, each with its page', async () => {
  await browser.go('#/explain/rules');
  await page.locator('.explain li a[href="#/explain/close-wait-leak"]').click();
  await page.locator('.explain h3', { hasText: 'Evidence' }).waitFor();
});

test('the language is switched at once and remembered', async () => {
  await browser.go('#/now');
  await page.locator('#language').selectOption('ko');
  await page.locator('h2', { hasText: '진단 결과' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'ko');
  await page.reload();
  await page.locator('h2', { hasText: '진단 결과' }).waitFor();
  for (const [hash, words] of [['#/connections', '묶어 세기'], ['#/connection/4026531840-2f1a', '상대방이 먼저 닫았다.'], ['#/time', '이 기간에 끝난 연결'], ['#/map', '통신 관계']]) {
    await browser.go(hash);
    await eventually(async () => (await page.locator('body').innerText()).includes(words), `${hash}: ${words}`);
  }
  await page.locator('#language').selectOption('en');
});

test('it asks the server for texts in that language', async () => {
  await browser.go('#/now');
  const asked = page.waitForRequest(/\/api\/v1\/events\?lang=ko/);
  await page.locator('#language').selectOption('ko');
  await asked;
  await page.locator('#language').selectOption('en');
});

test('colours follow the system, and the switch overrides it', async () => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await ground();
  assert.notEqual(light, dark);
  await page.locator('#theme').selectOption('light');
  assert.equal(await ground(), light);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.locator('#theme').selectOption('dark');
  assert.equal(await ground(), dark);
  await page.locator('#theme').selectOption('system');
});

test('every text stands out from its ground, light and dark', async () => {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    const worst = await page.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
      const luminance = (name) => {
        canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('color');
        const probe = Object.assign(document.createElement('span'), { className: 'colour-probe' });
        probe.style.setProperty('color', `var(${name})`);
        document.body.append(probe);
        canvas.fillStyle = getComputedStyle(probe).color;
        probe.remove();
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
      const pairs = [['--ink', '--page'], ['--ink', '--raised'], ['--ink', '--sunken'], ['--quiet', '--raised'], ['--quiet', '--page'], ['--quiet', '--sunken'], ['--link', '--raised'], ['--link', '--page'], ['--problem-text', '--problem-ground'], ['--problem-text', '--raised'], ['--warning-text', '--warning-ground'], ['--warning-text', '--raised'], ['--fine-text', '--raised'], ['--ink', '--problem-ground'], ['--ink', '--warning-ground']];
      return pairs.map(([text, ground]) => [text, ground, contrast(text, ground)]).sort((a, b) => a[2] - b[2])[0];
    });
    assert.ok(worst[2] >= 4.5, `${scheme}: ${worst}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
});

test('keys lead to the views, to the filter and to the help', async () => {
  await browser.go('#/now');
  await page.reload();  // no field has the focus then
  await page.locator('.counts li').first().waitFor();
  await page.keyboard.press('2');
  await page.locator('#filter').waitFor();
  await page.keyboard.press('/');
  await eventually(() => page.evaluate(() => document.activeElement.id === 'filter'), 'the filter is not reached');
  await page.keyboard.type('?13');
  assert.equal(await page.locator('#filter').inputValue(), '?13', 'keys in the filter are text');
  await page.locator('#filter').fill('');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await eventually(async () => (await page.locator('dialog').count()) === 0, 'the help stays');
});

test('everything that can be clicked can be reached with Tab and has a name', async () => {
  for (const hash of ['#/now', '#/connections', '#/connection/4026531840-2f1a', '#/time', '#/map']) {
    await browser.go(hash);
    await page.waitForTimeout(600);
    const nameless = await page.evaluate(() => [...document.querySelectorAll('a[href], button, input, select, [tabindex="0"]')]
      .filter((one) => one.getClientRects().length > 0)
      .filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length || one.closest('label')))
      .map((one) => one.outerHTML.slice(0, 120)));
    assert.deepEqual(nameless, [], hash);
  }
});

test('a phone of 360 pixels shows every view without scrolling sideways', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const language of ['en', 'ko']) {
    await page.locator('#language').selectOption(language);
    for (const hash of ['#/now', '#/connections', '#/connections?by=process,state', '#/connection/4026531840-2f30', '#/time', '#/map', '#/explain/TIME-WAIT', '#/explain/close-wait-leak']) {
      await browser.go(hash);
      await page.waitForTimeout(500);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 360, `${hash} (${language}) is ${width} wide`);
    }
  }
  await page.locator('#language').selectOption('en');
  await page.setViewportSize({ width: 1440, height: 900 });
});

test('when the server is gone, the page says that its numbers are old', async () => {
  await browser.go('#/now');
  await page.locator('[data-liveness=live]').waitFor();
  const port = new URL(mock.url).port;
  const { world } = mock;
  mock.server.closeAllConnections();
  await new Promise((resolve) => mock.server.close(resolve));
  await page.locator('[data-liveness=silent]').waitFor({ timeout: 10_000 });
  mock = await start_mock({ port: Number(port), rows: 10, clients: 3 });
  await page.locator('[data-liveness=live]').waitFor({ timeout: 20_000 });
  assert.notEqual(world, mock.world);
});

test('nothing went wrong, and nobody else was asked', () => {
  // The browser itself reports that the server of the test before went away.
  assert.deepEqual(browser.trouble.filter((one) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to fetch/.test(one)), []);
});
