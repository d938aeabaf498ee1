// The page against a real `tcpdx serve` and real connections in every state.
//
//   TCPDX=/path/to/tcpdx unshare --net node --test tests/live/      (as root; npm run test:live)
//
// In a network namespace of its own, where only a loopback is: so nothing of the host is shown or
// touched, and a request to anywhere else could not even leave.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open_browser } from '../browser/browser.mjs';

const TCPDX = process.env.TCPDX ?? '';
const STATES = ['LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'];
const alone = Object.keys(networkInterfaces()).every((name) => name === 'lo');
const why_not = !existsSync(TCPDX) ? 'TCPDX names no program' : process.getuid() !== 0 ? 'needs root' : !alone ? 'needs a network namespace of its own (unshare --net)' : false;
const SCREENSHOTS = process.env.SCREENSHOTS;

function first_line(stream, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (data) => {
      text += data;
      const match = pattern.exec(text);
      if (match) resolve(match);
    });
    stream.on('end', () => reject(new Error(`ended with: ${text}`)));
  });
}

describe('the page of a real host', { skip: why_not }, () => {
  let scenery;
  let server;
  let browser;
  let page;
  let url;
  const folder = mkdtempSync(join(tmpdir(), 'tcpdx-live-'));

  before(async () => {
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    server = spawn(TCPDX, ['serve', '--listen', '127.0.0.1:0', '--history', join(folder, 'history.db')], { stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    [, url] = await first_line(server.stderr, /The page is at (http\S+)/);
    // After the watching began, so that whole lives are seen.
    scenery = spawn('python3', [fileURLToPath(new URL('every_state.py', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
    await first_line(scenery.stdout, /ready/);
    browser = await open_browser({ url });
    page = browser.page;
  }, { timeout: 60_000 });

  after(async () => {
    await browser?.close();
    scenery?.stdin.end();
    server?.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  async function eventually(check, what, seconds = 8) {
    let last;
    for (let tries = 0; tries < seconds * 5; ++tries) {
      last = await check();
      if (last === true) return;
      await page.waitForTimeout(200);
    }
    assert.fail(`${what} (${last})`);
  }

  async function text_of(selector) {
    return (await page.locator(selector).first().innerText()).replace(/\s+/g, ' ');
  }

  async function picture(name) {
    if (!SCREENSHOTS) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  function count_in_kernel(state) {
    const name = { 'SYN-RECEIVED': 'syn-recv', 'FIN-WAIT-1': 'fin-wait-1', LISTEN: 'listening' }[state] ?? state.toLowerCase();
    return execFileSync('ss', ['-Htan', 'state', name]).toString().split('\n').filter(Boolean).length;
  }

  test('every state is on the diagram, with the number that ss counts', async () => {
    await browser.go('#/now');
    await page.locator('.counts li').first().waitFor();
    for (const state of STATES) {
      // TIME-WAIT and what the browser itself opens are moving while we count.
      const slack = ['TIME-WAIT', 'ESTABLISHED', 'CLOSE-WAIT', 'FIN-WAIT-2'].includes(state) ? 6 : 0;
      await eventually(async () => {
        const label = await page.locator(`a.state-box[aria-label^="${state}:"]`).getAttribute('aria-label');
        const shown = Number(/: ([\d,]+)/.exec(label)[1].replace(',', ''));
        const real = count_in_kernel(state);
        return (shown > 0 && Math.abs(shown - real) <= slack) || `${label}, ss has ${real}`;
      }, state);
    }
  });

  test('rates stand on the arrows of what happens', async () => {
    await eventually(async () => {
      const busy = await page.locator('.arrow.busy').evaluateAll((all) => all.map((one) => one.textContent));
      return busy.some((text) => /^connect\(\) \/ SYN/.test(text)) && busy.some((text) => /^SYN\+ACK \/ ACK/.test(text));
    }, 'no active opens');
    await picture('now');
  });

  test('what is wrong here is found and shown with its evidence', async () => {
    await eventually(async () => (await page.locator('.finding').count()) > 0, 'no finding', 40);
    assert.ok((await page.locator('.finding .evidence li').count()) > 0);
    await picture('now-findings');
  });

  test('each state filters the table to what ss lists', async () => {
    for (const state of ['LISTEN', 'SYN-SENT', 'SYN-RECEIVED', 'FIN-WAIT-1', 'CLOSING', 'LAST-ACK']) {
      await browser.go(`#/connections?filter=state+${state.toLowerCase()}`);
      await eventually(async () => {
        const rows = await page.locator('.vt-row').allInnerTexts();
        return (rows.length === count_in_kernel(state) && rows.every((row) => row.includes(state))) || `${rows.length} rows`;
      }, state);
    }
    await browser.go('#/connections');
    await page.locator('.vt-row').first().waitFor();
    await page.waitForTimeout(500);
    await picture('connections');
  });

  test('a filter of the whole language is taken, a wrong one explained', async () => {
    await browser.go('#/connections');
    await page.locator('#filter').fill('( sport = :9007 or dport = :9007 ) and not state time-wait');
    await eventually(async () => (await page.locator('.vt-row').count()) === 7 || text_of('.total'), 'the listener and three pairs');
    await page.locator('#filter').fill('state closewait2');
    await eventually(async () => (await text_of('#filter-problem')).includes('closewait2'), 'not explained');
  });

  test('counts by each grouping lead to connections', async () => {
    for (const by of ['state', 'process', 'process,state', 'remote', 'port', 'unit', 'opener', 'user']) {
      // Through another view, or the links of the grouping before are still there to be clicked.
      await browser.go('#/now');
      await page.locator('.group-table').waitFor({ state: 'detached' });
      await browser.go(`#/connections?by=${by}`);
      await page.locator('.group-table tbody tr').first().waitFor();
      const link = page.locator('.group-table tbody a').first();
      if ((await link.count()) === 0) continue;
      await link.click();
      await eventually(async () => (await page.locator('.vt-row').count()) > 0 || text_of('.problem'), `by ${by}`);
    }
  });

  test('a sort by each column is taken', async () => {
    await browser.go('#/connections');
    await page.locator('.vt-row').first().waitFor();
    for (const button of await page.locator('.vt-header button').all()) {
      const name = (await button.innerText()).trim();
      await button.click();
      await page.waitForTimeout(250);
      assert.equal((await page.locator('.problem').first().innerText()), '', name);
      assert.ok((await page.locator('.vt-row').count()) > 3, name);
    }
  });

  test('a connection has a ladder of both its ends', async () => {
    await browser.go('#/connections?filter=state+close-wait+and+sport+%3D+:9007');
    await eventually(async () => /^3 of/.test(await text_of('.total')) || text_of('.total'), 'not filtered');
    await page.locator('.vt-row').first().click();
    await page.locator('.ladder svg').waitFor();
    const drawn = await page.locator('.ladder svg').evaluate((svg) => [...svg.querySelectorAll('text')].map((one) => one.textContent));
    for (const text of ['CLOSE-WAIT', 'FIN-WAIT-2', 'ESTABLISHED', 'FIN']) assert.ok(drawn.includes(text), `${text} is not in ${drawn}`);
    await eventually(async () => /CLOSE-WAIT.*has not called close\(\) yet/.test(await text_of('.steps-table .is-now')), 'no meaning');
    await picture('connection');
  });

  test('time draws what was recorded, and a finished connection can be opened', async () => {
    await browser.go('#/time?last=900');
    await page.locator('.uplot canvas').first().waitFor();
    assert.equal(await page.locator('.uplot').count(), 4);
    await eventually(async () => (await page.locator('.closed td.number a').count()) > 0 || text_of('.time'), 'nothing ended', 20);
    await picture('time');
    await page.locator('#ending').selectOption('reset');
    await eventually(async () => (await page.locator('.closed td.bad-end').count()) > 0, 'no reset');
    await page.locator('.closed td.number a').first().click();
    await eventually(async () => /reset/.test(await text_of('.connection-heading')), 'another ending');
    await page.locator('.ladder svg').waitFor();
    await picture('connection-reset');
  });

  test('of a moment ago the connections and the map can be seen', async () => {
    await browser.go('#/time?last=900');
    const chart = page.locator('figure.chart').first();
    await page.locator('.uplot canvas').first().waitFor();
    await chart.focus();
    // From the end backwards, to a moment with everything there, that is written to disk already.
    for (let step = 0; step < 8; ++step) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await eventually(async () => (await page.locator('.moment tbody tr').count()) > 3 || text_of('.moment'), 'nothing at that moment');
    await picture('time-moment');
    await page.locator('.moment-links a').first().click();
    await eventually(async () => (await page.locator('.vt-row').count()) > 10 || text_of('.connections'), 'no rows');
    assert.match(await text_of('.past'), /^As it was at/);
    await picture('connections-past');
    await browser.go(page.url().split('#')[1].replace('/connections', '#/map'));
    await page.locator('.map-node', { hasText: 'python3' }).first().waitFor();
    await picture('map-past');
  });

  test('the map shows who talks to whom', async () => {
    await browser.go('#/map');
    await page.locator('.map-node').first().waitFor();
    assert.ok((await page.locator('.map-node', { hasText: 'python3' }).count()) > 0);
    await picture('map');
    await page.locator('.who tbody a').first().click();
    await eventually(async () => (await page.locator('.vt-row').count()) > 0 || text_of('.problem'), 'its filter shows nothing');
  });

  test('every state is explained with the options of this host', async () => {
    for (const state of STATES) {
      await browser.go(`#/explain/${state}`);
      await eventually(async () => (await page.locator('.explain h2').first().innerText()).startsWith(state), state);
    }
  });

  test('in Korean the texts of the server are Korean too', async () => {
    await browser.go('#/now');
    await page.locator('#language').selectOption('ko');
    await eventually(async () => /[가-힣]/.test(await text_of('.finding .claim')), 'the finding is not in Korean');
    await picture('now-ko');
    await browser.go('#/explain/TIME-WAIT');
    await eventually(async () => /연결은 끝났/.test(await text_of('.explain')) || text_of('.explain'), 'the guide is not in Korean');
    await page.locator('#language').selectOption('en');
  });

  test('the policy of the server suits the page, and nothing went wrong', async () => {
    const response = await fetch(url);
    assert.match(response.headers.get('content-security-policy'), /default-src 'none'/);
    assert.doesNotMatch(response.headers.get('content-security-policy'), /unsafe/);
    assert.deepEqual(browser.trouble, []);
  });
});

describe('the page behind a token', { skip: why_not }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpdx-live-'));
  const token = '0123456789abcdef0123456789abcdef';
  let server;
  let browser;

  before(async () => {
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    const file = join(folder, 'token');
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    server = spawn(TCPDX, ['serve', '--listen', '127.0.0.1:0', '--no-history', '--token-file', file], { stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    const [, url] = await first_line(server.stderr, /The page is at (http\S+)/);
    browser = await open_browser({ url });
  }, { timeout: 30_000 });

  after(async () => {
    await browser?.close();
    server?.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  test('it asks for the token, takes no wrong one, and lets in with the right one', async () => {
    const { page } = browser;
    await browser.go('#/connections');
    await page.waitForURL(/\/login/);
    await page.locator('input[name=token]').fill('wrong-wrong-wrong-wrong');
    await page.locator('form button, form input[type=submit]').first().click();
    await page.waitForURL(/wrong=1/);
    await page.locator('input[name=token]').fill(token);
    await page.locator('form button, form input[type=submit]').first().click();
    await page.locator('.counts li').first().waitFor();
  });

  test('the login page can be used with the keyboard, in both languages, light and dark, on a phone', async () => {
    const { page } = browser;
    await page.locator('.tools form button').click();
    await page.waitForURL(/\/login/);
    const look = async (name) => {
      if (!SCREENSHOTS) return;
      mkdirSync(SCREENSHOTS, { recursive: true });
      await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
    };
    await look('login');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'token');
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.notEqual(await ground(), light);
    await look('login-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    const ready = (lang) => page.waitForFunction((wanted) => document.documentElement.lang === wanted && document.activeElement.id === 'token', lang);
    await page.locator('nav a').click();
    await ready('ko');
    assert.match(await page.locator('form').innerText(), /로그인/);
    await page.keyboard.type('wrong-wrong-wrong-wrong');
    await page.keyboard.press('Enter');
    await page.waitForURL(/wrong=1/);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'ko');
    assert.equal(await page.locator('#token').getAttribute('aria-describedby'), await page.locator('[role=alert]').getAttribute('id'));
    await page.setViewportSize({ width: 360, height: 640 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 360));
    await look('login-wrong-ko-phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.locator('nav a').click();
    await ready('en');
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.locator('.counts li').first().waitFor();
    await page.locator('#theme').selectOption('dark');
    await page.locator('.tools form button').click();
    await page.waitForURL(/\/login/);
    assert.notEqual(await ground(), light, 'the colours that were chosen on the page stay');
    await ready('en');
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await page.locator('.counts li').first().waitFor();
  });

  test('logging out leads to the login again', async () => {
    const { page } = browser;
    await page.locator('.tools form button').click();
    await page.waitForURL(/\/login/);
    await browser.go('');
    await page.waitForURL(/\/login/);
    assert.deepEqual(browser.trouble, []);
  });
});

describe('the page over TLS, at an address that others can reach', { skip: why_not }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpdx-live-'));
  const token = '0123456789abcdef0123456789abcdef';
  let server;
  let browser;

  before(async () => {
    execFileSync('ip', ['link', 'set', 'lo', 'up']);
    execFileSync('ip', ['address', 'replace', '192.0.2.7/32', 'dev', 'lo']);
    const [file, key, certificate] = ['token', 'key.pem', 'certificate.pem'].map((name) => join(folder, name));
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/CN=tcpdx',
      '-addext', 'subjectAltName=IP:192.0.2.7', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    server = spawn(TCPDX, ['serve', '--listen', '192.0.2.7:0', '--no-history', '--token-file', file, '--certificate', certificate, '--key', key], { stdio: ['ignore', 'inherit', 'pipe'], env: { ...process.env, LC_ALL: 'C.UTF-8' } });
    const [, url] = await first_line(server.stderr, /The page is at (https\S+)/);
    browser = await open_browser({ url, own_certificate: true });
  }, { timeout: 30_000 });

  after(async () => {
    await browser?.close();
    server?.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });

  test('it lets in with the token, and every view is alive', async () => {
    const { page } = browser;
    await browser.go('');
    await page.waitForURL(/\/login/);
    await page.locator('#token').fill(token);
    await page.keyboard.press('Enter');
    await page.locator('.liveness[data-liveness=live]').waitFor();
    for (const view of ['now', 'connections', 'time', 'map', 'explain']) {
      await browser.go(`#/${view}`);
      await page.locator(`main[data-view=${view}] > *`).waitFor();
    }
    await page.locator('.liveness[data-liveness=live]').waitFor();
    const session = (await page.context().cookies()).find((cookie) => cookie.name === 'tcpdx_session');
    assert.ok(session.secure && session.httpOnly && session.sameSite === 'Strict', JSON.stringify(session));
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script sees it');
    assert.deepEqual(browser.trouble, []);
  });
});
